from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.told_fields import SaidField


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> "NoticeQuerySet":
        return self.filter(recipient=user)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """One person told of one event: in the portal, and by e-mail."""

    class Mail(models.TextChoices):
        PENDING = "pending", _("on its way")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        UNWANTED = "unwanted", _("not wanted by e-mail")

    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices")
    event_id = models.BigIntegerField()
    kind = models.CharField(max_length=100)
    subject = SaidField()
    body = SaidField(blank=True)
    path = models.CharField(max_length=300)
    project_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.PENDING)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_due_at = models.DateTimeField(default=timezone.now)
    mail_failure = models.TextField(blank=True)

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event_id", "recipient", "kind"], name="told_once_of_an_event")
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_recipient"),
            models.Index(fields=["recipient"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(fields=["mail_due_at"], condition=models.Q(mail="pending"), name="notice_mail_due"),
        ]

    def __str__(self) -> str:
        return str(self.subject)


class MutedTopic(models.Model):
    """Something that a person does not want by e-mail: a name of `topics.choices`."""

    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    topic = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "topic"], name="a_topic_is_muted_once")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.topic}"


class OutboxMessage(models.Model):
    """An e-mail as it would have been sent, where no mail server is set up."""

    to = models.CharField(max_length=300)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
