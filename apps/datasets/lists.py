"""The lists of datasets and of their versions."""

from django.utils.translation import gettext_lazy as _

from apps.core import columns
from apps.core.listing import Listing
from apps.datasets.models import Dataset, DatasetVersion, attach_latest


def _address(record: Dataset | DatasetVersion) -> str:
    return record.get_absolute_url()


def _address_of_latest(record: Dataset) -> str | None:
    return record.latest.get_absolute_url() if record.latest else None


class DatasetList(Listing):
    """Of datasets from `with_latest`."""

    key = "datasets"
    always = frozenset({"name"})
    caption = _("Datasets")

    name = columns.Name(_("Name"), linkify=_address)
    project = columns.Name(_("Project"), accessor="project__name", order_by="project__name")
    latest = columns.Word(
        _("Newest version"), accessor="latest__short_name", linkify=_address_of_latest, orderable=False
    )
    status = columns.Status(_("Status"), accessor="latest__status", orderable=False)
    rows_now = columns.Number(_("Rows"), accessor="latest__rows", orderable=False)
    versions = columns.Number(_("Versions"), accessor="version_count", order_by="version_count")
    changed = columns.When(_("Changed"), accessor="changed_at", style="relative")

    def complete(self, records: list[Dataset]) -> list[Dataset]:
        return attach_latest(records)


class VersionList(Listing):
    """Of the versions of one dataset."""

    key = "dataset-versions"
    always = frozenset({"number"})
    caption = _("Versions")

    number = columns.Word(_("Version"), accessor="short_name", order_by="number", linkify=_address)
    status = columns.Status(_("Status"))
    row_count = columns.Number(_("Rows"), accessor="rows", order_by="rows")
    column_count = columns.Number(_("Columns"), order_by="summary__columns")
    missing = columns.Number(
        _("Missing"), accessor="missing_percent", order_by="summary__missing_share", unit="%", digits=2
    )
    size = columns.Bytes(_("Size"), accessor="stored_bytes", order_by="summary__size")
    source = columns.Name(_("From"), accessor="source", order_by=("filename", "origin"), longest=40)
    author = columns.Person(_("By"), order_by="author__name")
    created_at = columns.When(_("Created"))
