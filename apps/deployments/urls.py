from django.urls import path

from apps.deployments.views import endpoints, releases

app_name = "deployments"
urlpatterns = [
    path("releases/", releases.release_list, name="release_list"),
    path("releases/<int:pk>/", releases.release_detail, name="release_detail"),
    path("releases/<int:pk>/deploy/", releases.order, name="order"),
    path("releases/start/<int:version_pk>/", releases.start, name="start_release"),
    path("endpoints/", endpoints.endpoint_list, name="endpoint_list"),
    path("endpoints/<int:pk>/", endpoints.endpoint_detail, name="endpoint_detail"),
    path("endpoints/<int:pk>/status/", endpoints.endpoint_status, name="endpoint_status"),
    path("endpoints/<int:pk>/log/", endpoints.endpoint_log, name="endpoint_log"),
    path("endpoints/<int:pk>/stop/", endpoints.stop, name="stop"),
    path("endpoints/<int:pk>/start/", endpoints.start, name="start"),
    path("endpoints/<int:pk>/restart/", endpoints.restart, name="restart"),
    path("endpoints/<int:pk>/settings/", endpoints.choose, name="choose"),
    path("endpoints/<int:pk>/roll-back/", endpoints.roll_back, name="roll_back"),
    path("endpoints/<int:pk>/keys/", endpoints.create_key, name="create_key"),
    path("endpoints/<int:pk>/keys/<int:key_pk>/revoke/", endpoints.revoke_key, name="revoke_key"),
    path("serve/<slug:name>/", endpoints.try_out, name="try_out"),
]
