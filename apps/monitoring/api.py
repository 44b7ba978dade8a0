from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.core import query_strings
from apps.core.api import CsvParser, JsonParser, filters, numbers, words
from apps.core.errors import NotAllowed
from apps.core.said import Said
from apps.deployments.models import Endpoint
from apps.monitoring import (
    captured_rows,
    incidents,
    owners,
    policy,
    setting_up,
    tracing,
    tuning,
)
from apps.monitoring import truth as truths
from apps.monitoring.models import GroundTruth, Incident, Monitor, WindowResult
from apps.monitoring.serializers import (
    IncidentSerializer,
    KnownTruthSerializer,
    MonitorSerializer,
    ReceivedSerializer,
    ResolveSerializer,
    SilenceSerializer,
    TruthSerializer,
    TuningSerializer,
    WhoSerializer,
    WindowSerializer,
    trace_document,
)

MOST_PAGES = 1_000_000
_OPEN = "open"
_MONITOR_PATHS = {"project": "endpoint__model__project", "endpoint": "endpoint"}
_INCIDENT_PATHS = {"project": "monitor__endpoint__model__project", "monitor": "monitor"}
_INCIDENT_WORDS = {"status": [_OPEN, *Incident.Status.values]}


@extend_schema_view(list=extend_schema(parameters=filters(_MONITOR_PATHS)))
class MonitorViewSet(ReadOnlyModelViewSet[Monitor]):
    """Monitors, their windows, settings, owners, captured rows and ground truth."""

    queryset = Monitor.objects.none()
    serializer_class = MonitorSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Monitor]:
        found = setting_up.monitors_for_lists(reader(self.request)).order_by("pk")
        return found.filter(**numbers(self.request, _MONITOR_PATHS))

    @extend_schema(request=TuningSerializer, responses=MonitorSerializer)
    @action(detail=True, methods=["post"])
    def tune(self, request: Request, pk: str) -> Response:
        monitor = self.get_object()
        _refuse(policy.why_not_change(monitor, reader(request)))
        values = TuningSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        return Response(MonitorSerializer(tuning.change(monitor, values.tuning(), by=reader(request))).data)

    @extend_schema(request=WhoSerializer, responses=MonitorSerializer)
    @action(detail=True, methods=["post"], url_path="hand-over", url_name="hand-over")
    def hand_over(self, request: Request, pk: str) -> Response:
        monitor = self.get_object()
        _refuse(policy.why_not_change(monitor, reader(request)))
        person = WhoSerializer(data=request.data, context={"project": monitor.project})
        person.is_valid(raise_exception=True)
        changed = owners.hand_over(monitor, to=person.validated_data["to"], by=reader(request))
        return Response(MonitorSerializer(changed).data)

    @extend_schema(responses=WindowSerializer(many=True))
    @action(detail=True, methods=["get"])
    def windows(self, request: Request, pk: str) -> Response:
        """Judged windows, newest first."""
        windows: QuerySet[Any] = WindowResult.objects.filter(monitor=self.get_object())
        page = self.paginate_queryset(windows)
        return self.get_paginated_response(WindowSerializer(page, many=True).data)

    @extend_schema(responses={200: dict})
    @action(detail=True, methods=["get"])
    def rows(self, request: Request, pk: str) -> Response:
        """Captured rows, newest first, for who may read them; every look is an event."""
        page = query_strings.number(request.query_params.get("page", "1")) or 0
        if not 0 < page < MOST_PAGES:
            raise ValidationError({"page": _("The page is a number from 1 on.")})
        shown = captured_rows.newest(self.get_object().endpoint, page=page, size=100, by=reader(request))
        return Response({"columns": shown.columns, "rows": shown.rows})

    @extend_schema(responses=KnownTruthSerializer(many=True))
    @action(detail=True, methods=["get"], parser_classes=[JsonParser, CsvParser, MultiPartParser])
    def truth(self, request: Request, pk: str) -> Response:
        """Labels that are known, the newest first."""
        known: QuerySet[Any] = GroundTruth.objects.filter(endpoint=self.get_object().endpoint)
        page = self.paginate_queryset(known.select_related("sent_by").order_by("-received_at", "-pk"))
        return self.get_paginated_response(KnownTruthSerializer(page, many=True).data)

    @extend_schema(
        request={"application/json": TruthSerializer(many=True), "text/csv": OpenApiTypes.BINARY},
        responses={201: ReceivedSerializer},
    )
    @truth.mapping.post
    def send_truth(self, request: Request, pk: str) -> Response:
        """Labels for answered requests, as a list or a CSV file: all of them are kept, or none."""
        endpoint = self.get_object().endpoint
        _refuse(policy.why_not_send_truth(endpoint, reader(request)))
        received = truths.receive(endpoint, _labels(request.data), by=reader(request))
        return Response(ReceivedSerializer(received).data, status=201)


class StartView(APIView):
    """Set up the monitor of an endpoint."""

    @extend_schema(request=None, responses={201: MonitorSerializer})
    def post(self, request: Request, pk: int) -> Response:
        endpoint = get_object_or_404(Endpoint.objects.visible_to(reader(request)), pk=pk)
        return Response(MonitorSerializer(setting_up.start(endpoint, by=reader(request))).data, status=201)


@extend_schema_view(list=extend_schema(parameters=filters(_INCIDENT_PATHS, _INCIDENT_WORDS)))
class IncidentViewSet(ReadOnlyModelViewSet[Incident]):
    """Incidents, and what people do with them. `?status=open` leaves out the resolved ones."""

    queryset = Incident.objects.none()
    serializer_class = IncidentSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Incident]:
        found = Incident.objects.visible_to(reader(self.request))
        asked = words(self.request, _INCIDENT_WORDS)
        found = found.open() if asked.get("status") == _OPEN else found.filter(**asked)
        found = found.select_related("monitor__endpoint__model__project", "assignee")
        return found.filter(**numbers(self.request, _INCIDENT_PATHS))

    @extend_schema(request=None, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        return self._answer(incidents.acknowledge(self.get_object(), by=reader(request)))

    @extend_schema(request=WhoSerializer, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        incident = self.get_object()
        _refuse(policy.why_not_work_on(incident, reader(request)))
        person = WhoSerializer(data=request.data, context={"project": incident.project})
        person.is_valid(raise_exception=True)
        return self._answer(incidents.assign(incident, to=person.validated_data["to"], by=reader(request)))

    @extend_schema(request=SilenceSerializer, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def silence(self, request: Request, pk: str) -> Response:
        """It stays open, and waits for nobody until then."""
        incident = self.get_object()
        _refuse(policy.why_not_work_on(incident, reader(request)))
        values = SilenceSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        return self._answer(incidents.silence(incident, by=reader(request), **values.validated_data))

    @extend_schema(request=ResolveSerializer, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        incident = self.get_object()
        _refuse(policy.why_not_work_on(incident, reader(request)))
        values = ResolveSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        return self._answer(incidents.resolve(incident, by=reader(request), **values.validated_data))

    def _answer(self, incident: Incident) -> Response:
        return Response(IncidentSerializer(incident).data)


class RequestView(APIView):
    """From a request id, or a caller's correlation id, to the model, its approval and its data."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, request_id: str) -> Response:
        found: list[dict[str, Any]] = [
            trace_document(trace) for trace in tracing.trace(request_id, reader=reader(request))
        ]
        if not found:
            raise Http404
        return Response(found)


def _labels(sent: Any) -> list[truths.Truth]:
    if isinstance(sent, Mapping) and "file" in sent:
        return truths.read_file(sent["file"])
    if isinstance(sent, list) and all(isinstance(row, dict) for row in sent):
        return truths.read_rows(sent)
    raise ValidationError(_("Send a list of {correlation_id, label, label_time}, or a CSV file."))


def _refuse(reason: Said | None) -> None:
    """Before the body is looked at: who may not is told so, whatever they sent."""
    if reason:
        raise NotAllowed(reason)
