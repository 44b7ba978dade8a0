from django.urls import path

from apps.gateway import views

app_name = "gateway"
urlpatterns = [path("<path:path>", views.gate, name="gate")]
