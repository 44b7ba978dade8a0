from rest_framework import serializers

from apps.notifications.models import Notice


class NoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notice
        fields = ["id", "kind", "subject", "body", "path", "project_id", "created_at", "read_at"]
        read_only_fields = fields
