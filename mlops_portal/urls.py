from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path

from apps.accounts.views import choose_columns, set_language
from apps.core.appearance import set_theme

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.home.urls")),
    path("accounts/", include("allauth.urls")),
    path("people/", include("apps.accounts.urls")),
    path("projects/", include("apps.projects.urls")),
    path("notices/", include("apps.notifications.urls")),
    path("", include("apps.deployments.urls")),
    path("jobs/", include("apps.pipelines.urls")),
    path("", include("apps.experiments.urls")),
    path("audit/", include("apps.audit.urls")),
    path("mlflow/", include("apps.gateway.urls")),
    path("datasets/", include("apps.datasets.urls")),
    path("monitoring/", include("apps.monitoring.urls")),
    path("models/", include("apps.registry.urls")),
    path("approvals/", include("apps.approvals.urls")),
    path("retrainings/", include("apps.automation.urls")),
    path("api/v1/", include("mlops_portal.api_urls")),
    path("columns/", choose_columns, name="choose_columns"),
    # Before the sign-in too: how the sign-in page itself looks and speaks.
    path("theme/", login_not_required(set_theme), name="theme"),
    path("language/", login_not_required(set_language), name="set_language"),
]

handler400 = "apps.home.errors.bad_request"
handler403 = "apps.home.errors.forbidden"
handler404 = "apps.home.errors.not_found"
handler500 = "apps.home.errors.broken"
