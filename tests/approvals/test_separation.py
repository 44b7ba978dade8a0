"""25 ways of deciding on one's own work, or without the right: each refused and recorded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts import tokens
from apps.approvals import decisions
from apps.audit import events
from apps.audit.models import Event
from apps.core.actors import Rule, System
from apps.core.errors import NotAllowed
from apps.projects import members
from apps.projects.models import Arrow, ArrowSetting, Membership, Mode
from apps.projects.roles import Role
from apps.registry import tiers
from apps.registry.models import Tier, Validation
from tests.approvals.conftest import REASON
from tests.factories import (
    DatasetFactory,
    DatasetVersionFactory,
    ExperimentFactory,
    ProjectFactory,
    UserFactory,
    member,
    proposed,
    registered,
)

pytestmark = [pytest.mark.django_db, pytest.mark.services]

TRICKS = {}


def trick(setup):
    TRICKS[setup.__name__.replace("_", " ")] = setup
    return setup


def sly(project):
    """Somebody who approves, and has every other role too."""
    return member(project, *Role)


def other(project):
    return member(project, Role.DATA_SCIENTIST, Role.ML_OPS_ENGINEER)


@trick
def proposing_it_oneself(project):
    me = sly(project)
    return proposed(registered(project, by=other(project)), by=me), me


@trick
def having_a_rule_propose_it(project):
    me = sly(project)
    return proposed(registered(project, by=other(project)), by=Rule("release", me)), me


@trick
def having_registered_the_version(project):
    me, they = sly(project), other(project)
    version = registered(project, by=they)
    version.registered_by = me
    version.save()
    return proposed(version, by=they), me


@trick
def having_started_the_training_run(project):
    me, they = sly(project), other(project)
    version = registered(project, by=they)
    type(version.training_run).objects.filter(pk=version.training_run_id).update(started_by=me)
    return proposed(version, by=they), me


@trick
def being_the_author_of_the_data(project):
    me, they = sly(project), other(project)
    dataset = DatasetFactory(project=project)
    data = DatasetVersionFactory(dataset=dataset, published=True, author=me)
    return proposed(registered(project, by=they, dataset=dataset, dataset_version=data), by=they), me


@trick
def having_published_the_data(project):
    me, they = sly(project), other(project)
    dataset = DatasetFactory(project=project)
    data = DatasetVersionFactory(dataset=dataset, status="published", published_by=me)
    return proposed(registered(project, by=they, dataset=dataset, dataset_version=data), by=they), me


@trick
def having_uploaded_the_file_that_somebody_else_published(project):
    me, they = sly(project), other(project)
    dataset = DatasetFactory(project=project)
    dataset.uploads.create(filename="a.csv", size=1, original_digest="f" * 64, uploaded_by=me)
    data = DatasetVersionFactory(dataset=dataset, published=True, original_digest="f" * 64)
    return proposed(registered(project, by=they, dataset=dataset, dataset_version=data), by=they), me


@trick
def having_created_the_experiment(project):
    me, they = sly(project), other(project)
    experiment = ExperimentFactory(dataset__project=project, created_by=me, edited_by=they)
    return proposed(
        registered(project, by=they, dataset=experiment.dataset, experiment=experiment), by=they
    ), me


@trick
def having_edited_the_experiment_last(project):
    me, they = sly(project), other(project)
    experiment = ExperimentFactory(dataset__project=project, created_by=they, edited_by=me)
    return proposed(
        registered(project, by=they, dataset=experiment.dataset, experiment=experiment), by=they
    ), me


@trick
def having_edited_the_experiment_before_somebody_else_did(project):
    me, they = sly(project), other(project)
    experiment = ExperimentFactory(dataset__project=project, created_by=they)
    events.record("experiments.experiment_edited", experiment, by=me, project=project)
    return proposed(
        registered(project, by=they, dataset=experiment.dataset, experiment=experiment), by=they
    ), me


@trick
def having_overruled_the_validation(project):
    me, they = sly(project), other(project)
    version = registered(project, by=they)
    Validation.objects.filter(training_run=version.training_run).update(resolved_by=me)
    return proposed(version, by=they), me


@trick
def having_started_the_release_for_another_requester(project):
    me, they = sly(project), other(project)
    version = registered(project, by=they)
    return proposed(version, by=they, released_by=me), me


@trick
def having_let_the_loop_register_by_itself(project):
    me, they = sly(project), other(project)
    ArrowSetting.objects.create(project=project, arrow=Arrow.REGISTER, mode=Mode.AUTOMATIC, set_by=me)
    return proposed(registered(project, by=they), by=they), me


@trick
def having_raised_the_risk_tier(project):
    me, they = sly(project), other(project)
    version = registered(project, by=they)
    tiers.change(version.model, to=Tier.HIGH, by=me, reason="An error would cost a lot.")
    return proposed(version, by=they), me


@trick
def having_confirmed_a_lower_risk_tier(project):
    me, they = sly(project), other(project)
    version = registered(project, by=they, tier="high")
    asked = tiers.change(version.model, to=Tier.LOW, by=they, reason="Errors are cheap here.")
    tiers.answer(asked, grant=True, by=me)
    return proposed(version, by=they), me


@trick
def having_made_ones_friend_an_approver_yesterday(project):
    me, they = sly(project), other(project)
    Membership.objects.create(project=project, person=UserFactory(), role=Role.APPROVER, granted_by=me)
    return proposed(registered(project, by=they), by=they), me


@trick
def becoming_an_approver_only_in_a_while(project):
    me, they = UserFactory(), other(project)
    Membership.objects.create(
        project=project,
        person=me,
        role=Role.APPROVER,
        granted_by=project.created_by,
        effective_at=timezone.now() + timedelta(hours=24),
    )
    return proposed(registered(project, by=they), by=they), me


@trick
def having_lost_the_role_meanwhile(project):
    me, they = member(project, Role.APPROVER), other(project)
    proposal = proposed(registered(project, by=they), by=they)
    Membership.objects.filter(person=me).delete()
    return proposal, me


@trick
def being_deactivated_with_an_open_page(project):
    me, they = member(project, Role.APPROVER), other(project)
    proposal = proposed(registered(project, by=they), by=they)
    type(me).objects.filter(pk=me.pk).update(is_active=False)
    return proposal, me


@trick
def being_a_superuser(project):
    me, they = UserFactory(is_superuser=True, is_staff=True), other(project)
    return proposed(registered(project, by=they), by=they), me


@trick
def being_an_administrator_whom_another_one_made_an_approver(project):
    they = other(project)
    return proposed(registered(project, by=they), by=they), member(
        project, Role.APPROVER, global_role="administrator"
    )


@trick
def being_an_approver_of_another_project(project):
    they = other(project)
    return proposed(registered(project, by=they), by=they), member(ProjectFactory(), Role.APPROVER)


@trick
def being_a_validator_where_none_is_asked_for(project):
    they = other(project)
    return proposed(registered(project, by=they), by=they), member(project, Role.VALIDATOR)


@trick
def signing_something_else_than_what_was_shown(project):
    me, they = member(project, Role.APPROVER), other(project)
    proposal = proposed(registered(project, by=they), by=they)
    proposal.digest = "0" * 64
    return proposal, me


@trick
def deciding_alone_where_the_project_is_finance_grade(project):
    project.is_one_person, project.is_finance_grade = True, True
    project.save()
    me = sly(project)
    return proposed(registered(project, by=me, tier="medium"), by=me), me


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_is_refused_and_recorded(name, project):
    proposal, me = TRICKS[name](project)

    for verb in (decisions.approve, decisions.reject, decisions.request_changes):
        with pytest.raises(NotAllowed):
            verb(proposal, by=me, reason=REASON, seen_digest=proposal.digest, authenticated_at=timezone.now())

    proposal.refresh_from_db()
    assert proposal.status == "open"
    assert not proposal.decisions.exists()
    refused = Event.objects.about(proposal).filter(name="approvals.decision_refused", actor_id=me.pk)
    assert refused.count() == 3


def test_there_are_twenty_five_tricks():
    assert len(TRICKS) == 25


def test_the_portal_itself_registers_and_proposes_nothing(project):
    with pytest.raises(NotAllowed):
        proposed(registered(project, by=other(project)), by=System("pipeline"))


def test_nobody_gives_themselves_a_role(project, administrator):
    with pytest.raises(NotAllowed):
        members.grant(project, to=administrator, role=Role.APPROVER, by=administrator)


def test_a_token_signs_nothing_finance_grade(client, db):
    project = ProjectFactory(is_finance_grade=True)
    they, me = other(project), member(project, Role.APPROVER)
    proposal = proposed(registered(project, by=they, tier="medium"), by=they)
    _token, text = tokens.create(me, label="ci", scope="write", lifetime=timedelta(days=1), by=me)
    answer = client.post(
        f"/api/v1/approvals/{proposal.pk}/approve/",
        {"reason": REASON, "seen": proposal.digest},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )
    assert answer.status_code == 403
    assert not proposal.decisions.exists()


def test_a_finance_grade_model_never_becomes_autonomous(db):
    project = ProjectFactory(is_finance_grade=True)
    they = other(project)
    version = registered(project, by=they, tier="medium")
    with pytest.raises(NotAllowed):
        tiers.change(version.model, to=Tier.AUTONOMOUS, by=they, reason="It is only a product list.")
