from rest_framework import serializers

from apps.automation.models import Retraining


class RetrainingSerializer(serializers.ModelSerializer):
    incident = serializers.IntegerField(source="incident_id", read_only=True)
    model = serializers.CharField(source="model.name", read_only=True)
    training_run = serializers.IntegerField(source="training_run_id", read_only=True, allow_null=True)
    dataset_version = serializers.IntegerField(source="dataset_version_id", read_only=True, allow_null=True)

    class Meta:
        model = Retraining
        fields = [
            "id", "incident", "model", "outcome", "reason", "actor", "decided_at", "collected",
            "dataset_version", "training_run",
        ]  # fmt: skip
        read_only_fields = fields
