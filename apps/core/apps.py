from importlib import import_module

from django.apps import AppConfig

from apps.core.said import tell_with


class CoreConfig(AppConfig):
    name = "apps.core"
    sentences = {"core": "apps.core.words.SENTENCES"}

    def ready(self) -> None:
        import_module("apps.core.checks")  # Django knows of checks only once they are imported.
        tell_with(import_module("apps.core.saying").say)  # it looks at all apps, so not before they are there
