"""The API: /api/v1/. Every app registers its own under the noun of its pages."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from apps.accounts.api import MeView, PersonViewSet, TokenViewSet
from apps.audit.api import EventViewSet, VerificationViewSet
from apps.automation.api import RetrainingViewSet, RetrainView
from apps.monitoring.api import IncidentViewSet, MonitorViewSet, RequestView, StartView
from apps.notifications.api import NoticeViewSet
from apps.pipelines.api import RunViewSet
from apps.projects.api import ProjectViewSet

app_name = "api"

router = DefaultRouter()
router.include_format_suffixes = False
router.register("people", PersonViewSet, basename="person")
router.register("tokens", TokenViewSet, basename="token")
router.register("projects", ProjectViewSet, basename="project")
router.register("monitors", MonitorViewSet, basename="monitor")
router.register("incidents", IncidentViewSet, basename="incident")
router.register("retrainings", RetrainingViewSet, basename="retraining")
router.register("notices", NoticeViewSet, basename="notice")
router.register("jobs", RunViewSet, basename="job")
router.register("audit/events", EventViewSet, basename="event")
router.register("audit/verifications", VerificationViewSet, basename="verification")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    path("requests/<str:request_id>/", RequestView.as_view(), name="request-trace"),
    path("endpoints/<int:pk>/monitor/", StartView.as_view(), name="monitor-start"),
    path("incidents/<int:pk>/retrain/", RetrainView.as_view(), name="incident-retrain"),
    path("me/", MeView.as_view(), name="me"),
    *router.urls,
]
