from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    subscriptions = {"projects.role_granted": "apps.notifications.notices.on_role_granted"}
    periodic = {"apps.notifications.sending.send_pending": 2}
