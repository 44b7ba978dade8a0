from typing import cast

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.pipelines import progress, runs, stages
from apps.pipelines.forms import RunFilter
from apps.pipelines.models import PipelineRun
from apps.pipelines.serializers import LogSerializer, NothingSerializer, RunSerializer
from apps.projects.models import Project

_FILTERS = [OpenApiParameter(name, OpenApiTypes.STR) for name in ("kind", "state", "project")]


class RunViewSet(ReadOnlyModelViewSet[PipelineRun]):
    """What takes longer than a request: its steps, how far they are, their logs."""

    queryset = PipelineRun.objects.none()
    serializer_class = RunSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[PipelineRun]:
        person = _person(self.request)
        visible = PipelineRun.objects.visible_to(person).with_everything_for_a_row()
        if self.action != "list":
            return visible
        return RunFilter(self.request.query_params, projects=Project.objects.visible_to(person)).narrow(
            visible
        )

    @extend_schema(parameters=_FILTERS)
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NothingSerializer, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._answer(runs.cancel(self.get_object(), by=_person(request)))

    @extend_schema(request=NothingSerializer, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        return self._answer(runs.retry(self.get_object(), by=_person(request)))

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


def _person(request: Request) -> User:
    return cast(User, request.user)
