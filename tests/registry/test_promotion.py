import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.models import Event
from apps.core.errors import WrongState
from apps.registry import approval, promotion, states
from apps.registry.models import ModelVersion
from tests.factories import registered

pytestmark = [pytest.mark.django_db, pytest.mark.services]

CHAIN = uuid.uuid4()
LATER = timedelta(days=1)
Stage, Approval = states.Stage, states.Approval


@pytest.fixture
def approved(project, scientist):
    """Approved versions of one model."""
    experiment = None

    def make(digest="d" * 64):
        nonlocal experiment
        more = {"experiment": experiment, "dataset": experiment.dataset} if experiment else {}
        version = registered(project, by=scientist, **more)
        experiment = version.training_run.experiment
        approval.ask(version, by=scientist, chain=CHAIN)
        until = timezone.now() + LATER
        return approval.approve(version, digest=digest, until=until, by=scientist, chain=CHAIN)

    return make


def promote(version, digest="d" * 64):
    return promotion.promote(version, digest=digest, by=version.registered_by, chain=CHAIN)


def stage(version):
    return ModelVersion.objects.get(pk=version.pk).stage


def test_production_is_reached_from_staging_and_by_roll_back_alone():
    assert {at for at, to in states.STAGE_MOVES.items() if Stage.PRODUCTION in to} == {
        Stage.STAGING,
        Stage.ARCHIVED,
    }
    assert {at for at, to in states.APPROVAL_MOVES.items() if Approval.APPROVED in to} == {Approval.PENDING}


def test_the_new_version_takes_the_place_of_the_old_in_one_go(approved):
    old, new = approved(), approved()
    promote(old)
    promote(new)
    assert (stage(old), stage(new)) == (Stage.ARCHIVED, Stage.PRODUCTION)
    assert ModelVersion.objects.get(pk=old.pk).approval_status == Approval.APPROVED
    promote(old)
    assert (stage(old), stage(new)) == (Stage.PRODUCTION, Stage.ARCHIVED)
    assert Event.objects.filter(name="registry.version_promoted").count() == 3


def test_an_approval_that_was_never_used_is_overtaken(approved):
    old, new = approved(), approved()
    promote(new)
    assert ModelVersion.objects.get(pk=old.pk).approval_status == Approval.SUPERSEDED


def test_nothing_goes_live_for_another_digest(approved):
    with pytest.raises(WrongState):
        promote(approved(), digest="e" * 64)


def test_nothing_goes_live_after_its_approval_has_ended(approved):
    version = approved()
    ModelVersion.objects.filter(pk=version.pk).update(approved_until=timezone.now())
    with pytest.raises(WrongState):
        promote(version)


def test_nothing_goes_live_whose_approval_was_taken_back(approved, scientist):
    version = approved()
    approval.revoke(version, by=scientist, reason="A fault was found.")
    with pytest.raises(WrongState):
        promote(version)


def test_the_database_refuses_two_production_versions(approved):
    one, two = approved(), approved()
    promote(one)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=two.pk).update(stage=Stage.PRODUCTION)


def test_the_database_refuses_an_approval_of_nothing(approved):
    version = approved()
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=version.pk).update(approved_digest="")
