from typing import Any

from django.core.management.base import BaseCommand

from apps.accounts import invitations


class Command(BaseCommand):
    """The first administrator's one-time link, where there is no administrator yet."""

    help = "Print a one-time link (24 hours) that makes the first administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        link = invitations.first_link()
        if link is None:
            self.stdout.write("There is an administrator already; they invite everybody else.")
        else:
            self.stdout.write(f"First administrator (good once, for 24 hours):\n  {link}")
