from django.urls import path

from apps.registry import views

app_name = "registry"
urlpatterns = [
    path("", views.model_list, name="model_list"),
    path("<int:pk>/", views.model_detail, name="model_detail"),
    path("<int:pk>/tier/", views.change_tier, name="change_tier"),
    path("tier-requests/<int:pk>/answer/", views.answer_tier, name="answer_tier"),
    path("versions/<int:pk>/", views.version_detail, name="version_detail"),
    path("validations/<int:pk>/", views.validation_detail, name="validation_detail"),
    path("validations/<int:pk>/register/", views.register, name="register"),
    path("validations/<int:pk>/discard/", views.discard, name="discard"),
]
