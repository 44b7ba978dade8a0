from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.notifications import reading
from apps.notifications.models import Notice
from apps.notifications.serializers import EmptySerializer, NoticeSerializer


class NoticeViewSet(ReadOnlyModelViewSet[Notice]):
    """What the token's owner was told."""

    queryset = Notice.objects.none()
    serializer_class = NoticeSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Notice]:
        return Notice.objects.visible_to(reader(self.request))

    @extend_schema(request=EmptySerializer, responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        notice = self.get_object()
        reading.mark_read(notice)
        notice.refresh_from_db()
        return Response(NoticeSerializer(notice).data)
