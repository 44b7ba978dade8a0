"""What endpoints answered in the last day, hour by hour."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Avg, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from apps.deployments.models import TrafficSample

HOURS: Final = 24


def _none_asked() -> list[float]:
    return [0.0] * HOURS


@dataclass(frozen=True, slots=True)
class LastDay:
    """One value an hour, the oldest first. `p95_ms` is the mean of the hour's slices, None without one."""

    requests: list[float] = field(default_factory=_none_asked)
    errors: list[float] = field(default_factory=_none_asked)
    p95_ms: list[float | None] = field(default_factory=lambda: [None] * HOURS)


def last_day(endpoint_ids: Collection[int]) -> dict[int, LastDay]:
    """Of those endpoints that were asked something. One query."""
    first = first_hour()
    counted = (
        TrafficSample.objects.filter(endpoint_id__in=endpoint_ids, at__gte=first)
        .order_by()
        .annotate(hour=TruncHour("at", tzinfo=UTC))
        .values_list("endpoint_id", "hour")
        .annotate(asked=Sum("requests"), failed=Sum("errors"), slow=Avg("p95_ms"))
    )
    found: dict[int, LastDay] = {}
    for endpoint_id, hour, requests, errors, p95_ms in counted:
        day, at = found.setdefault(endpoint_id, LastDay()), _hours(first, hour)
        day.requests[at], day.errors[at], day.p95_ms[at] = float(requests), float(errors), p95_ms
    return found


def first_hour() -> datetime:
    """When the last day begins: with a whole hour, of UTC."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def _hours(first: datetime, hour: datetime) -> int:
    return min(int((hour - first).total_seconds() // 3600), HOURS - 1)
