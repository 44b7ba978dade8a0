from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.experiments import columns, designs, reports, runs
from apps.experiments.models import Experiment, TrainingRun
from apps.experiments.serializers import (
    ExperimentSerializer,
    NothingSerializer,
    StartSerializer,
    TrainingRunSerializer,
    TrialSerializer,
)
from apps.experiments.training import TrainingSettings
from apps.projects import access
from apps.projects.roles import Right

_RUN_FILTERS = [
    OpenApiParameter(name, OpenApiTypes.INT) for name in ("project", "experiment", "dataset_version")
]
_RUN_PATHS: dict[str, str] = {
    "project": "experiment__project",
    "experiment": "experiment",
    "dataset_version": "dataset_version",
}


class ExperimentViewSet(ReadOnlyModelViewSet[Experiment]):
    """What is to be learnt from which data, how, and which model it feeds."""

    queryset = Experiment.objects.none()
    serializer_class = ExperimentSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Experiment]:
        found = Experiment.objects.visible_to(_person(self.request)).select_related("project", "dataset")
        return found.filter(**_numbers(self.request, {"project": "project", "dataset": "dataset"}))

    @extend_schema(parameters=[OpenApiParameter(name, OpenApiTypes.INT) for name in ("project", "dataset")])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().list(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        values = ExperimentSerializer(data=request.data, context=self.get_serializer_context())
        values.is_valid(raise_exception=True)
        dataset = values.validated_data["dataset"]
        access.require(_person(request), Right.TRAIN, dataset.project)
        experiment = designs.create(dataset, values.design(), by=_person(request))
        return Response(self.get_serializer(experiment).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        experiment = self.get_object()
        access.require(_person(request), Right.TRAIN, experiment.project)
        values = ExperimentSerializer(
            experiment, data=request.data, partial=True, context=self.get_serializer_context()
        )
        values.is_valid(raise_exception=True)
        return Response(
            self.get_serializer(designs.edit(experiment, values.design(), by=_person(request))).data
        )

    @extend_schema(responses=TrainingRunSerializer(many=True))
    @action(detail=True, methods=["get"])
    def runs(self, request: Request, pk: str) -> Response:
        """Its trainings, the newest first."""
        found = self.get_object().runs.select_related("experiment", "pipeline_run", "started_by")
        page = cast("list[TrainingRun]", self.paginate_queryset(found.order_by("-number")))  # type: ignore[arg-type]
        return self.get_paginated_response(TrainingRunSerializer(page, many=True).data)

    @extend_schema(request=StartSerializer, responses={201: TrainingRunSerializer})
    @runs.mapping.post
    def start(self, request: Request, pk: str) -> Response:
        """Start a training; the answer's `id` is where to follow it under /runs/."""
        experiment = self.get_object()
        access.require(_person(request), Right.TRAIN, experiment.project)
        values = StartSerializer(data=request.data, context={"experiment": experiment})
        values.is_valid(raise_exception=True)
        run = runs.start(
            experiment,
            dataset_version=values.validated_data.get("dataset_version") or _newest(experiment),
            by=_person(request),
            cause=TrainingRun.Cause.BUTTON,
            settings=_settings(values.validated_data),
        )
        return Response(TrainingRunSerializer(run).data, status=201)


class TrainingRunViewSet(ReadOnlyModelViewSet[TrainingRun]):
    """Trainings: how far they are, what they found out."""

    queryset = TrainingRun.objects.none()
    serializer_class = TrainingRunSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[TrainingRun]:
        found = TrainingRun.objects.visible_to(_person(self.request)).select_related(
            "experiment__project", "pipeline_run", "started_by", "dataset_version"
        )
        return found.filter(**_numbers(self.request, _RUN_PATHS))

    @extend_schema(parameters=_RUN_FILTERS)
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NothingSerializer, responses=TrainingRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._answer(runs.cancel(self.get_object(), by=_person(request)))

    @extend_schema(request=NothingSerializer, responses=TrainingRunSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Go on with a failed training from the step that failed."""
        return self._answer(runs.retry(self.get_object(), by=_person(request)))

    @extend_schema(request=NothingSerializer, responses={201: TrainingRunSerializer})
    @action(detail=True, methods=["post"])
    def repeat(self, request: Request, pk: str) -> Response:
        """The same settings on the same version once more."""
        before = self.get_object()
        run = runs.start(
            before.experiment,
            dataset_version=before.dataset_version,
            by=_person(request),
            cause=TrainingRun.Cause.BUTTON,
            settings=TrainingSettings.from_json(before.settings),
        )
        return Response(TrainingRunSerializer(run).data, status=201)

    @extend_schema(responses=TrialSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def trials(self, request: Request, pk: str) -> Response:
        """What was tried, the best first; while it runs, what is finished so far."""
        run = self.get_object()
        report = reports.of(run)
        found = reports.best_first(report["search"]["trials"]) if report else reports.trials(run)
        return Response([TrialSerializer(trial).data for trial in found])

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"], url_path="report", url_name="report", pagination_class=None)
    def full_report(self, request: Request, pk: str) -> Response:
        """The whole report: curves, segments, fairness, importance; empty before the training is done."""
        return Response(reports.of(self.get_object()) or {})

    def _answer(self, run: TrainingRun) -> Response:
        run.pipeline_run.refresh_from_db()
        return Response(TrainingRunSerializer(run).data)


def _person(request: Request) -> User:
    return cast(User, request.user)


def _numbers(request: Request, paths: dict[str, str]) -> dict[str, Any]:
    """Filters of the query string that are numbers; others find nothing to filter by."""
    given = {name: request.query_params.get(name, "") for name in paths}
    return {paths[name]: int(value) for name, value in given.items() if value.isdecimal()}


def _newest(experiment: Experiment) -> Any:
    version = columns.newest(experiment.dataset)
    if version is None:
        raise ValidationError({"dataset_version": _("The dataset has no published version yet.")})
    return version


def _settings(values: dict[str, Any]) -> TrainingSettings | None:
    return designs.settings_from(values["settings"]) if "settings" in values else None
