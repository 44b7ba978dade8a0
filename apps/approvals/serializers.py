from typing import Any

from rest_framework import serializers

from apps.approvals.models import Decision, Proposal


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    person = serializers.CharField(source="person.email", read_only=True)

    class Meta:
        model = Decision
        fields = (
            "id",
            "person",
            "verdict",
            "reason",
            "role",
            "group",
            "seen_digest",
            "without_second_pair_of_eyes",
            "decided_at",
        )
        read_only_fields = fields


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """`digest` names what a decision is about: hand it back as `seen`."""

    proposed_by = serializers.CharField(source="proposed_by.email", read_only=True)
    decisions = DecisionSerializer(many=True, read_only=True)

    class Meta:
        model = Proposal
        fields = (
            "id",
            "version",
            "status",
            "status_reason",
            "tier",
            "signoffs_needed",
            "digest",
            "evidence_digest",
            "proposed_by",
            "proposed_at",
            "expires_at",
            "closed_at",
            "chain",
            "decisions",
        )
        read_only_fields = fields


class ProposalDetailSerializer(ProposalSerializer):
    manifest = serializers.JSONField(read_only=True)
    evidence = serializers.JSONField(read_only=True)
    changed = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta(ProposalSerializer.Meta):
        fields = (*ProposalSerializer.Meta.fields, "manifest", "evidence", "changed")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class DecideSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=4000)
    seen = serializers.CharField(max_length=64)


class WithdrawSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, min_length=10)
