import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.deployments.keeper import AlreadyRunning, Keeper


class Command(BaseCommand):
    help = "Keeps this machine's scoring servers as the endpoints say, until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        try:
            Keeper().run(stop)
        except AlreadyRunning as running:
            raise CommandError(str(running)) from None
