from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.datasets.models import Dataset, DatasetVersion
from apps.experiments import designs
from apps.experiments.models import Experiment, TrainingRun


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    """`settings` is what the training is asked to do; only its target must be named."""

    settings = serializers.JSONField()
    train_on_publish = serializers.BooleanField(default=True)

    class Meta:
        model = Experiment
        fields = [
            *("id", "project", "dataset", "name", "model_name", "description", "settings"),
            *("settings_digest", "train_on_publish", "created_at"),
        ]
        read_only_fields = ["project", "settings_digest", "created_at"]
        # Names are checked by the acting function, which knows the project.
        validators: list[Any] = []

    def validate_dataset(self, dataset: Dataset) -> Dataset:
        if self.instance is not None and dataset.pk != self.instance.dataset_id:
            raise serializers.ValidationError(
                _("An experiment keeps its dataset; create another experiment.")
            )
        if not Dataset.objects.visible_to(self.context["request"].user).filter(pk=dataset.pk).exists():
            raise serializers.ValidationError(_("There is no such dataset."))
        return dataset

    def design(self) -> designs.Design:
        """What a valid document asks for; what it does not name stays as it is."""
        values = {**self._present(), **self.validated_data}
        return designs.Design(
            name=values["name"],
            model_name=values["model_name"],
            settings=designs.settings_from(values["settings"]),
            description=values.get("description", ""),
            train_on_publish=values["train_on_publish"],
        )

    def _present(self) -> dict[str, Any]:
        if self.instance is None:
            return {}
        fields = ("name", "model_name", "settings", "description", "train_on_publish")
        return {field: getattr(self.instance, field) for field in fields}


class TrainingRunSerializer(serializers.ModelSerializer[TrainingRun]):
    """`state` and `failure` are those of the job, `report` the figures of a finished training."""

    state = serializers.CharField(source="pipeline_run.state", read_only=True)
    failure = serializers.CharField(source="pipeline_run.failure", read_only=True)
    job = serializers.IntegerField(source="pipeline_run_id", read_only=True)
    chain = serializers.UUIDField(source="pipeline_run.chain", read_only=True)
    project = serializers.IntegerField(source="experiment.project_id", read_only=True)
    started_by = serializers.CharField(source="started_by.email", read_only=True)

    class Meta:
        model = TrainingRun
        fields = [
            *("id", "number", "experiment", "project", "dataset_version", "state", "failure", "job", "chain"),
            *("cause", "cause_id", "started_by", "created_at", "settings", "settings_digest", "seed"),
            *("code_commit", "environment_digest", "artifact_digest", "mlflow_run_id", "report"),
        ]
        read_only_fields = fields


class StartSerializer(serializers.Serializer[dict[str, Any]]):
    """`dataset_version` is the newest published one by default, `settings` the experiment's."""

    dataset_version = serializers.PrimaryKeyRelatedField(
        queryset=DatasetVersion.objects.all(), required=False
    )
    settings = serializers.JSONField(required=False)

    def validate_dataset_version(self, version: DatasetVersion) -> DatasetVersion:
        if version.dataset_id != self.context["experiment"].dataset_id:
            raise serializers.ValidationError(_("The experiment's dataset has no such version."))
        return version


class TrialSerializer(serializers.Serializer[dict[str, Any]]):
    number = serializers.IntegerField()
    algorithm = serializers.CharField()
    parameters = serializers.DictField()
    mean = serializers.FloatField()
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    train_score = serializers.FloatField()
    gain = serializers.FloatField(allow_null=True)
    findings = serializers.ListField(child=serializers.DictField())
    seconds = serializers.FloatField()


class NothingSerializer(serializers.Serializer[None]):
    """A POST without a body."""
