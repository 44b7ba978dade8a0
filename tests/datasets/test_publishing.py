import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from apps.audit import events
from apps.audit.models import Event
from apps.core import declared, inbox, search
from apps.core.errors import NotAllowed, WrongState
from apps.datasets import notices, publishing, removal
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.publishing import MOVES, Status
from apps.notifications.models import Notice
from apps.projects.roles import Role
from tests.factories import DatasetVersionFactory, UploadFactory, UserFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def version(dataset):
    return DatasetVersionFactory(dataset=dataset)


@pytest.fixture
def in_use(monkeypatch):
    """A model somewhere depends on every version."""
    config = apps.get_app_config("datasets")
    objections = {**config.objections, "datasets.withdraw": "tests.datasets.test_publishing.a_model_is_live"}
    monkeypatch.setattr(config, "objections", objections)
    declared._all.cache_clear()
    yield
    declared._all.cache_clear()


def a_model_is_live(version):
    return "A live model was trained on it."


def status(version) -> str:
    return DatasetVersion.objects.get(pk=version.pk).status


def test_withdrawn_is_final_and_nothing_becomes_a_draft_again():
    assert MOVES[Status.WITHDRAWN] == frozenset()
    assert all(Status.DRAFT not in to for to in MOVES.values())


def test_publishing_is_an_event_on_the_version_s_chain(version, engineer):
    published = publishing.publish(version, by=engineer)

    event = Event.objects.get(name="datasets.version_published")
    assert (published.status, published.published_by) == ("published", engineer)
    assert event.chain == version.chain
    assert events.facts_of(event)["data_digest"] == version.data_digest


def test_publishing_twice_is_refused(version, engineer):
    publishing.publish(version, by=engineer)

    with pytest.raises(WrongState, match="published"):
        publishing.publish(version, by=engineer)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.DATA_ENGINEER])
def test_only_data_engineers_publish(version, project, role):
    with pytest.raises(NotAllowed):
        publishing.publish(version, by=member(project, role))

    assert status(version) == "draft"


def test_quarantine_needs_a_reason_and_so_does_its_end(version, engineer):
    with pytest.raises(WrongState, match="why"):
        publishing.quarantine(version, reason="  ", by=engineer)
    publishing.quarantine(version, reason="Half of the ages are 0.", by=engineer)
    with pytest.raises(WrongState, match="why"):
        publishing.release(version, reason="", by=engineer)

    released = publishing.release(version, reason="They are newborns.", by=engineer)

    assert (released.status, released.status_reason) == ("published", "They are newborns.")
    assert Event.objects.filter(name="datasets.version_published").count() == 1


def test_a_quarantined_version_is_not_simply_published(version, engineer):
    publishing.quarantine(version, reason="Odd.", by=engineer)

    with pytest.raises(WrongState):
        publishing.publish(version, by=engineer)


def test_a_draft_is_not_released(version, engineer):
    with pytest.raises(WrongState):
        publishing.release(version, reason="It looks fine.", by=engineer)


def test_withdrawing_ends_it(version, engineer):
    publishing.publish(version, by=engineer)

    publishing.withdraw(version, reason="The source was wrong.", by=engineer)

    assert status(version) == "withdrawn"
    with pytest.raises(WrongState):
        publishing.publish(version, by=engineer)


def test_what_a_live_model_depends_on_is_withdrawn_by_force_alone(version, engineer, in_use):
    publishing.publish(version, by=engineer)
    with pytest.raises(WrongState, match="live model"):
        publishing.withdraw(version, reason="It was wrong.", by=engineer)
    assert status(version) == "published"

    publishing.withdraw(version, reason="It was wrong.", by=engineer, force=True)

    event = Event.objects.get(name="datasets.version_withdrawn")
    assert events.facts_of(event)["forced"] is True
    assert events.detail_of(event)["overruled"] == "A live model was trained on it."


def test_the_database_refuses_what_must_never_be(dataset):
    for wrong in ({"status": "published"}, {"status": "quarantined"}, {"status": "withdrawn"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DatasetVersionFactory(dataset=dataset, **wrong)


def test_the_author_hears_of_quarantine_but_not_from_themselves(version, engineer):
    publishing.quarantine(version, reason="Odd.", by=engineer)

    notices.on_version_quarantined(Event.objects.get(name="datasets.version_quarantined"))
    notices.on_version_quarantined(Event.objects.get(name="datasets.version_quarantined"))

    told = Notice.objects.values_list("recipient", "body")
    assert sorted((person, str(body)) for person, body in told) == sorted(
        [(version.author_id, "Odd."), (version.dataset.created_by_id, "Odd.")]
    )


def test_quarantined_data_waits_for_data_engineers(version, engineer, project):
    publishing.quarantine(version, reason="Odd.", by=engineer)

    assert [item.path for item in inbox.waiting_for(engineer)] == [version.get_absolute_url()]
    assert inbox.waiting_for(member(project, Role.VIEWER)) == []


def test_datasets_are_found_by_members_alone(dataset, engineer):
    assert dataset.get_absolute_url() in [hit.url for hit in search.find(engineer, "oan")]
    assert search.find(UserFactory(), "oan") == []


def test_the_demo_s_data_can_be_removed(version, project):
    UploadFactory(dataset=version.dataset, state="read", version=version)

    removal.remove_project(project)

    assert not Dataset.objects.exists()
