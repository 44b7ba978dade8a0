from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.accounts.models import ApiToken, Invitation, User
from apps.accounts.zones import ZONES


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "email", "name", "global_role", "is_active", "last_login", "date_joined"]
        read_only_fields = fields


class MeSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "email", "name", "global_role", "language", "time_zone"]
        read_only_fields = fields


class ProfileSerializer(serializers.Serializer[Any]):
    """What people say of themselves. An empty language is the browser's, an empty zone the portal's."""

    name = serializers.CharField(max_length=100)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, allow_blank=True)
    time_zone = serializers.CharField(max_length=50, allow_blank=True)

    def validate_time_zone(self, name: str) -> str:
        if name and name not in ZONES:
            raise serializers.ValidationError(_("There is no such time zone."))
        return name


class TokenSerializer(serializers.ModelSerializer):
    class Meta:
        model = ApiToken
        fields = ["id", "label", "scope", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class InviteSerializer(serializers.Serializer):
    email = serializers.EmailField()
    global_role = serializers.ChoiceField(choices=User.GlobalRole.choices, required=False, default="")


class InvitationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Invitation
        fields = ["id", "email", "global_role", "role", "project_id", "invited_at", "expires_at"]
        read_only_fields = fields


class MadeInvitationSerializer(InvitationSerializer):
    link = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]
        read_only_fields = fields


class GlobalRoleSerializer(serializers.Serializer):
    global_role = serializers.ChoiceField(choices=User.GlobalRole.choices)
