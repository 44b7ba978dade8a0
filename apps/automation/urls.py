from django.urls import path

from apps.automation import views

app_name = "automation"
urlpatterns = [
    path("", views.retraining_list, name="retraining_list"),
    path("incidents/<int:pk>/start/", views.start, name="start"),
]
