"""Notices that were seen, and the kept e-mails that a person may see."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.accounts.models import User
from apps.notifications.models import Notice, OutboxMessage

OUTBOX_BACKEND = "apps.notifications.outbox.OutboxBackend"


def mark_read(notice: Notice) -> None:
    """Note that the person saw it; seeing it twice changes nothing."""
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


def mark_all_read(user: User) -> int:
    return Notice.objects.visible_to(user).unread().update(read_at=timezone.now())


def keeps_mail() -> bool:
    """Whether e-mails are kept here instead of being sent."""
    return bool(settings.EMAIL_BACKEND == OUTBOX_BACKEND)


def kept_for(user: User) -> models.QuerySet[OutboxMessage]:
    """All kept e-mails for administrators; in a demo, to everybody those to themselves."""
    if not keeps_mail():
        return OutboxMessage.objects.none()
    if user.is_administrator:
        return OutboxMessage.objects.all()
    return (
        OutboxMessage.objects.filter(to__iexact=user.email) if settings.DEMO else OutboxMessage.objects.none()
    )


def shows_outbox(user: User) -> bool:
    return keeps_mail() and (user.is_administrator or settings.DEMO)
