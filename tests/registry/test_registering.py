import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.audit.models import Event
from apps.core import objections
from apps.core.errors import NotAllowed, WrongState
from apps.projects.roles import Role
from apps.registry import registration, resolving, tiers
from apps.registry.models import ModelVersion, Tier, TierRequest, Validation
from tests.factories import ProjectFactory, ValidationFactory, member, registered, trained

pytestmark = [pytest.mark.django_db, pytest.mark.services]

WHY = "The champion drifts, this one holds."


@pytest.fixture
def waiting(project, scientist):
    return ValidationFactory(training_run=trained(project, by=scientist), verdict="hold")


def test_a_person_registers_anyway_and_says_why(waiting, scientist):
    with pytest.raises(ValidationError):
        resolving.register_anyway(waiting, by=scientist, reason=" ")
    version = resolving.register_anyway(waiting, by=scientist, reason=WHY)
    waiting.refresh_from_db()
    assert (str(version.reason), waiting.resolution, waiting.resolved_by) == (WHY, "registered", scientist)


def test_a_good_model_that_waits_for_a_button_needs_no_reason(project, scientist):
    validation = ValidationFactory(training_run=trained(project, by=scientist))
    assert resolving.register_anyway(validation, by=scientist, reason="").number == 1


def test_a_person_discards_with_a_reason_once(waiting, scientist):
    with pytest.raises(ValidationError):
        resolving.discard(waiting, by=scientist, reason="no")
    resolving.discard(waiting, by=scientist, reason=WHY)
    with pytest.raises(WrongState):
        resolving.register_anyway(waiting, by=scientist, reason=WHY)
    assert Event.objects.filter(name="registry.run_discarded").count() == 1
    assert not ModelVersion.objects.exists()


def test_the_database_refuses_to_discard_without_a_reason(waiting):
    with pytest.raises(IntegrityError), transaction.atomic():
        Validation.objects.update(resolution="discarded")


def test_an_approver_registers_nothing(waiting, project):
    with pytest.raises(NotAllowed):
        resolving.register_anyway(waiting, by=member(project, Role.APPROVER), reason=WHY)


def test_a_run_is_registered_once_and_only_when_it_succeeded(project, scientist):
    version = registered(project, by=scientist)
    with pytest.raises(WrongState):
        registration.register(version.training_run, by=scientist)
    failed = trained(project, by=scientist)
    type(failed.pipeline_run).objects.filter(pk=failed.pipeline_run_id).update(state="failed")
    with pytest.raises(WrongState):
        registration.register(failed, by=scientist)


def test_a_finance_grade_model_starts_at_medium(db):
    project = ProjectFactory(is_finance_grade=True)
    person = member(project, Role.DATA_SCIENTIST)
    assert registration.register(trained(project, by=person), by=person).model.tier == Tier.MEDIUM


def test_raising_a_tier_holds_at_once_and_lowering_takes_a_second_person(project, scientist):
    model = registered(project, by=scientist).model
    assert tiers.change(model, to=Tier.HIGH, by=scientist, reason=WHY).state == TierRequest.State.GRANTED
    asked = tiers.change(model, to=Tier.LOW, by=scientist, reason=WHY)
    model.refresh_from_db()
    assert (asked.state, model.tier) == (TierRequest.State.OPEN, Tier.HIGH)
    scientist.memberships.create(project=project, role=Role.APPROVER, granted_by=project.created_by)
    with pytest.raises(NotAllowed):
        tiers.answer(asked, grant=True, by=scientist)
    tiers.answer(asked, grant=True, by=member(project, Role.APPROVER))
    model.refresh_from_db()
    assert model.tier == Tier.LOW


def test_data_of_a_live_model_is_not_withdrawn(project, scientist):
    version = registered(project, by=scientist)
    data = version.training_run.dataset_version
    assert objections.why_not("datasets.withdraw", data) is None
    ModelVersion.objects.filter(pk=version.pk).update(stage="production")
    assert "in production" in str(objections.why_not("datasets.withdraw", data))


def test_pages_stay_within_their_queries(client, project, scientist, django_assert_max_num_queries):
    first = registered(project, by=scientist)
    experiment = first.training_run.experiment
    versions = [
        registered(project, by=scientist, experiment=experiment, dataset=experiment.dataset) for _ in range(4)
    ]
    client.force_login(scientist)
    with django_assert_max_num_queries(10):
        assert client.get("/models/").status_code == 200
    with django_assert_max_num_queries(20):
        assert "over the versions" in client.get(f"/models/{first.model_id}/").content.decode()
    with django_assert_max_num_queries(20):
        assert client.get(f"/models/versions/{versions[-1].pk}/").status_code == 200


def test_an_empty_list_teaches_the_way(client, scientist):
    client.force_login(scientist)
    assert "No model is registered yet" in client.get("/models/").content.decode()
