"""Make a version of what was read. The caller's transaction holds what it is made from."""

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import User
from apps.audit import events
from apps.core.actors import Actor
from apps.core.errors import WrongState
from apps.core.saying import later as _
from apps.datasets.models import Dataset, DatasetVersion


@dataclass(frozen=True, slots=True)
class StoredTable:
    """
    A typed table in storage with its profile, not yet a version. `schema` is column_kinds'
    JSON; `summary` what lists show: columns, duplicate_rows, missing_share, size, notes,
    dialect, preview_digest.
    """

    data_digest: str
    profile_digest: str
    rows: int
    schema: list[dict[str, Any]]
    summary: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        return cls(**document)


@transaction.atomic
def make_version(
    dataset: Dataset,
    table: StoredTable,
    *,
    author: User,
    by: Actor,
    chain: uuid.UUID,
    origin: str = "upload",
    original_digest: str = "",
    filename: str = "",
) -> DatasetVersion:
    """The next version of the dataset, a draft. Raises WrongState where its rows are one already."""
    dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if found := dataset.versions.filter(data_digest=table.data_digest).first():
        raise WrongState(_("The same rows are in the portal already: they are %(version)s.", version=found))
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=(dataset.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        original_digest=original_digest,
        data_digest=table.data_digest,
        profile_digest=table.profile_digest,
        filename=filename,
        origin=origin,
        rows=table.rows,
        schema=table.schema,
        summary=table.summary,
        author=author,
        chain=chain,
    )
    events.record(
        "datasets.version_created",
        version,
        by=by,
        chain=chain,
        dataset=dataset.pk,
        number=version.number,
        rows=version.rows,
        data_digest=version.data_digest,
        profile_digest=version.profile_digest,
        origin=origin,
    )
    return version
