"""Windows of fixed length on the clock, in UTC, and when a breach has lasted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """From `start` to before `end`."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def window_of(moment: datetime, length: timedelta) -> Window:
    """
    The window that holds the moment. Windows of whole weeks start on a Monday, others on
    multiples of their length since 1970. Raises ValueError without a time zone or length.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    if length <= timedelta(0):
        raise ValueError("A window needs a length.")
    origin = EPOCH if length % timedelta(days=7) else FIRST_MONDAY
    start = origin + (moment - origin) // length * length
    return Window(start, start + length)


def is_complete(window: Window, now: datetime, lateness: timedelta) -> bool:
    """Whether what comes `lateness` late has come too."""
    return window.end + lateness <= now


def complete_windows(since: datetime, now: datetime, length: timedelta, lateness: timedelta) -> list[Window]:
    """Windows from the one that holds `since` to the newest complete one, oldest first."""
    window, found = window_of(since, length), []
    while is_complete(window, now, lateness):
        found.append(window)
        window = Window(window.end, window.end + length)
    return found


def persists(breaches: Sequence[bool], *, k: int, n: int) -> bool:
    """
    Whether at least k of the last n windows breached, oldest first, and the newest did.

    Windows without a verdict are left out by the caller. Raises ValueError unless 1 ≤ k ≤ n.
    """
    if not 1 <= k <= n:
        raise ValueError("k of n needs 1 ≤ k ≤ n.")
    return bool(breaches) and breaches[-1] and sum(breaches[-n:]) >= k
