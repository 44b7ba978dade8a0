from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
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
from apps.monitoring.models import Incident, Monitor, WindowResult
from apps.monitoring.serializers import (
    EmptySerializer,
    IncidentSerializer,
    MonitorSerializer,
    PersonSerializer,
    ReceivedSerializer,
    ResolveSerializer,
    TruthSerializer,
    TuningSerializer,
    WindowSerializer,
    trace_document,
)


class MonitorViewSet(ReadOnlyModelViewSet[Monitor]):
    """Monitors, their windows, settings, owners, captured rows and ground truth."""

    queryset = Monitor.objects.none()
    serializer_class = MonitorSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Monitor]:
        return setting_up.monitors_for_lists(_person(self.request)).order_by("pk")

    @extend_schema(request=TuningSerializer, responses=MonitorSerializer)
    @action(detail=True, methods=["post"])
    def tune(self, request: Request, pk: str) -> Response:
        monitor = self.get_object()
        _refuse(policy.why_not_change(monitor, _person(request)))
        values = TuningSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        return Response(MonitorSerializer(tuning.change(monitor, values.tuning(), by=_person(request))).data)

    @extend_schema(request=PersonSerializer, responses=MonitorSerializer)
    @action(detail=True, methods=["post"], url_path="hand-over", url_name="hand-over")
    def hand_over(self, request: Request, pk: str) -> Response:
        monitor = self.get_object()
        _refuse(policy.why_not_change(monitor, _person(request)))
        person = PersonSerializer(data=request.data)
        person.is_valid(raise_exception=True)
        changed = owners.hand_over(monitor, to=person.validated_data["to"], by=_person(request))
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
        number = request.query_params.get("page", "1")
        if not number.isdecimal() or not 0 < int(number) < 1_000_000:
            raise ValidationError({"page": _("The page is a number from 1 on.")})
        shown = captured_rows.newest(
            self.get_object().endpoint, page=int(number), size=100, by=_person(request)
        )
        return Response({"columns": shown.columns, "rows": shown.rows})

    @extend_schema(request=TruthSerializer(many=True), responses={201: ReceivedSerializer})
    @action(detail=True, methods=["post"])
    def truth(self, request: Request, pk: str) -> Response:
        """Labels for answered requests: all of the list are kept, or none."""
        endpoint = self.get_object().endpoint
        _refuse(policy.why_not_send_truth(endpoint, _person(request)))
        if not isinstance(request.data, list) or not all(isinstance(row, dict) for row in request.data):
            raise ValidationError(_("Send a list of {correlation_id, label, label_time}."))
        received = truths.receive(endpoint, truths.read_rows(request.data), by=_person(request))
        return Response(ReceivedSerializer(received).data, status=201)


class StartView(APIView):
    """Set up the monitor of an endpoint."""

    @extend_schema(request=EmptySerializer, responses={201: MonitorSerializer})
    def post(self, request: Request, pk: int) -> Response:
        endpoint = get_object_or_404(Endpoint.objects.visible_to(_person(request)), pk=pk)
        return Response(MonitorSerializer(setting_up.start(endpoint, by=_person(request))).data, status=201)


class IncidentViewSet(ReadOnlyModelViewSet[Incident]):
    """Incidents, and what people do with them. `?status=open` leaves out the resolved ones."""

    queryset = Incident.objects.none()
    serializer_class = IncidentSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Incident]:
        found = Incident.objects.visible_to(_person(self.request))
        if self.request.query_params.get("status") == "open":
            found = found.open()
        return found.select_related("monitor__endpoint__model__project", "assignee")

    @extend_schema(request=EmptySerializer, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        return self._answer(incidents.acknowledge(self.get_object(), by=_person(request)))

    @extend_schema(request=PersonSerializer, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        incident = self.get_object()
        _refuse(policy.why_not_work_on(incident, _person(request)))
        person = PersonSerializer(data=request.data)
        person.is_valid(raise_exception=True)
        return self._answer(incidents.assign(incident, to=person.validated_data["to"], by=_person(request)))

    @extend_schema(request=ResolveSerializer, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        incident = self.get_object()
        _refuse(policy.why_not_work_on(incident, _person(request)))
        values = ResolveSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        return self._answer(incidents.resolve(incident, by=_person(request), **values.validated_data))

    def _answer(self, incident: Incident) -> Response:
        return Response(IncidentSerializer(incident).data)


class RequestView(APIView):
    """From a request id, or a caller's correlation id, to the model, its approval and its data."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, request_id: str) -> Response:
        found: list[dict[str, Any]] = [
            trace_document(trace) for trace in tracing.trace(request_id, reader=_person(request))
        ]
        if not found:
            raise Http404
        return Response(found)


def _refuse(reason: Said | None) -> None:
    """Before the body is looked at: who may not is told so, whatever they sent."""
    if reason:
        raise NotAllowed(reason)


def _person(request: Request) -> User:
    if isinstance(request.user, User):
        return request.user
    raise NotAuthenticated
