from typing import Any

from django.core.management.base import BaseCommand

from apps.home import preparing


class Command(BaseCommand):
    """What `make run` does before it starts the programs."""

    help = "Migrate, collect static files, seed the demo and print the first link, where needed."

    def handle(self, *args: Any, **options: Any) -> None:
        preparing.prepare(self.stdout.write)
