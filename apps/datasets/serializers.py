from typing import Any, cast

from rest_framework import serializers

from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.projects.models import Project


class DatasetSerializer(serializers.ModelSerializer):
    class Meta:
        model = Dataset
        fields = ["id", "project", "name", "description", "created_at"]
        read_only_fields = fields


class NewDatasetSerializer(serializers.Serializer):
    project = serializers.PrimaryKeyRelatedField(queryset=Project.objects.none())
    name = serializers.CharField(max_length=80)
    description = serializers.CharField(required=False, allow_blank=True, default="")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        if "request" in self.context:
            project = cast("Any", fields["project"])
            project.queryset = Project.objects.visible_to(self.context["request"].user)
        return fields


class UploadSerializer(serializers.ModelSerializer):
    """`state` is reading, read or refused; `refusal` says why, `version` what it became."""

    uploaded_by = serializers.CharField(source="uploaded_by.email", read_only=True)

    class Meta:
        model = Upload
        fields = [
            "id",
            "dataset",
            "filename",
            "size",
            "original_digest",
            "publish_when_read",
            "uploaded_by",
            "uploaded_at",
            "state",
            "refusal",
            "version",
        ]
        read_only_fields = fields


class NewUploadSerializer(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)
    publish = serializers.BooleanField(default=False)


class DatasetVersionSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.email", read_only=True)
    published_by = serializers.CharField(source="published_by.email", read_only=True, default=None)

    class Meta:
        model = DatasetVersion
        fields = [
            "id",
            "dataset",
            "number",
            "status",
            "status_reason",
            "rows",
            "schema",
            "summary",
            "filename",
            "origin",
            "original_digest",
            "data_digest",
            "profile_digest",
            "author",
            "created_at",
            "published_by",
            "published_at",
        ]
        read_only_fields = fields


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class WithdrawalSerializer(ReasonSerializer):
    force = serializers.BooleanField(default=False)


class RowsSerializer(serializers.Serializer):
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.ListField())
