"""Tell people of an event: in the portal at once, by e-mail right after. Safe to repeat."""

import smtplib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.audit.models import Event
from apps.core.said import Said
from apps.notifications import topics
from apps.notifications.models import MutedTopic, Notice

MOST_ATTEMPTS = 10
MOST_SUBJECT_SIGNS = 200


def notify(
    event: Event, recipients: Iterable[User], *, kind: str, subject: Said, body: Said, path: str
) -> list[Notice]:
    """
    A notice for each recipient, once for each event and kind; by e-mail to those who want it so.

    `path` is the page where the person can act. Subject and body are told in each recipient's
    language when they are shown or sent; they hold no captured values: they go out by e-mail.
    """
    people = {person.pk: person for person in recipients}
    unwanted = _who_does_not_want(kind, people)
    notices = [
        Notice(
            recipient=person,
            event_id=event.pk,
            kind=kind,
            subject=subject,
            body=body,
            path=path,
            project_id=event.project_id,
            mail=Notice.Mail.UNWANTED if pk in unwanted else Notice.Mail.PENDING,
        )
        for pk, person in people.items()
    ]
    return Notice.objects.bulk_create(notices, ignore_conflicts=True)


def _who_does_not_want(kind: str, people: Iterable[int]) -> set[int]:
    muted = MutedTopic.objects.filter(person__in=people, topic=topics.name_of(kind))
    return set(muted.values_list("person_id", flat=True))


def send_pending() -> None:
    """Send what is due. A server that does not answer delays a message, it never loses it."""
    due = Notice.objects.select_related("recipient").filter(
        mail=Notice.Mail.PENDING, mail_due_at__lte=timezone.now(), recipient__is_active=True
    )
    for notice in due.order_by("pk")[:50]:
        _send(notice)


def _send(notice: Notice) -> None:
    notice.mail_attempts += 1
    try:
        _message(notice).send()
    except (OSError, smtplib.SMTPException) as error:
        _postpone(notice, str(error))
    else:
        notice.mail, notice.mail_failure = Notice.Mail.SENT, ""
    notice.save(update_fields=["mail", "mail_attempts", "mail_due_at", "mail_failure"])


def _postpone(notice: Notice, failure: str) -> None:
    notice.mail_failure = failure[:500]
    notice.mail_due_at = timezone.now() + timedelta(seconds=min(15 * 2**notice.mail_attempts, 3600))
    if notice.mail_attempts >= MOST_ATTEMPTS:
        notice.mail = Notice.Mail.FAILED


def _message(notice: Notice) -> EmailMultiAlternatives:
    context = {
        "notice": notice,
        "link": f"{settings.PORTAL_URL}{notice.path}",
        "portal": settings.PORTAL_URL,
    }
    person = notice.recipient
    language = person.language or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(person.zone):
        subject = " ".join(str(notice.subject).split())[:MOST_SUBJECT_SIGNS]
        text = render_to_string("notifications/email/notice.txt", context)
        html = render_to_string("notifications/email/notice.html", context)
    message = EmailMultiAlternatives(subject, text, to=[person.email])
    message.attach_alternative(html, "text/html")
    return message
