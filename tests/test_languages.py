"""
Everybody reads in their own language what somebody else, or a worker, said in none.

The language of these tests puts every message of the portal into ⟦…⟧: English outside of the
brackets is a sentence that cannot be translated.
"""

import re

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from apps.approvals import evidence, notices
from apps.approvals.models import Proposal
from apps.audit.models import Event
from apps.core import canonical
from apps.core.said import said
from apps.core.saying import later
from apps.notifications import sending
from apps.notifications.models import Notice
from apps.pipelines.models import State
from apps.projects.roles import Role
from apps.registry.comparison_words import differences
from tests import pseudo_language
from tests.factories import (
    CHECK,
    PACKAGE,
    PROFILE,
    PipelineRunFactory,
    ProjectFactory,
    UserFactory,
    ValidationFactory,
    member,
    proposed,
    registered,
    trained,
)
from tests.factories_monitoring import monitored, opened
from tests.pseudo_language import left_in_english
from tests.registry.reports import comparison_report

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    pseudo_language.write_catalogue(folder)
    return folder


@pytest.fixture(autouse=True)
def translated(catalogue, settings):
    settings.LOCALE_PATHS = [catalogue]


@pytest.fixture
def project():
    return ProjectFactory(name="Credit", purpose="")


@pytest.fixture
def reader(project):
    """Who may see and do most, in another language and zone than the installation's."""
    return member(
        project,
        Role.DATA_SCIENTIST,
        Role.ML_OPS_ENGINEER,
        name="Rhea",
        language=pseudo_language.CODE,
        time_zone="Asia/Tokyo",
    )


@pytest.fixture
def page(client, reader):
    def get(name, *args):
        client.force_login(reader)
        answer = client.get(reverse(name, args=args))
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def names_of(*rows):
    """Names that stand on pages as they are."""
    return ["MLOps Portal", *(str(row) for row in rows)]


def test_every_message_is_in_brackets():
    with translation.override(pseudo_language.CODE):
        assert translation.gettext("The file is empty.") == "⟦The file is empty.⟧"
        assert str(said("datasets.repeated_rows", rows=2, share=0.5)).startswith("⟦2 rows (⟦50")
        assert str(later("%(version)s is live there already.", version="v1")).startswith("⟦v1 is")


def test_english_outside_of_brackets_is_found():
    assert left_in_english("<p>⟦Good ⟦x⟧⟧ but this is bare</p>") == ["but this is bare"]
    assert left_in_english('<a title="Not for all">⟦Fine⟧</a> Ada') == ["Not for all"]


def test_an_incident_is_read_in_the_readers_language(page, project, reader):
    monitor = monitored(project, owner=reader)
    incident = opened(monitor)

    text = page("monitoring:incident_detail", incident.pk)

    assert "⟦The rows that arrive are different: ⟦“income”⟧ moved away from training.⟧" in text
    assert left_in_english(text, *names_of(monitor.endpoint)) == []


def test_a_validation_is_read_in_the_readers_language(page, project, reader):
    run = trained(project, by=reader)
    reasons = [{"code": "inferior", "sentence": said("registry.may_be_worse", worse=0.02, margin=0.01)}]
    validation = ValidationFactory(
        training_run=run, verdict="hold", report=comparison_report("hold", reasons=reasons)
    )

    text = page("registry:validation_detail", validation.pk)

    assert "⟦⟦Hold: not better⟧: roc_auc" in text
    assert "⟦It may be worse by 0,02" in text
    assert left_in_english(text, *names_of(run.experiment)) == []


def test_a_review_is_read_in_the_readers_language(page, project, reader):
    starter = UserFactory(name="Otto")
    proposal = proposed(registered(project, by=reader), by=reader, released_by=starter)

    text = page("approvals:proposal_review", proposal.pk)

    assert "⟦The package answers as the trained model does, on 590 held-out rows.⟧" in text
    assert "⟦protected attribute: measured, not learned from⟧" in text
    assert "⟦started the release⟧" in text
    assert left_in_english(text, *names_of(proposal.version)) == []


def test_a_failed_job_is_read_in_the_readers_language(page, project):
    run = PipelineRunFactory(
        project=project,
        kind="training",
        state=State.FAILED,
        finished_at=timezone.now(),
        failure=said("experiments.one_time"),
    )

    assert "⟦A split by time needs at least two different times.⟧" in page("pipelines:run", run.pk)


def test_notices_are_read_and_mailed_in_the_recipients_language_and_zone(page, project, reader, mailoutbox):
    author = member(project, Role.DATA_SCIENTIST, name="Otto")
    english = member(project, Role.APPROVER, name="Erin")
    reader.memberships.create(project=project, role=Role.APPROVER, granted_by=author)
    proposal = proposed(registered(project, by=author), by=author)
    Proposal.objects.filter(pk=proposal.pk).update(expires_at="2030-01-01T20:00:00Z")

    with translation.override("en"):
        notices.on_opened(Event.objects.get(name="approvals.proposal_opened"))
        sending.send_pending()

    assert "⟦Please decide: " in page("notifications:notices")
    assert left_in_english(page("notifications:notices"), *names_of(proposal.version)) == []
    mails = {mail.to[0]: mail for mail in mailoutbox}
    assert "Jan. 1, 2030" in mails[english.email].body
    assert "2. Januar 2030" in mails[reader.email].body
    assert mails[reader.email].subject.startswith("⟦Please decide: ")
    assert left_in_english(mails[reader.email].body, *names_of(proposal.version, author)) == []
    assert Notice.objects.filter(recipient=reader).count() == 1


def test_the_api_answers_in_the_callers_language(client, project, reader):
    incident = opened(monitored(project, owner=reader))
    client.force_login(reader)

    told = client.get(reverse("api:incident-detail", args=[incident.pk])).json()

    assert told["sentence"] == told["causes"][0]["sentence"]
    assert told["sentence"].startswith("⟦The rows that arrive")


def test_no_digest_depends_on_the_language_that_is_active(project, reader):
    version = registered(project, by=reader)

    def gathered():
        return evidence.gather(version, package=PACKAGE, check=CHECK, profile=PROFILE)

    with translation.override("en"):
        plain, listed = gathered(), [str(one) for one in differences(comparison_report())]
    with translation.override(pseudo_language.CODE):
        other, told = gathered(), [str(one) for one in differences(comparison_report())]

    assert canonical.digest(other) == canonical.digest(plain)
    assert told != listed
    assert not re.search("⟦", canonical.encode(other).decode())


def test_a_proposal_opened_in_one_language_is_read_in_another(project, reader):
    starter = UserFactory(name="Otto")
    with translation.override(pseudo_language.CODE):
        proposal = proposed(registered(project, by=reader), by=reader, released_by=starter)

    stored = Proposal.objects.get(pk=proposal.pk)
    with translation.override("en"):
        assert "⟦" not in canonical.encode(stored.evidence).decode()
        assert "started the release" in [str(part.why) for part in stored.people.all()]
