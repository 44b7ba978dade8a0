from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.models import Event
from apps.core.errors import NotAllowed, WrongState
from apps.monitoring import inbox, incidents, notices, owners
from apps.monitoring.models import Incident
from apps.notifications.models import Notice
from apps.projects.models import Membership
from apps.projects.roles import Role
from tests.factories import member
from tests.factories_monitoring import judged, monitored, opened

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def engineer(project):
    return member(project, Role.ML_OPS_ENGINEER)


@pytest.fixture
def incident(project, engineer):
    return opened(monitored(project, owner=engineer))


def open_again(incident, **changes):
    given = {"cause": incident.cause, "sentence": "again", "causes": [], "calls_for_retraining": True}
    return incidents.open_for(judged(incident.monitor, start=incident.first_window.end), **(given | changes))


def test_a_repeat_attaches_to_the_open_incident(incident):
    again = open_again(incident)

    assert (again.pk, again.windows, str(again.sentence)) == (incident.pk, 2, "again")
    assert not Event.objects.filter(name="monitoring.incident_opened").exists()


def test_another_cause_and_a_resolved_one_open_a_new_incident(incident, engineer):
    assert open_again(incident, cause="new_category").pk != incident.pk
    incidents.resolve(incident, resolution="other", reason="seen", by=engineer)
    result = judged(incident.monitor, start=incident.first_window.start.replace(year=2020))

    new = incidents.open_for(
        result, cause=incident.cause, sentence="s", causes=[], calls_for_retraining=False
    )

    assert new.pk != incident.pk


def test_the_database_refuses_a_second_open_incident_of_a_cause(incident):
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.create(
            monitor=incident.monitor, deployment=incident.deployment, cause=incident.cause, sentence="s",
            calls_for_retraining=False, assignee=incident.assignee, chain=incident.chain,
        )  # fmt: skip


def test_acknowledge_assign_resolve(incident, engineer, project):
    other = member(project, Role.ML_OPS_ENGINEER)

    incidents.acknowledge(incident, by=engineer)
    incidents.assign(incident, to=other, by=engineer)
    incidents.resolve(incident, resolution="data_fixed", reason="The feed is back.", by=other)

    incident.refresh_from_db()
    assert (incident.status, incident.acknowledged_by, incident.assignee) == ("resolved", engineer, other)
    assert (incident.resolved_by, incident.resolution_reason) == (other, "The feed is back.")


def test_a_silenced_incident_stays_open_and_waits_for_nobody_until_then(incident, engineer):
    until = timezone.now() + timedelta(hours=8)

    incidents.silence(incident, until=until, reason="The feed moves tonight.", by=engineer)

    again = open_again(incident)
    assert (again.pk, again.windows, again.is_silenced) == (incident.pk, 2, True)
    assert inbox.items(engineer) == []
    assert Event.objects.filter(name="monitoring.incident_silenced").count() == 1
    Incident.objects.update(silenced_until=timezone.now() - timedelta(seconds=1))
    assert len(inbox.items(engineer)) == 1


@pytest.mark.parametrize("hours", [-1, 31 * 24])
def test_a_silence_ends_in_the_future_and_within_a_month(incident, engineer, hours):
    with pytest.raises(ValidationError):
        incidents.silence(
            incident, until=timezone.now() + timedelta(hours=hours), reason="later", by=engineer
        )


def test_the_database_refuses_a_silence_that_nobody_answers_for(incident):
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.update(silenced_until=timezone.now())


def test_what_was_done_already_is_said(incident, engineer):
    incidents.acknowledge(incident, by=engineer)
    with pytest.raises(WrongState, match="already acknowledged"):
        incidents.acknowledge(incident, by=engineer)
    incidents.resolve(incident, resolution="other", reason="r", by=engineer)
    with pytest.raises(WrongState, match="already resolved"):
        incidents.resolve(incident, resolution="other", reason="r", by=engineer)
    with pytest.raises(WrongState, match="already resolved"):
        incidents.silence(incident, until=timezone.now(), reason="r", by=engineer)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ML_OPS_ENGINEER])
def test_only_ml_ops_engineers_work_on_incidents(incident, project, role):
    with pytest.raises(NotAllowed):
        incidents.acknowledge(incident, by=member(project, role))


def test_nobody_without_the_right_is_assigned(incident, engineer, project):
    with pytest.raises(NotAllowed):
        incidents.assign(incident, to=member(project, Role.VIEWER), by=engineer)


def test_the_owner_alone_is_told_and_finds_it_in_the_inbox(incident, engineer, project):
    member(project, Role.ML_OPS_ENGINEER)
    event = Event.objects.create(
        name="monitoring.incident_opened", chain=incident.chain, actor="portal:monitoring",
        object_type="monitoring.incident", object_id=str(incident.pk), object_label="i", body="{}",
    )  # fmt: skip

    notices.on_incident_opened(event)
    notices.on_incident_opened(event)

    assert [notice.recipient for notice in Notice.objects.all()] == [engineer]
    assert [item.path for item in inbox.items(engineer)] == [f"/monitoring/incidents/{incident.pk}/"]


def test_a_departed_owner_is_an_alarm_and_hands_over_with_what_nobody_took(incident, engineer, project):
    heir = member(project, Role.ML_OPS_ENGINEER)
    assert owners.without_owner(heir) == []
    Membership.objects.filter(person=engineer).delete()
    assert owners.without_owner(heir) == [incident.monitor]

    owners.hand_over(incident.monitor, to=heir, by=heir)

    incident.refresh_from_db()
    assert incident.assignee == heir
    assert owners.without_owner(heir) == []
    with pytest.raises(WrongState):
        owners.hand_over(incident.monitor, to=heir, by=heir)
