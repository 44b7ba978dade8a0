from django.urls import path

from apps.home import views

app_name = "home"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/counts/", views.counts, name="counts"),
    path("search/", views.search, name="search"),
    path("status/", views.status, name="status"),
    path("health/", views.health, name="health"),
]
