"""What really happened: labels for answered requests. All rows of a delivery are kept, or none."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit import events
from apps.core import numbers
from apps.core.errors import NotAllowed, TooLarge, WrongState
from apps.deployments.models import Endpoint
from apps.monitoring import policy
from apps.monitoring.models import GroundTruth

MOST_ROWS = 100_000
MOST_BYTES = 32 * 1024**2
SHOWN = 10
BLOCK = 500
REQUIRED = ("correlation_id", "label")


@dataclass(frozen=True, slots=True)
class Truth:
    correlation_id: str
    label: str
    label_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """`repeated` were known with the same label."""

    new: int
    repeated: int


@transaction.atomic
def receive(endpoint: Endpoint, rows: Sequence[Truth], *, by: User) -> Received:
    """
    Keep the labels. The same label again is fine; another one for a known id refuses them all
    with a sentence that lists the ids. Ids that nobody asked about are kept: their rows may come.
    """
    if reason := policy.why_not_send_truth(endpoint, by):
        raise NotAllowed(reason)
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    given = _without_repeats(rows)
    known = _known(endpoint, given)
    _refuse_conflicts([key for key, row in given.items() if key in known and known[key] != row.label])
    new = [row for key, row in given.items() if key not in known]
    GroundTruth.objects.bulk_create(
        [
            GroundTruth(
                endpoint=endpoint,
                correlation_id=row.correlation_id,
                label=row.label,
                label_time=row.label_time,
                sent_by=by,
            )
            for row in new
        ],
        batch_size=BLOCK,
    )
    if new:
        repeated = len(rows) - len(new)
        events.record("monitoring.truth_received", endpoint, by=by, new=len(new), repeated=repeated)
    return Received(len(new), len(rows) - len(new))


def read_file(file: File) -> list[Truth]:
    """Rows of an uploaded CSV file, as `read_csv`; TooLarge where memory would not hold them well."""
    if file.size > MOST_BYTES:
        sizes = {"size": numbers.byte_size(file.size), "most": numbers.byte_size(MOST_BYTES)}
        raise TooLarge(_("The file has %(size)s; at most %(most)s are accepted.") % sizes)
    return read_csv(file.read())


def read_csv(content: bytes) -> list[Truth]:
    """Rows of a CSV file with the columns correlation_id, label and, if wanted, label_time."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is not UTF-8 text.")) from None
    if not text.strip():
        raise ValidationError(_("The file is empty."))
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    return read_rows(reader)


def read_rows(rows: Iterable[Mapping[str, Any]]) -> list[Truth]:
    """Mappings as truths. ValidationError names the first row that is wrong, counted from 1."""
    found = [_truth(row, number) for number, row in enumerate(rows, start=1)]
    if not found:
        raise ValidationError(_("There are no labels in it."))
    if len(found) > MOST_ROWS:
        raise ValidationError(_("Send at most %(most)d labels at a time.") % {"most": MOST_ROWS})
    return found


def _truth(row: Mapping[str, Any], number: int) -> Truth:
    if missing := [name for name in REQUIRED if name not in row]:
        raise ValidationError(
            _("There is no column “%(name)s”; needed are correlation_id and label.") % {"name": missing[0]}
        )
    key, label = (str(row[name] if row[name] is not None else "").strip() for name in REQUIRED)
    if not key or not label:
        raise ValidationError(_("Row %(n)d has no correlation_id or no label.") % {"n": number})
    if len(key) > 128 or len(label) > 200:
        raise ValidationError(_("Row %(n)d has a correlation_id or label that is too long.") % {"n": number})
    if "\0" in key + label:
        raise ValidationError(_("Row %(n)d holds a sign that no text has.") % {"n": number})
    if None in row:
        raise ValidationError(_("Row %(n)d has more cells than the header.") % {"n": number})
    return Truth(key, label, _moment(row.get("label_time"), number))


def _moment(value: Any, number: int) -> datetime | None:
    if value is None or not str(value).strip():
        return None
    try:
        found = value if isinstance(value, datetime) else parse_datetime(str(value).strip())
        # The first and last hours of the calendar are no time in another zone.
        if found is not None:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValidationError(_("Row %(n)d has a label_time that is no date and time.") % {"n": number})


def _without_repeats(rows: Sequence[Truth]) -> dict[str, Truth]:
    given: dict[str, Truth] = {}
    for row in rows:
        if row.correlation_id in given and given[row.correlation_id].label != row.label:
            _refuse_conflicts([row.correlation_id])
        given[row.correlation_id] = row
    return given


def _known(endpoint: Endpoint, given: Mapping[str, Truth]) -> dict[str, str]:
    keys = list(given)
    known: dict[str, str] = {}
    for start in range(0, len(keys), BLOCK):
        part = GroundTruth.objects.filter(endpoint=endpoint, correlation_id__in=keys[start : start + BLOCK])
        known |= dict(part.values_list("correlation_id", "label"))
    return known


def _refuse_conflicts(conflicts: Sequence[str]) -> None:
    if not conflicts:
        return
    shown = ", ".join(conflicts[:SHOWN])
    rest = len(conflicts) - SHOWN
    listed = _("%(shown)s and %(n)d more") % {"shown": shown, "n": rest} if rest > 0 else shown
    raise WrongState(
        _("Another label is known for %(ids)s. Nothing of this delivery was kept.") % {"ids": listed}
    )
