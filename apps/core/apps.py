from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        import_module("apps.core.checks")  # Django knows of checks only once they are imported.
