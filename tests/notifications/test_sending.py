import smtplib
import uuid
from datetime import timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Event
from apps.notifications import sending
from apps.notifications.models import Notice, OutboxMessage
from tests.factories import UserFactory

pytestmark = [pytest.mark.services, pytest.mark.django_db]
OUTBOX = "apps.notifications.outbox.OutboxBackend"


@pytest.fixture
def event():
    return Event.objects.create(name="test.happened", chain=uuid.uuid4(), actor="t", body="{}")


def tell(event, *people, subject="Look at this"):
    return sending.notify(event, people, kind="test", subject=subject, body="It happened.", path="/projects/")


class DeadServer(EmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("no answer")


class SilentServer(EmailBackend):
    def send_messages(self, messages):
        raise TimeoutError("timed out")


@pytest.mark.parametrize("server", [DeadServer, SilentServer])
def test_a_server_that_is_away_delays_an_email_and_loses_none(event, mailoutbox, settings, server):
    tell(event, UserFactory())
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.{server.__name__}"
    for _ in range(3):
        Notice.objects.update(mail_due_at=timezone.now())
        sending.send_pending()
    assert Notice.objects.get().mail_attempts == 3
    assert Notice.objects.get().mail_due_at > timezone.now() + timedelta(seconds=30)

    settings.EMAIL_BACKEND = works
    sending.send_pending()
    assert mailoutbox == []
    Notice.objects.update(mail_due_at=timezone.now())
    sending.send_pending()
    sending.send_pending()

    assert len(mailoutbox) == 1
    assert Notice.objects.get().mail == Notice.Mail.SENT


def test_an_event_is_told_once_however_often_it_is_delivered(event, mailoutbox):
    person = UserFactory()
    for _ in range(3):
        tell(event, person, person)
        sending.send_pending()

    assert Notice.objects.count() == len(mailoutbox) == 1


def test_emails_go_out_in_the_order_of_what_happened(mailoutbox):
    person = UserFactory()
    for number in range(5):
        happened = Event.objects.create(name="test.happened", chain=uuid.uuid4(), actor="t", body="{}")
        tell(happened, person, subject=f"number {number}")
    sending.send_pending()

    assert [message.subject for message in mailoutbox] == [f"number {number}" for number in range(5)]


def test_a_subject_cannot_forge_headers(event, mailoutbox):
    tell(event, UserFactory(), subject="Harmless\r\nBcc: everybody@example.org")
    sending.send_pending()

    assert "\n" not in mailoutbox[0].subject
    assert mailoutbox[0].recipients() == [Notice.objects.get().recipient.email]


def test_names_in_an_email_are_text_not_html(event, mailoutbox):
    sending.notify(event, [UserFactory()], kind="t", subject="s", body="<b>model</b> & co", path="/")
    sending.send_pending()

    html = mailoutbox[0].alternatives[0][0]
    assert "&lt;b&gt;model&lt;/b&gt; &amp; co" in html
    assert "<b>model</b> & co" in mailoutbox[0].body


def test_the_link_leads_to_this_portal(event, mailoutbox, settings):
    tell(event, UserFactory())
    sending.send_pending()

    assert f"{settings.PORTAL_URL}/projects/" in mailoutbox[0].body


def test_who_is_deactivated_gets_no_email(event, mailoutbox):
    tell(event, UserFactory(is_active=False))
    sending.send_pending()

    assert mailoutbox == []


def test_without_a_server_emails_are_kept_for_administrators(event, client, administrator, settings):
    settings.EMAIL_BACKEND = OUTBOX
    person = UserFactory()
    tell(event, person)
    sending.send_pending()
    kept = reverse("notifications:outbox_message", args=[OutboxMessage.objects.get().pk])

    client.force_login(administrator)
    assert "Look at this" in client.get(reverse("notifications:outbox")).content.decode()
    assert client.get(kept).status_code == 200
    client.force_login(person)
    assert client.get(kept).status_code == 404


def test_in_a_demo_everybody_sees_the_emails_to_themselves_alone(event, client, settings):
    settings.EMAIL_BACKEND, settings.DEMO = OUTBOX, True
    person, other = UserFactory(), UserFactory()
    tell(event, person)
    sending.send_pending()
    kept = reverse("notifications:outbox_message", args=[OutboxMessage.objects.get().pk])

    client.force_login(person)
    assert client.get(kept).status_code == 200
    client.force_login(other)
    assert client.get(kept).status_code == 404


def test_a_notice_is_read_by_opening_it_and_twice_does_no_harm(event, client):
    person = UserFactory()
    tell(event, person)
    notice = Notice.objects.get()
    client.force_login(person)
    address = reverse("notifications:mark_read", args=[notice.pk])

    assert client.post(address, {"go": "on"}).headers["Location"] == "/projects/"
    read_at = Notice.objects.get().read_at
    client.post(address)

    assert read_at is not None
    assert Notice.objects.get().read_at == read_at
    assert "0 unread" in client.get(reverse("home:counts")).content.decode()
