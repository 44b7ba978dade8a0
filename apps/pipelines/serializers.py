from rest_framework import serializers

from apps.audit.models import Delivery
from apps.pipelines import progress
from apps.pipelines.engine_health import EngineHealth
from apps.pipelines.models import PeriodicJob, PipelineRun, State, Step


class StepSerializer(serializers.ModelSerializer[Step]):
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Step
        fields = [
            *("name", "state", "attempt", "tries", "waiting_for", "failure", "outcome"),
            *("started_at", "finished_at", "progress"),
        ]

    def get_progress(self, step: Step) -> float | None:
        """From 0 to 1, while the step runs and has said so."""
        said = progress.of(step) if step.state == State.RUNNING else None
        return said.fraction if said else None


class RunSerializer(serializers.ModelSerializer[PipelineRun]):
    steps = StepSerializer(many=True, read_only=True)

    class Meta:
        model = PipelineRun
        fields = [
            *("id", "kind", "project", "subject_type", "subject_id", "subject_label", "state", "failure"),
            *("chain", "started_by", "created_at", "finished_at", "cancel_requested_at", "steps"),
        ]


class LogSerializer(serializers.Serializer[dict[str, str]]):
    step = serializers.CharField(allow_blank=True)
    log = serializers.CharField(allow_blank=True)


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    event_name = serializers.CharField(source="event.name", read_only=True)

    class Meta:
        model = Delivery
        fields = ["id", "event", "event_name", "subscriber", "state", "attempts", "failure", "due_at"]
        read_only_fields = fields


class PeriodicJobSerializer(serializers.ModelSerializer[PeriodicJob]):
    class Meta:
        model = PeriodicJob
        fields = ["name", "finished_at", "running_until", "failure"]
        read_only_fields = fields


class EngineSerializer(serializers.Serializer[EngineHealth]):
    is_well = serializers.BooleanField()
    failed_deliveries = DeliverySerializer(many=True)
    periodic_jobs = PeriodicJobSerializer(many=True)
    late_steps = serializers.IntegerField()
    cleanups_due = serializers.IntegerField()
    log_trouble = serializers.CharField(allow_null=True)
