import threading
from datetime import timedelta

import pytest

from apps.audit.models import Event
from apps.core.errors import NotAllowed, WrongState
from apps.deployments import going_live, history, rolling_back
from apps.deployments.models import Deployment, Endpoint
from apps.registry import approval
from apps.registry.models import ModelVersion
from tests.deployments.test_keeper import ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
REASON = "It declines everybody."


@pytest.fixture
def second_live(live, released, kept, engineer):
    """The first version retired, the second live."""
    first = live()
    release = released(1)
    second = going_live.begin(release, first.endpoint, by=engineer, chain=first.chain)
    kept(lambda: Deployment.objects.get(pk=first.pk).state == "retired")
    first.refresh_from_db()
    return first, Deployment.objects.with_everything_for_a_row().get(pk=second.pk)


def test_an_earlier_version_is_back_in_one_click_without_a_failed_request(second_live, kept, engineer):
    first, second = second_live
    stop, failed, seen = threading.Event(), [], []

    def client():
        while not stop.is_set():
            status, document = ask(first.endpoint)
            (seen if status == 200 else failed).append(document.get("model_version", document))

    thread = threading.Thread(target=client)
    thread.start()
    back = rolling_back.roll_back(first.endpoint, to=first, by=engineer, reason=REASON)
    kept(lambda: Deployment.objects.get(pk=second.pk).state == "rolled_back")
    stop.set()
    thread.join()

    assert failed == []
    assert seen[-1] == str(first.version.number)
    back.refresh_from_db()
    assert (back.state, back.version_id, back.replaces_id) == ("live", first.version_id, second.pk)
    assert ModelVersion.objects.in_production().get() == first.version
    assert Event.objects.filter(name="deployments.rolled_back").count() == 1
    # What was rolled back from stays one click away.
    assert second.version_id in [one.version_id for one in rolling_back.choices(first.endpoint)]


def test_which_version_served_at_a_time_is_one_query(second_live, django_assert_num_queries):
    first, second = second_live
    endpoint = first.endpoint
    with django_assert_num_queries(1):
        assert history.at(endpoint, first.live_from) == first
    assert history.at(first.endpoint, second.live_from) == second
    assert history.at(first.endpoint, second.live_from - timedelta(microseconds=1)) == first
    assert history.at(first.endpoint, first.live_from - timedelta(seconds=1)) is None


def test_a_roll_back_needs_a_reason_and_the_right(second_live, engineer, approver):
    first, _second = second_live
    with pytest.raises(WrongState, match="why"):
        rolling_back.roll_back(first.endpoint, to=first, by=engineer, reason=" ")
    with pytest.raises(NotAllowed):
        rolling_back.roll_back(first.endpoint, to=first, by=approver, reason=REASON)


def test_what_is_no_longer_approved_is_not_offered_and_refused(second_live, engineer, approver):
    first, _second = second_live
    approval.revoke(first.version, by=approver, reason="It was wrong.")
    assert rolling_back.choices(first.endpoint) == []
    with pytest.raises(WrongState, match="not approved"):
        rolling_back.roll_back(first.endpoint, to=first, by=engineer, reason=REASON)


def test_when_an_approval_is_taken_back_the_version_before_takes_over(second_live, kept, approver):
    first, second = second_live
    approval.revoke(second.version, by=approver, reason="It was wrong.")
    event = Event.objects.get(name="registry.version_revoked")

    rolling_back.on_approval_ended(event)
    rolling_back.on_approval_ended(event)
    kept(lambda: Deployment.objects.get(pk=second.pk).state == "rolled_back")

    assert first.endpoint.deployments.live().get().version_id == first.version_id


def test_where_nothing_approved_is_left_the_endpoint_stops(live, kept, approver):
    deployment = live()
    approval.revoke(deployment.version, by=approver, reason="It was wrong.")

    rolling_back.on_approval_ended(Event.objects.get(name="registry.version_revoked"))

    assert Endpoint.objects.get(pk=deployment.endpoint_id).wanted == "stopped"
