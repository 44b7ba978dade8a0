from typing import cast

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.registry import resolving, tiers
from apps.registry.models import ModelVersion, RegisteredModel, Tier, TierRequest, Validation
from apps.registry.serializers import (
    ModelSerializer,
    ReasonSerializer,
    TierAnswerSerializer,
    TierSerializer,
    ValidationSerializer,
    VersionSerializer,
)


class ModelViewSet(ReadOnlyModelViewSet[RegisteredModel]):
    """Models by name, with their risk tier and the version that serves."""

    queryset = RegisteredModel.objects.none()
    serializer_class = ModelSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[RegisteredModel]:
        live = Prefetch("versions", ModelVersion.objects.in_production(), to_attr="live")
        found = RegisteredModel.objects.visible_to(_person(self.request))
        return found.select_related("project", "owner").prefetch_related(live)

    @extend_schema(request=TierSerializer, responses=ModelSerializer)
    @action(detail=True, methods=["post"])
    def tier(self, request: Request, pk: str) -> Response:
        """Raise the tier, or ask an approver to lower it."""
        model = self.get_object()
        values = TierSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        to, reason = Tier(values.validated_data["tier"]), values.validated_data["reason"]
        tiers.change(model, to=to, by=_person(request), reason=reason)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=TierAnswerSerializer, responses=ModelSerializer)
    @action(detail=True, methods=["post"], url_path="answer-tier", url_name="answer-tier")
    def answer_tier(self, request: Request, pk: str) -> Response:
        """Confirm or refuse the change of the tier that waits."""
        model = self.get_object()
        values = TierAnswerSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        asked = get_object_or_404(model.tier_requests, state=TierRequest.State.OPEN)
        tiers.answer(asked, grant=values.validated_data["grant"], by=_person(request))
        return Response(self.get_serializer(self.get_object()).data)


class ModelVersionViewSet(ReadOnlyModelViewSet[ModelVersion]):
    """Versions with their three states. `model`, `stage` and `approval_status` narrow the list."""

    queryset = ModelVersion.objects.none()
    serializer_class = VersionSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[ModelVersion]:
        found = ModelVersion.objects.visible_to(_person(self.request))
        return found.select_related("model__project", "registered_by").order_by("-pk")

    def filter_queryset(  # type: ignore[override]
        self, queryset: QuerySet[ModelVersion]
    ) -> QuerySet[ModelVersion]:
        asked = self.request.query_params
        wanted = {name: asked[name] for name in ("stage", "approval_status") if asked.get(name)}
        if asked.get("model", "").isdecimal():
            wanted["model"] = asked["model"]
        return queryset.filter(**wanted) if self.action == "list" else queryset

    @extend_schema(
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR) for name in ("model", "stage", "approval_status")
        ]
    )
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().list(request, *args, **kwargs)


class ValidationViewSet(ReadOnlyModelViewSet[Validation]):
    """Comparisons with the champion, and what people made of them."""

    queryset = Validation.objects.none()
    serializer_class = ValidationSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Validation]:
        return Validation.objects.visible_to(_person(self.request)).order_by("-pk")

    @extend_schema(request=ReasonSerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"])
    def register(self, request: Request, pk: str) -> Response:
        validation = self.get_object()
        version = resolving.register_anyway(validation, by=_person(request), reason=_reason(request))
        return Response(VersionSerializer(version).data, status=201)

    @extend_schema(request=ReasonSerializer, responses=ValidationSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        validation = resolving.discard(self.get_object(), by=_person(request), reason=_reason(request))
        return Response(ValidationSerializer(validation).data)


def _reason(request: Request) -> str:
    values = ReasonSerializer(data=request.data)
    values.is_valid(raise_exception=True)
    return str(values.validated_data["reason"])


def _person(request: Request) -> User:
    return cast(User, request.user)
