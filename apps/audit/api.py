from typing import cast

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from apps.audit import checkpoints, erasure, exporting, reading, verifying
from apps.audit.forms import EventFilter
from apps.audit.models import Event, EventQuerySet, Verification
from apps.audit.serializers import EventSerializer, PublicKeySerializer, VerificationSerializer
from apps.core import query_strings
from apps.core.errors import NotAllowed

_FILTERS = [
    OpenApiParameter(name, OpenApiTypes.STR)
    for name in ("person", "object", "action", "project", "chain", "since", "until")
]


class NewestFirst(CursorPagination):
    page_size = 50
    ordering = "-pk"

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position and query_strings.number(str(cursor.position)) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor


@extend_schema_view(list=extend_schema(parameters=_FILTERS))
class EventViewSet(ReadOnlyModelViewSet[Event]):
    """What happened, newest first. Filters as on the page."""

    queryset = Event.objects.none()
    serializer_class = EventSerializer
    pagination_class = NewestFirst
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> EventQuerySet:
        visible = reading.visible_to(_reader(self.request)).select_related("seal")
        if self.action not in ("list", "export"):
            return visible
        projects = reading.projects_of(_reader(self.request))
        return EventFilter(self.request.query_params, projects=projects).narrow(visible)

    @extend_schema(
        parameters=_FILTERS, responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY}, filters=False
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        """JSON lines with seals and checkpoints, the oldest first: what the stand-alone verifier reads."""
        lines = exporting.json_lines(self.get_queryset(), _reader(request))
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, pk: str) -> Response:
        """Erase the personal part of an event, for good. The chain stays whole."""
        erasure.erase(self.get_object(), by=_reader(request))
        return Response(status=204)


class PublicKeyView(APIView):
    """What checkpoints are verified with. Not a secret: keep a copy elsewhere."""

    @extend_schema(responses=PublicKeySerializer)
    def get(self, request: Request) -> Response:
        return Response({"public_key": checkpoints.public_key_hex()})


class VerificationViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Verification]):
    """Walks over the whole chain, newest first; POST asks for one."""

    queryset = Verification.objects.none()
    serializer_class = VerificationSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Verification]:
        _require_global(_reader(self.request))
        return Verification.objects.all()

    @extend_schema(request=None, responses={201: VerificationSerializer})
    def create(self, request: Request) -> Response:
        _require_global(_reader(request))
        return Response(VerificationSerializer(verifying.ask(by=_reader(request))).data, status=201)


def _reader(request: Request) -> reading.Reader:
    return cast(reading.Reader, request.user)


def _require_global(reader: reading.Reader) -> None:
    if not reading.reads_everything(reader):
        raise NotAllowed(_("Only administrators and auditors verify the whole log."))
