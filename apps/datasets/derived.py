"""
Versions of rows that the portal gathered itself: captured requests joined with their labels.

A pipeline step of the app that gathers them calls `storing.store_table` (it runs the profile in a
child process and takes as long as that takes) and then, in the `commit` of its answer,
`create_from_table`.
"""

import uuid

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.datasets import filing
from apps.datasets.filing import StoredTable
from apps.datasets.models import Dataset, DatasetVersion


@transaction.atomic
def create_from_table(
    dataset: Dataset,
    table: StoredTable,
    *,
    origin: str,
    author: User,
    chain: uuid.UUID,
    by: Actor,
    filename: str = "",
) -> DatasetVersion:
    """
    A published version of the dataset with the table's rows; the one that has them already.

    It is published in the author's name, who answers for the rule that gathered it, without
    the event "datasets.version_published": whoever gathered the rows starts what is to follow,
    and a training must not start twice. `origin` says what gathered them ("retraining").
    """
    dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if found := dataset.versions.published().filter(data_digest=table.data_digest).first():
        return found
    version = filing.make_version(
        dataset, table, author=author, by=by, chain=chain, origin=origin, filename=filename
    )
    version.status = DatasetVersion.Status.PUBLISHED
    version.published_by, version.published_at = author, timezone.now()
    version.save(update_fields=["status", "published_by", "published_at"])
    return version
