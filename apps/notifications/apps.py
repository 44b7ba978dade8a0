from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    periodic = {"apps.notifications.sending.send_pending": 2}
