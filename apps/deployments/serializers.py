from rest_framework import serializers

from apps.deployments import reporting
from apps.deployments.models import ApiKey, Deployment, Endpoint, Release


class ReleaseSerializer(serializers.ModelSerializer):
    version_label = serializers.CharField(source="version.__str__", read_only=True)
    project = serializers.IntegerField(source="version.model.project_id", read_only=True)
    state = serializers.CharField(source="pipeline_run.state", read_only=True)
    failure = serializers.CharField(source="pipeline_run.failure", read_only=True)
    started_by = serializers.CharField(source="started_by.email", read_only=True)

    class Meta:
        model = Release
        fields = [
            "id",
            "version",
            "version_label",
            "project",
            "state",
            "failure",
            "pipeline_run",
            "started_by",
            "rule",
            "package_digest",
            "package",
            "check_report",
            "profile",
            "verify_report",
            "proposal",
            "ordered_at",
            "created_at",
        ]
        read_only_fields = fields


class StartReleaseSerializer(serializers.Serializer):
    version = serializers.IntegerField(min_value=1)


class EndpointSerializer(serializers.ModelSerializer):
    project = serializers.IntegerField(source="model.project_id", read_only=True)
    address = serializers.CharField(read_only=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Endpoint
        fields = [
            "id",
            "name",
            "model",
            "project",
            "kind",
            "address",
            "state",
            "wanted",
            "wanted_reason",
            "capture",
            "require_key",
            "report",
            "reported_at",
            "created_at",
        ]
        read_only_fields = fields

    def get_state(self, endpoint: Endpoint) -> str:
        return reporting.state_of(endpoint)


class SettingsSerializer(serializers.Serializer):
    capture = serializers.ChoiceField(choices=Endpoint.Capture.choices)
    require_key = serializers.BooleanField()


class StopSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class RollBackSerializer(StopSerializer):
    to = serializers.IntegerField(min_value=1, help_text="The deployment to put back.")


class DeploymentSerializer(serializers.ModelSerializer):
    version_label = serializers.CharField(source="version.__str__", read_only=True)
    endpoint_name = serializers.CharField(source="endpoint.name", read_only=True)
    deployed_by = serializers.CharField(source="deployed_by.email", read_only=True)

    class Meta:
        model = Deployment
        fields = [
            "id",
            "endpoint",
            "endpoint_name",
            "version",
            "version_label",
            "release",
            "proposal",
            "package_digest",
            "state",
            "failure",
            "deployed_by",
            "created_at",
            "loaded_at",
            "live_from",
            "live_to",
            "replaces",
            "rolls_back",
            "reason",
            "chain",
        ]
        read_only_fields = fields


class KeySerializer(serializers.ModelSerializer):
    created_by = serializers.CharField(source="created_by.email", read_only=True)

    class Meta:
        model = ApiKey
        fields = ["id", "label", "prefix", "created_by", "created_at", "expires_at", "revoked_at"]
        read_only_fields = fields


class NewKeySerializer(serializers.Serializer):
    label = serializers.CharField(max_length=80)  # type: ignore[assignment]
    days = serializers.IntegerField(min_value=1, max_value=730, default=90)


class MadeKeySerializer(KeySerializer):
    key = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]
        read_only_fields = fields


class MomentSerializer(serializers.Serializer):
    at = serializers.DateTimeField(required=False)


class ServerLogSerializer(serializers.Serializer):
    log = serializers.CharField(allow_blank=True, help_text="The end of it.")


class TryOutSerializer(serializers.Serializer):
    records = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=100)


class TriedOutSerializer(serializers.Serializer):
    answer = serializers.DictField(help_text="What a client would get.")
    milliseconds = serializers.FloatField()
