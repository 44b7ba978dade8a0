import json
from typing import Any

from rest_framework import serializers

from apps.audit.models import Event, Verification


class EventSerializer(serializers.ModelSerializer[Event]):
    facts = serializers.SerializerMethodField()
    sequence = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = [
            *("id", "name", "at", "chain", "project_id", "actor", "object_type", "object_id"),
            *("object_label", "facts", "sequence"),
        ]

    def get_facts(self, event: Event) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(event.body)["facts"]
        return facts

    def get_sequence(self, event: Event) -> int | None:
        """The event's number in the sealed chain; null until it is sealed."""
        seal = getattr(event, "seal", None)
        return seal.sequence if seal else None


class VerificationSerializer(serializers.ModelSerializer[Verification]):
    class Meta:
        model = Verification
        fields = [
            *("id", "status", "requested_at", "finished_at", "sealed", "unsealed", "broken_at", "reason"),
        ]


class PublicKeySerializer(serializers.Serializer[dict[str, str]]):
    public_key = serializers.CharField()
