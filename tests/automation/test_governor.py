import pytest

from apps.audit.models import Event
from apps.automation import governor, guards, inbox, retraining
from apps.automation.models import Retraining
from apps.core.errors import NotAllowed, WrongState
from apps.monitoring.models import GroundTruth
from apps.projects import loop
from apps.projects.models import Arrow, Mode
from apps.projects.roles import Role
from tests.factories import member
from tests.factories_monitoring import monitored, opened

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def engineer(project):
    return member(project, Role.ML_OPS_ENGINEER)


@pytest.fixture
def incident(project, engineer):
    monitor = monitored(project, owner=engineer)
    GroundTruth.objects.create(endpoint=monitor.endpoint, correlation_id="a", label="yes", sent_by=engineer)
    return opened(monitor)


@pytest.fixture
def automatic(project, engineer):
    loop.choose(project, Arrow.RETRAIN, Mode.AUTOMATIC, by=engineer)


def test_a_cause_that_calls_for_it_retrains_by_itself_for_who_enabled_the_rule(incident, automatic, engineer):
    asked = governor.decide(incident)

    assert (asked.outcome, asked.decided_by) == ("collecting", engineer)
    assert asked.actor.startswith("rule:")
    assert asked.pipeline_run.chain == incident.chain


def test_supervised_asks_a_person_who_finds_it_in_the_inbox(incident, engineer):
    asked = governor.decide(incident)

    assert asked.outcome == "asked"
    assert Event.objects.filter(name="automation.retraining_asked").exists()
    assert len(inbox.items(engineer)) == 1


def test_manual_leaves_it_to_the_button(incident, project, engineer):
    loop.choose(project, Arrow.RETRAIN, Mode.MANUAL, by=engineer)

    assert governor.decide(incident) is None


def test_broken_data_are_not_trained_on_and_the_reason_is_kept(incident, automatic):
    incident.calls_for_retraining = False
    incident.causes = [{"recommendation": "fix_data"}]

    asked = governor.decide(incident)

    assert asked.outcome == "suppressed"
    assert "data are at fault" in str(asked.reason)


def test_without_any_label_a_person_is_asked(incident, automatic):
    GroundTruth.objects.all().delete()

    asked = governor.decide(incident)

    assert asked.outcome == "asked"
    assert "No labels have come" in str(asked.reason)


def test_a_rule_of_somebody_who_lost_the_right_keeps_still(incident, automatic, engineer):
    engineer.memberships.all().delete()

    assert governor.decide(incident).outcome == "suppressed"


def test_an_event_that_comes_twice_decides_once(incident, automatic):
    event = Event(name="monitoring.incident_opened", object_id=str(incident.pk))

    governor.on_incident_opened(event)
    governor.on_incident_opened(event)

    assert Retraining.objects.count() == 1


def test_one_retraining_of_a_model_at_a_time(incident, automatic, engineer):
    governor.decide(incident)

    with pytest.raises(WrongState, match="under way"):
        retraining.start(incident, by=engineer)


def test_after_a_retraining_rules_pause_while_people_need_not(incident, automatic, engineer):
    asked = governor.decide(incident)
    Retraining.objects.filter(pk=asked.pk).update(outcome="failed")
    assert guards.why_not_by_itself(incident) is None

    again = retraining.start(incident, by=engineer)
    retraining.ended(again.pipeline_run)

    again.refresh_from_db()
    assert again.outcome == "failed"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ML_OPS_ENGINEER])
def test_only_ml_ops_engineers_retrain(incident, project, role):
    with pytest.raises(NotAllowed):
        retraining.start(incident, by=member(project, role))


def test_who_cannot_train_lets_it_be_done_for_the_experiments_editor(incident, project, engineer):
    experiment = incident.deployment.version.training_run.experiment
    asked = Retraining(incident=incident, decided_by=engineer)
    assert retraining.trainer(asked) is None

    scientist = member(project, Role.DATA_SCIENTIST)
    experiment.edited_by = scientist
    experiment.save()
    asked.incident.deployment.version.training_run.experiment.refresh_from_db()

    assert retraining.trainer(asked).person == scientist
