from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.audit.models import Delivery
from apps.core.errors import NotAllowed
from apps.pipelines import delivering, engine_health, policy, progress, runs, stages
from apps.pipelines.forms import RunFilter
from apps.pipelines.models import PipelineRun
from apps.pipelines.serializers import DeliverySerializer, EngineSerializer, LogSerializer, RunSerializer
from apps.projects.models import Project

_FILTERS = [OpenApiParameter(name, OpenApiTypes.STR) for name in ("kind", "state", "project")]


@extend_schema_view(list=extend_schema(parameters=_FILTERS))
class RunViewSet(ReadOnlyModelViewSet[PipelineRun]):
    """What takes longer than a request: its steps, how far they are, their logs."""

    queryset = PipelineRun.objects.none()
    serializer_class = RunSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[PipelineRun]:
        person = reader(self.request)
        visible = PipelineRun.objects.visible_to(person).with_everything_for_a_row()
        if self.action != "list":
            return visible
        return RunFilter(self.request.query_params, projects=Project.objects.visible_to(person)).narrow(
            visible
        )

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._answer(runs.cancel(self.get_object(), by=reader(request)))

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        return self._answer(runs.retry(self.get_object(), by=reader(request)))

    @extend_schema(parameters=[OpenApiParameter("step", OpenApiTypes.STR)], responses=LogSerializer)
    @action(detail=True, methods=["get"])
    def log(self, request: Request, pk: str) -> Response:
        """The end of a step's log; of the current step where `step` names none."""
        run = self.get_object()
        named = request.query_params.get("step")
        step = next((step for step in run.steps.all() if step.name == named), None) or stages.current(run)
        return Response({"step": step.name if step else "", "log": progress.log_tail(step) if step else ""})

    def _answer(self, run: PipelineRun) -> Response:
        return Response(RunSerializer(self.get_queryset().get(pk=run.pk)).data)


class EngineView(APIView):
    """What stands still or fails in the engine, for administrators and auditors."""

    @extend_schema(responses=EngineSerializer)
    def get(self, request: Request) -> Response:
        if reason := policy.why_not_look_after_engine(reader(request)):
            raise NotAllowed(reason)
        return Response(EngineSerializer(engine_health.look()).data)


class DeliveryViewSet(ReadOnlyModelViewSet[Delivery]):
    """Events that a subscriber was not told of, again and again, and that were given up."""

    queryset = Delivery.objects.none()
    serializer_class = DeliverySerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Delivery]:
        if policy.why_not_look_after_engine(reader(self.request)):
            return Delivery.objects.none()
        failed = Delivery.objects.filter(state=Delivery.State.FAILED)
        return failed.select_related("event").order_by("-pk")

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def again(self, request: Request, pk: str) -> Response:
        delivering.deliver_again(self.get_object(), by=reader(request))
        return Response(status=204)
