from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.accounts.requests import reader
from apps.projects import lifecycle, loop, members
from apps.projects.models import Arrow, Mode, Project
from apps.projects.roles import Role
from apps.projects.serializers import (
    ArrowSerializer,
    EmptySerializer,
    GrantSerializer,
    MembershipSerializer,
    ProjectSerializer,
)


class ProjectViewSet(ReadOnlyModelViewSet[Project]):
    """Projects, their members, and how the arrows of their loop run."""

    queryset = Project.objects.none()
    serializer_class = ProjectSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Project]:
        return Project.objects.visible_to(self.request.user)

    def create(self, request: Request) -> Response:
        values = ProjectSerializer(data=request.data)
        lifecycle.require_administrator(reader(request))
        values.is_valid(raise_exception=True)
        project = lifecycle.create(by=reader(request), **{"purpose": "", **values.validated_data})
        return Response(ProjectSerializer(project).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        project = self.get_object()
        lifecycle.require_administrator(reader(request))
        values = ProjectSerializer(project, data=request.data, partial=True)
        values.is_valid(raise_exception=True)
        fields = ("name", "purpose", "is_finance_grade", "is_one_person")
        wanted = {field: values.validated_data.get(field, getattr(project, field)) for field in fields}
        return Response(ProjectSerializer(lifecycle.change(project, by=reader(request), **wanted)).data)

    @extend_schema(request=EmptySerializer, responses=ProjectSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        project = lifecycle.archive(self.get_object(), by=reader(request))
        return Response(ProjectSerializer(project).data)

    @extend_schema(request=EmptySerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="remove-demo", url_name="remove-demo")
    def remove_demo(self, request: Request, pk: str) -> Response:
        lifecycle.remove_demo(self.get_object(), by=reader(request))
        return Response(status=204)

    @extend_schema(responses=MembershipSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def members(self, request: Request, pk: str) -> Response:
        found = self.get_object().memberships.select_related("person", "granted_by")
        return Response(MembershipSerializer(found, many=True).data)

    @extend_schema(request=GrantSerializer, responses={201: MembershipSerializer})
    @members.mapping.post
    def grant(self, request: Request, pk: str) -> Response:
        project = self.get_object()
        lifecycle.require_administrator(reader(request))
        values = GrantSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        person = User.objects.filter(email__iexact=values.validated_data["email"]).first()
        if person is None:
            raise NotFound(_("Nobody with this address has an account; invite them first."))
        membership = members.grant(
            project,
            to=person,
            role=Role(values.validated_data["role"]),
            by=reader(request),
            group=values.validated_data["group"],
        )
        return Response(MembershipSerializer(membership).data, status=201)

    @extend_schema(request=EmptySerializer, responses={204: None})
    @action(
        detail=True,
        methods=["post"],
        url_path=r"members/(?P<membership>\d+)/revoke",
        url_name="revoke",
    )
    def revoke(self, request: Request, pk: str, membership: str) -> Response:
        found = get_object_or_404(self.get_object().memberships, pk=membership)
        members.revoke(found, by=reader(request))
        return Response(status=204)

    @extend_schema(responses=ArrowSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def arrows(self, request: Request, pk: str) -> Response:
        return Response(_arrows(self.get_object()))

    @extend_schema(request=ArrowSerializer, responses=ArrowSerializer(many=True))
    @arrows.mapping.post
    def choose(self, request: Request, pk: str) -> Response:
        project = self.get_object()
        values = ArrowSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        arrow, mode = Arrow(values.validated_data["arrow"]), Mode(values.validated_data["mode"])
        loop.choose(project, arrow, mode, by=reader(request))
        return Response(_arrows(project))


def _arrows(project: Project) -> list[dict[str, Any]]:
    return [{"arrow": arrow.value, "mode": mode.value} for arrow, mode in loop.modes(project).items()]
