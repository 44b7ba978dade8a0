from typing import Any

from rest_framework import serializers

from apps.registry.models import ModelVersion, RegisteredModel, Tier, TierRequest, Validation


class TierRequestSerializer(serializers.ModelSerializer[TierRequest]):
    """A change of the tier that waits for a second pair of eyes."""

    asked_by = serializers.CharField(source="asked_by.email", read_only=True)

    class Meta:
        model = TierRequest
        fields = ("before", "tier", "reason", "asked_by", "asked_at")
        read_only_fields = fields


class ModelSerializer(serializers.ModelSerializer[RegisteredModel]):
    project = serializers.CharField(source="project.slug", read_only=True)
    owner = serializers.CharField(source="owner.email", read_only=True)
    in_production = serializers.SerializerMethodField()
    tier_requests = TierRequestSerializer(source="asked", many=True, read_only=True)

    class Meta:
        model = RegisteredModel
        fields = (
            "id",
            "project",
            "name",
            "purpose",
            "tier",
            "tier_requests",
            "owner",
            "created_at",
            "in_production",
        )
        read_only_fields = fields

    def get_in_production(self, model: RegisteredModel) -> int | None:
        """The number of the version that serves."""
        return model.live[0].number if model.live else None  # type: ignore[attr-defined]


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    model_name = serializers.CharField(source="model.name", read_only=True)
    registered_by = serializers.CharField(source="registered_by.email", read_only=True)
    signature = serializers.JSONField(read_only=True)

    class Meta:
        model = ModelVersion
        fields = (
            "id",
            "model",
            "model_name",
            "number",
            "status",
            "approval_status",
            "stage",
            "approved_digest",
            "approved_until",
            "artifact_digest",
            "training_run",
            "signature",
            "registered_by",
            "registered_at",
            "reason",
            "chain",
        )
        read_only_fields = fields


class ValidationSerializer(serializers.ModelSerializer[Validation]):
    report = serializers.JSONField(read_only=True)

    class Meta:
        model = Validation
        fields = (
            "id",
            "training_run",
            "champion",
            "verdict",
            "sentence",
            "report",
            "report_digest",
            "created_at",
            "resolution",
            "resolved_at",
            "resolution_reason",
        )
        read_only_fields = fields


class WhySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, allow_blank=True, default="")


class TierSerializer(serializers.Serializer[Any]):
    tier = serializers.ChoiceField(choices=Tier.choices)
    reason = serializers.CharField(max_length=2000)


class TierAnswerSerializer(serializers.Serializer[Any]):
    grant = serializers.BooleanField()


class NodeSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(source="node.key")
    kind = serializers.CharField(source="node.kind")
    name = serializers.CharField(source="node.label")
    page = serializers.CharField(source="node.url")


class LineSerializer(serializers.Serializer[Any]):
    made_from = serializers.CharField(source="source.key")
    made = serializers.CharField(source="target.key")
    how = serializers.CharField(source="label", allow_blank=True)


class LineageSerializer(serializers.Serializer[Any]):
    """The picture of the version's page as a graph."""

    nodes = NodeSerializer(many=True)
    lines = LineSerializer(many=True)
