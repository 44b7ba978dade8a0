from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.projects.models import Arrow, Membership, Mode, Project
from apps.projects.roles import Role


class ProjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = [
            "id",
            "name",
            "slug",
            "purpose",
            "is_finance_grade",
            "is_one_person",
            "is_demo",
            "created_at",
            "archived_at",
        ]
        read_only_fields = ["slug", "is_demo", "created_at", "archived_at"]

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if attrs.get("is_finance_grade") and attrs.get("is_one_person"):
            raise serializers.ValidationError(_("A finance-grade project needs more than one person."))
        return attrs


class MembershipSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="person.email", read_only=True)
    name = serializers.CharField(source="person.name", read_only=True)
    granted_by = serializers.CharField(source="granted_by.email", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "email", "name", "role", "group", "granted_by", "granted_at", "effective_at"]
        read_only_fields = fields


class GrantSerializer(serializers.Serializer):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    group = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class ArrowSerializer(serializers.Serializer):
    arrow = serializers.ChoiceField(choices=Arrow.choices)
    mode = serializers.ChoiceField(choices=Mode.choices)


class EmptySerializer(serializers.Serializer):
    """A call without a body."""
