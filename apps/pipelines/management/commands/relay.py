import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from apps.pipelines import relay


class Command(BaseCommand):
    help = "Publish due work, reap lost leases, seal events. Runs until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        relay.run(stop.is_set)
