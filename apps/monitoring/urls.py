from django.urls import path

from apps.monitoring import pages, views

app_name = "monitoring"
urlpatterns = [
    path("", views.monitor_list, name="monitor_list"),
    path("start/<int:endpoint_pk>/", views.start, name="start"),
    path("<int:pk>/", views.monitor_detail, name="monitor_detail"),
    path("<int:pk>/columns/<path:column>/", views.monitor_column, name="monitor_column"),
    path("<int:pk>/settings/", views.monitor_settings, name="monitor_settings"),
    path("<int:pk>/owner/", views.hand_over, name="hand_over"),
    path("<int:pk>/rows/", pages.captured_rows, name="captured_rows"),
    path("<int:pk>/truth/", pages.truth, name="truth"),
    path("incidents/", pages.incident_list, name="incident_list"),
    path("incidents/<int:pk>/", pages.incident_detail, name="incident_detail"),
    path("incidents/<int:pk>/acknowledge/", pages.acknowledge, name="acknowledge"),
    path("incidents/<int:pk>/assign/", pages.assign, name="assign"),
    path("incidents/<int:pk>/silence/", pages.silence, name="silence"),
    path("incidents/<int:pk>/resolve/", pages.resolve, name="resolve"),
    path("requests/", pages.request_trace, name="request_trace"),
]
