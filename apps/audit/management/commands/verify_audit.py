from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit import verification


class Command(BaseCommand):
    help = "Verify the chain of the event log: every event, its number and its hash."

    def handle(self, *args: Any, **options: Any) -> None:
        found = verification.verify()
        if not found.holds:
            raise CommandError(found.reason)
        self.stdout.write(f"{found.sealed} events hold, {found.unsealed} wait to be sealed.")
