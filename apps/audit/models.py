from functools import reduce
from operator import or_
from typing import ClassVar

from django.db import models
from django.utils import timezone

from apps.core.told_fields import SaidField


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, *subjects: models.Model) -> "EventQuerySet":
        """What happened to any of these; nothing where there are none."""
        ids: dict[str, list[str]] = {}
        for subject in subjects:
            ids.setdefault(subject._meta.label_lower, []).append(str(subject.pk))
        them = [models.Q(object_type=kind, object_id__in=found) for kind, found in ids.items()]
        return self.filter(reduce(or_, them)) if them else self.none()

    def unsealed(self) -> "EventQuerySet":
        return self.filter(seal__isnull=True)


class Event(models.Model):
    """
    One thing that happened, for ever: the audit entry and the message in one row.

    Actor and object are text, not foreign keys, so that deleting an object never deletes its
    history. `body` is the canonical JSON whose bytes are sealed. Only ever inserted.
    """

    name = models.CharField(max_length=100)
    at = models.DateTimeField(default=timezone.now)
    chain = models.UUIDField()
    project_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=200)
    actor_id = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=300)
    body = models.TextField()

    objects: ClassVar[EventQuerySet] = EventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="event_object"),
            models.Index(fields=["project_id", "-id"], name="event_project"),
            models.Index(fields=["name", "-id"], name="event_name"),
            models.Index(fields=["actor_id", "-id"], name="event_actor"),
            models.Index(fields=["chain", "id"], name="event_chain"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.object_label}"


class EventDetail(models.Model):
    """
    What may have to be erased one day: names, addresses, free text.

    The event's body holds only sha256(salt + detail), so that erasing the row leaves the
    chain valid and the text gone.
    """

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="detail")
    salt = models.CharField(max_length=64)
    content = models.TextField()
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.event_id)


class Delivery(models.Model):
    """An event on its way to one subscriber. Written with the event; delivered at least once."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"

    event = models.ForeignKey(Event, models.PROTECT, related_name="deliveries")
    subscriber = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True)
    failure = SaidField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="one_delivery_per_subscriber")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="delivery_due"),
            models.Index(fields=["-id"], condition=models.Q(state="failed"), name="delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscriber}"


class Seal(models.Model):
    """
    The event's place in the chain: hash = sha256 over the previous hash, the number and the
    body. Insert-only.
    """

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="seal")
    sequence = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"


class Checkpoint(models.Model):
    """A signed statement of how long the chain was and what it ended in; a copy leaves the database."""

    sequence = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return str(self.sequence)


class Verification(models.Model):
    """One walk over the whole chain, asked for by somebody or by the clock, and what came of it."""

    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.CharField(max_length=200)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    sealed = models.BigIntegerField(default=0)
    unsealed = models.BigIntegerField(default=0)
    broken_at = models.BigIntegerField(null=True)
    reason = SaidField(blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def holds(self) -> bool:
        return self.finished_at is not None and self.broken_at is None

    @property
    def status(self) -> str:
        if self.finished_at is None:
            return "running" if self.started_at else "pending"
        return "passed" if self.holds else "failed"
