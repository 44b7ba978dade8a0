"""The API: /api/v1/. Every app registers its own under the noun of its pages."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from apps.accounts.api import InvitationViewSet, MeView, PersonViewSet, TokenViewSet
from apps.approvals.api import ProposalViewSet
from apps.audit.api import EventViewSet, PublicKeyView, VerificationViewSet
from apps.automation.api import RetrainingViewSet, RetrainView
from apps.datasets.api import DatasetVersionViewSet, DatasetViewSet, UploadViewSet
from apps.deployments.api import DeploymentViewSet, EndpointViewSet, ReleaseViewSet
from apps.experiments.api import ExperimentViewSet, TrainingRunViewSet
from apps.home.api import InboxView, SearchView, StatusView
from apps.monitoring.api import IncidentViewSet, MonitorViewSet, RequestView, StartView
from apps.notifications.api import NoticeViewSet
from apps.pipelines.api import DeliveryViewSet, EngineView, RunViewSet
from apps.projects.api import ProjectViewSet
from apps.registry.api import ModelVersionViewSet, ModelViewSet, ValidationViewSet

app_name = "api"

router = DefaultRouter()
router.include_format_suffixes = False
router.register("people", PersonViewSet, basename="person")
router.register("invitations", InvitationViewSet, basename="invitation")
router.register("tokens", TokenViewSet, basename="token")
router.register("projects", ProjectViewSet, basename="project")
router.register("monitors", MonitorViewSet, basename="monitor")
router.register("incidents", IncidentViewSet, basename="incident")
router.register("retrainings", RetrainingViewSet, basename="retraining")
router.register("notices", NoticeViewSet, basename="notice")
router.register("releases", ReleaseViewSet, basename="release")
router.register("endpoints", EndpointViewSet, basename="endpoint")
router.register("deployments", DeploymentViewSet, basename="deployment")
router.register("jobs", RunViewSet, basename="job")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("models", ModelViewSet, basename="model")
router.register("model-versions", ModelVersionViewSet, basename="modelversion")
router.register("validations", ValidationViewSet, basename="validation")
router.register("approvals", ProposalViewSet, basename="proposal")
router.register("experiments", ExperimentViewSet, basename="experiment")
router.register("runs", TrainingRunViewSet, basename="run")
router.register("audit/events", EventViewSet, basename="event")
router.register("audit/verifications", VerificationViewSet, basename="verification")
router.register("datasets", DatasetViewSet, basename="dataset")
router.register("dataset-versions", DatasetVersionViewSet, basename="datasetversion")
router.register("uploads", UploadViewSet, basename="upload")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    path("requests/<str:request_id>/", RequestView.as_view(), name="request-trace"),
    path("incidents/<int:pk>/retrain/", RetrainView.as_view(), name="incident-retrain"),
    path("endpoints/<int:pk>/monitor/", StartView.as_view(), name="monitor-start"),
    path("audit/public-key/", PublicKeyView.as_view(), name="public-key"),
    path("engine/", EngineView.as_view(), name="engine"),
    path("inbox/", InboxView.as_view(), name="inbox"),
    path("search/", SearchView.as_view(), name="search"),
    path("status/", StatusView.as_view(), name="status"),
    path("me/", MeView.as_view(), name="me"),
    *router.urls,
]
