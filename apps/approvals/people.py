"""
Who had a part in what is proposed: they are contributors and decide nothing about it.

A higher app adds its people (authors of retraining rules, of thresholds) by declaring
`contributors = {"approvals.version": "apps.x.y"}`: a function ModelVersion → list of
(person's id, why as Said).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.utils import timezone

from apps.approvals.models import Proposal, ProposalPerson
from apps.audit.models import Event
from apps.core import declared
from apps.core.said import Said
from apps.core.saying import later as _
from apps.datasets.models import DatasetVersion, Upload
from apps.experiments.models import TrainingRun
from apps.pipelines.models import PipelineRun
from apps.projects.models import ArrowSetting, Membership, Mode
from apps.projects.roles import DECIDERS
from apps.registry.models import ModelVersion, TierRequest, Validation

RECENT_GRANT: Final = timedelta(days=7)
Part = tuple[int | None, Said]


def record(proposal: Proposal, requester_id: int) -> None:
    """Write the proposal's contributors down; the first reason found for a person is kept."""
    found: dict[int, Said] = {requester_id: _("asked for the approval")}
    for person_id, why in contributors(proposal.version, proposal.release_run):
        if person_id:
            found.setdefault(person_id, why)
    ProposalPerson.objects.bulk_create(
        ProposalPerson(proposal=proposal, person_id=person_id, part=ProposalPerson.Part.CONTRIBUTOR, why=why)
        for person_id, why in found.items()
    )


def contributors(version: ModelVersion, release_run: PipelineRun) -> Iterable[Part]:
    """Everybody with a part, as (id, why); one person may come several times."""
    run = version.training_run
    yield release_run.started_by_id, _("started the release")
    yield version.registered_by_id, _("registered the version")
    yield run.started_by_id, _("started the training run")
    yield from _of_data(run.dataset_version)
    yield from _of_experiment(run)
    yield from _of_validation(run)
    yield from _of_rules(version)
    for more in declared.resolved("contributors", "approvals.version"):
        yield from more(version)


def _of_data(data: DatasetVersion) -> Iterable[Part]:
    yield data.author_id, _("is the author of the data")
    yield data.published_by_id, _("published the data")
    uploads = Upload.objects.filter(dataset_id=data.dataset_id, original_digest=data.original_digest)
    for person_id in uploads.exclude(original_digest="").values_list("uploaded_by_id", flat=True):
        yield person_id, _("uploaded the data")


def _of_experiment(run: TrainingRun) -> Iterable[Part]:
    experiment = run.experiment
    yield experiment.created_by_id, _("created the experiment")
    yield experiment.edited_by_id, _("edited the experiment")
    edits = Event.objects.about(experiment).filter(name="experiments.experiment_edited")
    for person_id in edits.values_list("actor_id", flat=True).distinct():
        yield person_id, _("edited the experiment")


def _of_validation(run: TrainingRun) -> Iterable[Part]:
    for person_id in Validation.objects.filter(training_run=run).values_list("resolved_by_id", flat=True):
        yield person_id, _("registered it after its validation")


def _of_rules(version: ModelVersion) -> Iterable[Part]:
    project = version.model.project
    arrows = ArrowSetting.objects.filter(project=project, mode=Mode.AUTOMATIC)
    for person_id in arrows.values_list("set_by_id", flat=True):
        yield person_id, _("let a step of the loop run by itself")
    granted = TierRequest.objects.filter(model=version.model, state=TierRequest.State.GRANTED)
    for asked, answered in granted.values_list("asked_by_id", "answered_by_id"):
        yield asked, _("set the risk tier")
        yield answered, _("set the risk tier")
    grants = Membership.objects.filter(
        project=project, role__in=DECIDERS, granted_at__gt=timezone.now() - RECENT_GRANT
    )
    for person_id in grants.values_list("granted_by_id", flat=True):
        yield person_id, _("made somebody a decider of late")
