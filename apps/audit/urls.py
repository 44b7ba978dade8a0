from django.urls import path

from apps.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.event_list, name="event_list"),
    path("events/<int:pk>/", views.event_detail, name="event"),
    path("events/<int:pk>/erase/", views.erase, name="erase"),
    path("chains/<uuid:chain>/", views.chain, name="chain"),
    path("verify/", views.verify, name="verify"),
    path("export.jsonl", views.export_json, name="export_json"),
    path("export.csv", views.export_csv, name="export_csv"),
    path("public-key/", views.public_key, name="public_key"),
]
