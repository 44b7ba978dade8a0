from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.core.api import filters, words
from apps.notifications import reading
from apps.notifications.models import Notice
from apps.notifications.serializers import NoticeSerializer

_WORDS = {"unread": ["yes"]}


@extend_schema_view(list=extend_schema(parameters=filters(words=_WORDS)))
class NoticeViewSet(ReadOnlyModelViewSet[Notice]):
    """What the token's owner was told. `?unread=yes` leaves out what they have seen."""

    queryset = Notice.objects.none()
    serializer_class = NoticeSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Notice]:
        found = Notice.objects.visible_to(reader(self.request))
        return found.unread() if words(self.request, _WORDS) else found

    @extend_schema(request=None, responses={204: None}, operation_id="notices_read_all")
    @action(detail=False, methods=["post"], url_path="read", url_name="read-all")
    def read_all(self, request: Request) -> Response:
        reading.mark_all_read(reader(request))
        return Response(status=204)

    @extend_schema(request=None, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        notice = self.get_object()
        reading.mark_read(notice)
        notice.refresh_from_db()
        return Response(NoticeSerializer(notice).data)
