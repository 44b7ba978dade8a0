from typing import Any

from rest_framework import serializers

from apps.accounts.models import User
from apps.monitoring.models import Incident, Monitor, WindowResult
from apps.monitoring.tracing import Trace
from apps.monitoring.tuning import Tuning


class MonitorSerializer(serializers.ModelSerializer):
    endpoint = serializers.CharField(source="endpoint.name", read_only=True)
    project = serializers.IntegerField(source="endpoint.model.project_id", read_only=True)
    owner = serializers.EmailField(source="owner.email", read_only=True)

    class Meta:
        model = Monitor
        fields = [
            "id", "endpoint", "project", "owner", "window_seconds", "lateness_seconds", "needed",
            "among", "thresholds", "is_enabled", "created_at", "checked_until",
        ]  # fmt: skip
        read_only_fields = fields


class TuningSerializer(serializers.Serializer):
    window_seconds = serializers.IntegerField(min_value=5, max_value=7 * 86_400)
    lateness_seconds = serializers.IntegerField(min_value=0, max_value=86_400)
    needed = serializers.IntegerField(min_value=1, max_value=50)
    among = serializers.IntegerField(min_value=1, max_value=50)
    is_enabled = serializers.BooleanField(default=True)
    minimum_rows = serializers.IntegerField(min_value=30, required=False)
    thresholds = serializers.DictField(child=serializers.FloatField(min_value=0.001), required=False)

    def tuning(self) -> Tuning:
        given: dict[str, Any] = dict(self.validated_data)
        extra: dict[str, object] = {
            name: given.pop(name) for name in ("minimum_rows", "thresholds") if name in given
        }
        return Tuning(**given, thresholds=extra)


class WindowSerializer(serializers.ModelSerializer):
    deployment = serializers.IntegerField(source="deployment_id", read_only=True)

    class Meta:
        model = WindowResult
        fields = [
            "id", "deployment", "start", "end", "rows", "verdict", "is_breach", "features", "performance",
        ]  # fmt: skip
        read_only_fields = fields


class IncidentSerializer(serializers.ModelSerializer):
    monitor = serializers.IntegerField(source="monitor_id", read_only=True)
    endpoint = serializers.CharField(source="monitor.endpoint.name", read_only=True)
    deployment = serializers.IntegerField(source="deployment_id", read_only=True)
    assignee = serializers.EmailField(source="assignee.email", read_only=True)

    class Meta:
        model = Incident
        fields = [
            "id", "monitor", "endpoint", "deployment", "cause", "sentence", "causes",
            "calls_for_retraining", "windows", "status", "assignee", "opened_at", "acknowledged_at",
            "resolved_at", "resolution", "resolution_reason", "silenced_until", "silence_reason", "chain",
        ]  # fmt: skip
        read_only_fields = fields


class PersonSerializer(serializers.Serializer):
    to = serializers.SlugRelatedField(slug_field="email", queryset=User.objects.all())


class ResolveSerializer(serializers.Serializer):
    resolution = serializers.ChoiceField(choices=Incident.Resolution.choices)
    reason = serializers.CharField(max_length=2000)


class SilenceSerializer(serializers.Serializer):
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=2000)


class ReceivedSerializer(serializers.Serializer):
    new = serializers.IntegerField()
    repeated = serializers.IntegerField()


class TruthSerializer(serializers.Serializer):
    correlation_id = serializers.CharField(max_length=128)
    label = serializers.CharField(max_length=200)  # type: ignore[assignment]  # a field of its own, not DRF's label
    label_time = serializers.DateTimeField(required=False, allow_null=True)


class EmptySerializer(serializers.Serializer):
    """A call without a body."""


def trace_document(trace: Trace) -> dict[str, Any]:
    """The path of one request, as the API answers it."""
    version, deployment = trace.deployment.version, trace.deployment
    run, proposal = version.training_run, deployment.proposal
    return {
        "request": {
            "id": trace.request_id,
            "correlation_id": trace.correlation_id,
            "time": trace.at,
            "latency_ms": trace.latency_ms,
            "digest": trace.digest,
            "ticket": trace.ticket,
            "segment": trace.file.segment,
            "segment_sha256": trace.file.segment_sha256,
        },
        "deployment": {
            "id": deployment.pk,
            "endpoint": deployment.endpoint.name,
            "package_digest": deployment.package_digest,
            "live_from": deployment.live_from,
            "live_to": deployment.live_to,
            "deployed_by": deployment.deployed_by.email,
        },
        "proposal": {
            "id": proposal.pk,
            "digest": proposal.digest,
            "status": proposal.status,
            "decisions": [
                {"person": one.person.email, "verdict": one.verdict, "at": one.decided_at}
                for one in trace.decisions
            ],
        },
        "version": {"id": version.pk, "name": str(version), "artifact_digest": version.artifact_digest},
        "run": {"id": run.pk, "name": str(run), "code_commit": run.code_commit, "seed": run.seed},
        "dataset_version": {
            "id": run.dataset_version_id,
            "name": str(run.dataset_version),
            "data_digest": run.dataset_version.data_digest,
        },
    }
