from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("jobs/", include("apps.pipelines.urls")),
    path("audit/", include("apps.audit.urls")),
    path("api/v1/", include("mlops_portal.api_urls")),
    path("mlflow/", include("apps.gateway.urls")),
]
