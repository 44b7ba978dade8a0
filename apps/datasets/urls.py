from django.urls import path

from apps.datasets import views

app_name = "datasets"

urlpatterns = [
    path("", views.dataset_list, name="dataset_list"),
    path("new/", views.dataset_create, name="dataset_create"),
    path("<int:pk>/", views.dataset_detail, name="dataset_detail"),
    path("<int:pk>/upload/", views.upload, name="upload"),
    path("uploads/<int:pk>/", views.upload_detail, name="upload_detail"),
    path("uploads/<int:pk>/status/", views.upload_status, name="upload_status"),
    path("versions/<int:pk>/", views.version_detail, name="version_detail"),
    path("versions/<int:pk>/rows/", views.version_rows, name="version_rows"),
    path("versions/<int:pk>/difference/", views.version_difference, name="version_difference"),
    path("versions/<int:pk>/data/", views.version_data, name="version_data"),
    path("versions/<int:pk>/publish/", views.publish, name="publish"),
    path("versions/<int:pk>/quarantine/", views.quarantine, name="quarantine"),
    path("versions/<int:pk>/release/", views.release, name="release"),
    path("versions/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
