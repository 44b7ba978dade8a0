from datetime import UTC, datetime, timedelta, timezone

import pytest

from apps.monitoring import windows
from apps.monitoring.windows import Window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(day, hour=0, minute=0):
    return datetime(2024, 5, day, hour, minute, tzinfo=UTC)


def test_days_start_at_midnight_utc_wherever_the_moment_was_written():
    tokyo = timezone(timedelta(hours=9))

    window = windows.window_of(datetime(2024, 5, 2, 3, 0, tzinfo=tokyo), DAY)

    assert window == Window(at(1), at(2))
    assert window.holds(at(1, 23, 59))
    assert not window.holds(at(2))


def test_weeks_start_on_monday():
    assert windows.window_of(at(8), 7 * DAY).start == at(6)
    assert at(6).weekday() == 0


def test_a_window_is_complete_when_the_late_rows_have_come():
    found = windows.complete_windows(at(1, 0, 30), at(1, 3, 10), HOUR, timedelta(minutes=15))

    assert found == [Window(at(1, hour), at(1, hour + 1)) for hour in (0, 1)]


def test_no_window_is_complete_before_its_end():
    assert windows.complete_windows(at(1), at(1, 0, 59), HOUR, timedelta(0)) == []


def test_a_moment_without_time_zone_and_an_empty_window_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        windows.window_of(datetime(2024, 5, 1), DAY)  # noqa: DTZ001
    with pytest.raises(ValueError, match="length"):
        windows.window_of(at(1), timedelta(0))


@pytest.mark.parametrize(
    ("breaches", "expected"),
    [
        ([], False),
        ([True], False),
        ([True, True], True),
        ([True, False, True], True),
        ([True, True, False], False),
        ([True, False, False, True], False),
    ],
)
def test_two_of_the_last_three_windows_make_a_breach_last(breaches, expected):
    assert windows.persists(breaches, k=2, n=3) is expected


def test_k_lies_between_one_and_n():
    with pytest.raises(ValueError, match="k of n"):
        windows.persists([True], k=3, n=2)
