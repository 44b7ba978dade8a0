from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts import invitations, people, profiles, tokens
from apps.accounts.models import ApiToken, Invitation, User
from apps.accounts.requests import reader
from apps.accounts.serializers import (
    GlobalRoleSerializer,
    InvitationSerializer,
    InviteSerializer,
    MadeInvitationSerializer,
    MeSerializer,
    PersonSerializer,
    ProfileSerializer,
    TokenSerializer,
)


class MeView(APIView):
    """Whose token this is."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(reader(request)).data)

    @extend_schema(request=ProfileSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        values = ProfileSerializer(data=request.data, partial=True)
        values.is_valid(raise_exception=True)
        return Response(MeSerializer(profiles.change(reader(request), **values.validated_data)).data)


class PersonViewSet(ReadOnlyModelViewSet[User]):
    """Everybody who has an account; administrators and auditors see them."""

    queryset = User.objects.none()
    serializer_class = PersonSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[User]:
        user = reader(self.request)
        sees = user.is_administrator or user.is_auditor
        return User.objects.order_by("pk") if sees else User.objects.none()

    @extend_schema(request=InviteSerializer, responses={201: MadeInvitationSerializer})
    @action(detail=False, methods=["post"])
    def invite(self, request: Request) -> Response:
        """The link is in this answer alone; it is e-mailed too where a mail server answers."""
        values = InviteSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        invitation, link = invitations.invite(by=reader(request), **values.validated_data)
        invitations.send(invitation, link)
        return Response({**InvitationSerializer(invitation).data, "link": link}, status=201)

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        return Response(PersonSerializer(people.deactivate(self.get_object(), by=reader(request))).data)

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        return Response(PersonSerializer(people.activate(self.get_object(), by=reader(request))).data)

    @extend_schema(request=GlobalRoleSerializer, responses=PersonSerializer)
    @action(detail=True, methods=["post"], url_path="role", url_name="role")
    def change_role(self, request: Request, pk: str) -> Response:
        person = self.get_object()
        values = GlobalRoleSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        person = people.change_role(person, values.validated_data["global_role"], by=reader(request))
        return Response(PersonSerializer(person).data)


class InvitationViewSet(ReadOnlyModelViewSet[Invitation]):
    """Links that nobody used yet. They are made under /people/invite/ and by a project's members."""

    queryset = Invitation.objects.none()
    serializer_class = InvitationSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Invitation]:
        return Invitation.objects.visible_to(reader(self.request)).open().order_by("-pk")

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        invitations.revoke(self.get_object(), by=reader(request))
        return Response(status=204)


class TokenViewSet(ReadOnlyModelViewSet[ApiToken]):
    """One's own tokens. A new one is made on the page alone, so that no token can make another."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[ApiToken]:
        return reader(self.request).tokens.filter(run_reference="").order_by("-pk")

    @extend_schema(request=None, responses=TokenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        return Response(TokenSerializer(tokens.revoke(self.get_object(), by=reader(request))).data)
