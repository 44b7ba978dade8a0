from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from django.db.models import QuerySet
from django.http import FileResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.parsers import FileUploadParser, FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.core import storage
from apps.datasets import catalogue, profiles, publishing, uploads
from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.datasets.serializers import (
    DatasetSerializer,
    DatasetVersionSerializer,
    NewDatasetSerializer,
    NewUploadSerializer,
    ReasonSerializer,
    RowsSerializer,
    UploadSerializer,
    WithdrawalSerializer,
)
from apps.projects import access
from apps.projects.roles import Right


def _person(request: Request) -> User:
    if isinstance(request.user, User):
        return request.user
    raise NotAuthenticated


def _fields(request: Request) -> dict[str, Any]:
    """What was sent with a file, in whatever form."""
    sent = request.data
    return dict(sent.items()) if isinstance(sent, Mapping | QueryDict) else {}


class CsvParser(FileUploadParser):
    """The body is the file: `curl --data-binary @rows.csv -H "Content-Type: text/csv"`."""

    media_type = "text/csv"

    def get_filename(self, stream: IO[Any], media_type: str | None, parser_context: Mapping[str, Any]) -> str:
        return super().get_filename(stream, media_type, parser_context) or "data.csv"


class DatasetViewSet(ReadOnlyModelViewSet[Dataset]):
    """Datasets, their versions, and where files are handed in. `?project=` keeps one project's."""

    queryset = Dataset.objects.none()
    serializer_class = DatasetSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Dataset]:
        found = Dataset.objects.visible_to(_person(self.request)).select_related("project")
        project = self.request.query_params.get("project", "")
        return found.filter(project=int(project)) if project.isdigit() else found

    @extend_schema(request=NewDatasetSerializer, responses={201: DatasetSerializer})
    def create(self, request: Request) -> Response:
        values = NewDatasetSerializer(data=request.data, context={"request": request})
        values.is_valid(raise_exception=True)
        dataset = catalogue.create(by=_person(request), **values.validated_data)
        return Response(DatasetSerializer(dataset).data, status=201)

    @extend_schema(
        request={"multipart/form-data": NewUploadSerializer, "text/csv": OpenApiTypes.BINARY},
        responses={202: UploadSerializer},
        parameters=[OpenApiParameter("publish", bool, description="With a text/csv body.")],
    )
    @action(
        detail=True,
        methods=["post"],
        parser_classes=[MultiPartParser, CsvParser, JSONParser, FormParser],
    )
    def upload(self, request: Request, pk: str) -> Response:
        """Hand in a CSV file. Answers at once; the upload's own address says what became of it."""
        dataset = self.get_object()
        access.require(_person(request), Right.EDIT_DATA, dataset.project)
        values = NewUploadSerializer(data={**request.query_params.dict(), **_fields(request)})
        values.is_valid(raise_exception=True)
        with values.validated_data["file"] as file:
            upload = uploads.receive(
                dataset,
                file=Path(file.temporary_file_path()),
                filename=file.name,
                publish_when_read=values.validated_data["publish"],
                by=_person(request),
            )
        return Response(UploadSerializer(upload).data, status=202)

    @extend_schema(responses=DatasetVersionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        found: Any = self.get_object().versions.select_related("author", "published_by")
        page = self.paginate_queryset(found)
        return self.get_paginated_response(DatasetVersionSerializer(page, many=True).data)


class UploadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Upload]):
    """What was handed in and what became of it. `?dataset=` keeps one dataset's."""

    queryset = Upload.objects.none()
    serializer_class = UploadSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Upload]:
        found = Upload.objects.visible_to(_person(self.request)).select_related("uploaded_by")
        dataset = self.request.query_params.get("dataset", "")
        return found.filter(dataset=int(dataset)) if dataset.isdigit() else found


class DatasetVersionViewSet(ReadOnlyModelViewSet[DatasetVersion]):
    """Versions: their profile, rows and differences, and what they are good for. `?dataset=`, `?status=`."""

    queryset = DatasetVersion.objects.none()
    serializer_class = DatasetVersionSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[DatasetVersion]:
        found = DatasetVersion.objects.visible_to(_person(self.request)).order_by("-pk")
        found = found.select_related("author", "published_by", "dataset__project")
        asked = self.request.query_params
        if asked.get("dataset", "").isdigit():
            found = found.filter(dataset=int(asked["dataset"]))
        return found.filter(status=asked["status"]) if asked.get("status") else found

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def profile(self, request: Request, pk: str) -> Response:
        profile = profiles.of(self.get_object())
        if profile is None:
            raise NotFound(_("The profile is not in the storage."))
        return Response(profile.as_json())

    @extend_schema(responses=RowsSerializer)
    @action(detail=True, methods=["get"])
    def rows(self, request: Request, pk: str) -> Response:
        """The first rows, as texts; `data` has all of them."""
        return Response(profiles.first_rows(self.get_object()))

    @extend_schema(responses={(200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def data(self, request: Request, pk: str) -> FileResponse:
        """All rows, as a Parquet file."""
        version = self.get_object()
        try:
            stream = storage.open_stored(version.data_digest)
        except storage.NotStored:
            raise NotFound(_("The rows are not in the storage.")) from None
        name = f"dataset-{version.dataset_id}-v{version.number}.parquet"
        return FileResponse(stream, as_attachment=True, filename=name)

    @extend_schema(parameters=[OpenApiParameter("with", int, required=True)], responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def difference(self, request: Request, pk: str) -> Response:
        """Column by column, what changed since the version `?with=` of the same dataset."""
        version = self.get_object()
        chosen = request.query_params.get("with", "")
        other = get_object_or_404(version.dataset.versions, pk=int(chosen) if chosen.isdigit() else 0)
        found = profiles.between(other, version)
        if found is None:
            raise NotFound(_("A profile is not in the storage."))
        return Response({"columns": [column.as_json() for column in found]})

    @extend_schema(request=None, responses=DatasetVersionSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        return self._answer(publishing.publish(self.get_object(), by=_person(request)))

    @extend_schema(request=ReasonSerializer, responses=DatasetVersionSerializer)
    @action(detail=True, methods=["post"])
    def quarantine(self, request: Request, pk: str) -> Response:
        version, values = self._asked(ReasonSerializer)
        return self._answer(publishing.quarantine(version, by=_person(request), **values))

    @extend_schema(request=ReasonSerializer, responses=DatasetVersionSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        version, values = self._asked(ReasonSerializer)
        return self._answer(publishing.release(version, by=_person(request), **values))

    @extend_schema(request=WithdrawalSerializer, responses=DatasetVersionSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        version, values = self._asked(WithdrawalSerializer)
        return self._answer(publishing.withdraw(version, by=_person(request), **values))

    def _asked(self, serializer: type[ReasonSerializer]) -> tuple[DatasetVersion, dict[str, Any]]:
        version = self.get_object()
        access.require(_person(self.request), Right.PUBLISH_DATA, version.project)
        values = serializer(data=self.request.data)
        values.is_valid(raise_exception=True)
        return version, values.validated_data

    def _answer(self, version: DatasetVersion) -> Response:
        return Response(DatasetVersionSerializer(version).data)
