from rest_framework import serializers

from apps.pipelines import progress
from apps.pipelines.models import PipelineRun, State, Step


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


class NothingSerializer(serializers.Serializer[None]):
    """A POST without a body."""
