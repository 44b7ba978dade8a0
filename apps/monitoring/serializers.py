from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.accounts.models import User
from apps.monitoring.models import GroundTruth, Incident, Monitor, WindowResult
from apps.monitoring.tracing import Trace
from apps.monitoring.tuning import Tuning
from apps.projects import access
from apps.projects.roles import Right


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


class WhoSerializer(serializers.Serializer):
    """Somebody by address, of those who work on incidents of the project in the context."""

    to = serializers.SlugRelatedField(
        slug_field="email",
        queryset=User.objects.none(),
        error_messages={"does_not_exist": _("Nobody with this address works on incidents here.")},
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        if project := self.context.get("project"):
            people = [person.pk for person in access.people_with(Right.MONITOR, project)]
            cast("Any", fields["to"]).queryset = User.objects.filter(pk__in=people)
        return fields


class ResolveSerializer(serializers.Serializer):
    resolution = serializers.ChoiceField(choices=Incident.Resolution.choices)
    reason = serializers.CharField(max_length=2000)


class SilenceSerializer(serializers.Serializer):
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=2000)


class ReceivedSerializer(serializers.Serializer):
    new = serializers.IntegerField()
    repeated = serializers.IntegerField()


class KnownTruthSerializer(serializers.ModelSerializer):
    sent_by = serializers.EmailField(source="sent_by.email", read_only=True)

    class Meta:
        model = GroundTruth
        fields = ["id", "correlation_id", "label", "label_time", "received_at", "sent_by"]
        read_only_fields = fields


class TruthSerializer(serializers.Serializer):
    correlation_id = serializers.CharField(max_length=128)
    label = serializers.CharField(max_length=200)  # type: ignore[assignment]  # a field of its own, not DRF's label
    label_time = serializers.DateTimeField(required=False, allow_null=True)


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
