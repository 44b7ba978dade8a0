from django.urls import path

from apps.pipelines import views

app_name = "pipelines"
urlpatterns = [
    path("", views.run_list, name="run_list"),
    path("engine/", views.engine, name="engine"),
    path("<int:pk>/", views.run_detail, name="run"),
    path("<int:pk>/status/", views.run_status, name="run_status"),
    path("<int:pk>/log/", views.run_log, name="run_log"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/retry/", views.retry, name="retry"),
    path("deliveries/<int:pk>/again/", views.deliver_again, name="deliver_again"),
]
