from rest_framework import serializers

from apps.accounts.models import ApiToken, Invitation, User


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


class TokenSerializer(serializers.ModelSerializer):
    class Meta:
        model = ApiToken
        fields = ["id", "label", "scope", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class InviteSerializer(serializers.Serializer):
    email = serializers.EmailField()
    global_role = serializers.ChoiceField(choices=User.GlobalRole.choices, required=False, default="")


class InvitationSerializer(serializers.ModelSerializer):
    link = serializers.CharField(read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "email", "global_role", "expires_at", "link"]
        read_only_fields = fields


class GlobalRoleSerializer(serializers.Serializer):
    global_role = serializers.ChoiceField(choices=User.GlobalRole.choices)


class EmptySerializer(serializers.Serializer):
    """A call without a body."""
