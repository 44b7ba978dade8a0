from typing import cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from apps.audit import reading, verifying
from apps.audit.forms import EventFilter
from apps.audit.models import Event, EventQuerySet, Verification
from apps.audit.serializers import EventSerializer, NothingSerializer, VerificationSerializer
from apps.core.errors import NotAllowed

_FILTERS = [
    OpenApiParameter(name, OpenApiTypes.STR)
    for name in ("person", "object", "action", "project", "chain", "since", "until")
]


class NewestFirst(CursorPagination):
    page_size = 50
    ordering = "-pk"


class EventViewSet(ReadOnlyModelViewSet[Event]):
    """What happened, newest first. Filters as on the page."""

    queryset = Event.objects.none()
    serializer_class = EventSerializer
    pagination_class = NewestFirst
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> EventQuerySet:
        visible = reading.visible_to(_reader(self.request)).select_related("seal")
        if self.action != "list":
            return visible
        projects = reading.projects_of(_reader(self.request))
        return EventFilter(self.request.query_params, projects=projects).narrow(visible)

    @extend_schema(parameters=_FILTERS)
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        return super().list(request, *args, **kwargs)


class VerificationViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Verification]):
    """Walks over the whole chain, newest first; POST asks for one."""

    queryset = Verification.objects.none()
    serializer_class = VerificationSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Verification]:
        _require_global(_reader(self.request))
        return Verification.objects.all()

    @extend_schema(request=NothingSerializer, responses={201: VerificationSerializer})
    def create(self, request: Request) -> Response:
        _require_global(_reader(request))
        return Response(VerificationSerializer(verifying.ask(by=_reader(request))).data, status=201)


def _reader(request: Request) -> reading.Reader:
    return cast(reading.Reader, request.user)


def _require_global(reader: reading.Reader) -> None:
    if not reading.reads_everything(reader):
        raise NotAllowed(_("Only administrators and auditors verify the whole log."))
