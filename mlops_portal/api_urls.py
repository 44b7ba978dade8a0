"""The API: /api/v1/. Every app registers its own under the noun of its pages."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from apps.audit.api import EventViewSet, VerificationViewSet
from apps.deployments.api import DeploymentViewSet, EndpointViewSet, ReleaseViewSet
from apps.pipelines.api import RunViewSet
from apps.projects.api import ProjectViewSet

app_name = "api"

router = DefaultRouter()
router.include_format_suffixes = False
router.register("projects", ProjectViewSet, basename="project")
router.register("releases", ReleaseViewSet, basename="release")
router.register("endpoints", EndpointViewSet, basename="endpoint")
router.register("deployments", DeploymentViewSet, basename="deployment")
router.register("jobs", RunViewSet, basename="job")
router.register("audit/events", EventViewSet, basename="event")
router.register("audit/verifications", VerificationViewSet, basename="verification")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    *router.urls,
]
