"""The API: /api/v1/. Every app registers its own under the noun of its pages."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from apps.accounts.api import MeView, PersonViewSet, TokenViewSet
from apps.approvals.api import ProposalViewSet
from apps.audit.api import EventViewSet, VerificationViewSet
from apps.notifications.api import NoticeViewSet
from apps.pipelines.api import RunViewSet
from apps.projects.api import ProjectViewSet
from apps.registry.api import ModelVersionViewSet, ModelViewSet, ValidationViewSet

app_name = "api"

router = DefaultRouter()
router.include_format_suffixes = False
router.register("people", PersonViewSet, basename="person")
router.register("tokens", TokenViewSet, basename="token")
router.register("projects", ProjectViewSet, basename="project")
router.register("notices", NoticeViewSet, basename="notice")
router.register("jobs", RunViewSet, basename="job")
router.register("models", ModelViewSet, basename="model")
router.register("model-versions", ModelVersionViewSet, basename="modelversion")
router.register("validations", ValidationViewSet, basename="validation")
router.register("approvals", ProposalViewSet, basename="proposal")
router.register("audit/events", EventViewSet, basename="event")
router.register("audit/verifications", VerificationViewSet, basename="verification")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    path("me/", MeView.as_view(), name="me"),
    *router.urls,
]
