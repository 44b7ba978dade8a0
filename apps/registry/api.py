from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.core.api import filters, numbers, words
from apps.core.errors import WrongState
from apps.registry import lineage as origins
from apps.registry import resolving, tiers
from apps.registry.models import ModelVersion, RegisteredModel, Tier, TierRequest, Validation
from apps.registry.serializers import (
    LineageSerializer,
    ModelSerializer,
    TierAnswerSerializer,
    TierSerializer,
    ValidationSerializer,
    VersionSerializer,
    WhySerializer,
)

_VERSION_PATHS = {"project": "model__project", "model": "model", "training_run": "training_run"}
_VERSION_WORDS = {
    "stage": ModelVersion.Stage.values,
    "approval_status": ModelVersion.ApprovalStatus.values,
}
_VALIDATION_PATHS = {"project": "training_run__experiment__project", "training_run": "training_run"}
_VALIDATION_WORDS = {"verdict": Validation.Verdict.values, "resolution": Validation.Resolution.values}


@extend_schema_view(list=extend_schema(parameters=filters(["project"])))
class ModelViewSet(ReadOnlyModelViewSet[RegisteredModel]):
    """Models by name, with their risk tier and the version that serves."""

    queryset = RegisteredModel.objects.none()
    serializer_class = ModelSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[RegisteredModel]:
        live = Prefetch("versions", ModelVersion.objects.in_production(), to_attr="live")
        asked = TierRequest.objects.filter(state=TierRequest.State.OPEN).select_related("asked_by")
        found = RegisteredModel.objects.visible_to(reader(self.request))
        return (
            found.filter(**numbers(self.request, {"project": "project"}))
            .select_related("project", "owner")
            .prefetch_related(live, Prefetch("tier_requests", asked, to_attr="asked"))
        )

    @extend_schema(request=TierSerializer, responses=ModelSerializer)
    @action(detail=True, methods=["post"])
    def tier(self, request: Request, pk: str) -> Response:
        """Raise the tier, or ask an approver to lower it."""
        model = self.get_object()
        values = TierSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        to, reason = Tier(values.validated_data["tier"]), values.validated_data["reason"]
        tiers.change(model, to=to, by=reader(request), reason=reason)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=TierAnswerSerializer, responses=ModelSerializer)
    @action(detail=True, methods=["post"], url_path="answer-tier", url_name="answer-tier")
    def answer_tier(self, request: Request, pk: str) -> Response:
        """Confirm or refuse the change of the tier that waits."""
        model = self.get_object()
        values = TierAnswerSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        asked = model.tier_requests.filter(state=TierRequest.State.OPEN).select_related("model").first()
        if asked is None:
            raise WrongState(_("No change of this tier waits for an answer."))
        tiers.answer(asked, grant=values.validated_data["grant"], by=reader(request))
        return Response(self.get_serializer(self.get_object()).data)


@extend_schema_view(list=extend_schema(parameters=filters(_VERSION_PATHS, _VERSION_WORDS)))
class ModelVersionViewSet(ReadOnlyModelViewSet[ModelVersion]):
    """Versions with their three states. `model`, `stage` and `approval_status` narrow the list."""

    queryset = ModelVersion.objects.none()
    serializer_class = VersionSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[ModelVersion]:
        found = ModelVersion.objects.visible_to(reader(self.request))
        found = found.filter(**numbers(self.request, _VERSION_PATHS), **words(self.request, _VERSION_WORDS))
        return found.select_related("model__project", "registered_by").order_by("-pk")

    @extend_schema(responses=LineageSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def lineage(self, request: Request, pk: str) -> Response:
        """What it was made from and what was made of it: `source` → `target` between `nodes`."""
        return Response(LineageSerializer(origins.picture(self.get_object())).data)


@extend_schema_view(list=extend_schema(parameters=filters(_VALIDATION_PATHS, _VALIDATION_WORDS)))
class ValidationViewSet(ReadOnlyModelViewSet[Validation]):
    """Comparisons with the champion, and what people made of them."""

    queryset = Validation.objects.none()
    serializer_class = ValidationSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Validation]:
        found = Validation.objects.visible_to(reader(self.request)).order_by("-pk")
        return found.filter(
            **numbers(self.request, _VALIDATION_PATHS), **words(self.request, _VALIDATION_WORDS)
        )

    @extend_schema(request=WhySerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"])
    def register(self, request: Request, pk: str) -> Response:
        validation = self.get_object()
        version = resolving.register_anyway(validation, by=reader(request), reason=_reason(request))
        return Response(VersionSerializer(version).data, status=201)

    @extend_schema(request=WhySerializer, responses=ValidationSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        validation = resolving.discard(self.get_object(), by=reader(request), reason=_reason(request))
        return Response(ValidationSerializer(validation).data)


def _reason(request: Request) -> str:
    values = WhySerializer(data=request.data)
    values.is_valid(raise_exception=True)
    return str(values.validated_data["reason"])
