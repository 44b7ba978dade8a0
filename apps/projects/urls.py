from django.urls import path

from apps.projects import views

app_name = "projects"
urlpatterns = [
    path("", views.project_list, name="project_list"),
    path("new/", views.project_create, name="project_create"),
    path("<int:pk>/", views.project_detail, name="project_detail"),
    path("<int:pk>/settings/", views.project_settings, name="project_settings"),
    path("<int:pk>/archive/", views.archive, name="archive"),
    path("<int:pk>/remove-demo/", views.remove_demo, name="remove_demo"),
    path("<int:pk>/members/", views.members_list, name="members"),
    path("<int:pk>/members/grant/", views.grant, name="grant"),
    path("<int:pk>/members/<int:membership_pk>/revoke/", views.revoke, name="revoke"),
    path("<int:pk>/arrows/<str:arrow>/", views.choose_mode, name="choose_mode"),
]
