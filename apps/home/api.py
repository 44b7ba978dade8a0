from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.requests import reader
from apps.core import inbox, search
from apps.home import health
from apps.home.serializers import (
    InboxItemSerializer,
    PartSerializer,
    SearchHitSerializer,
    WordsSerializer,
)


class InboxView(APIView):
    """What waits for the token's owner, longest wait first."""

    @extend_schema(responses=InboxItemSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(InboxItemSerializer(inbox.waiting_for(reader(request)), many=True).data)


class SearchView(APIView):
    """Everything that the token's owner may see and whose name has these letters."""

    @extend_schema(parameters=[WordsSerializer], responses=SearchHitSerializer(many=True))
    def get(self, request: Request) -> Response:
        values = WordsSerializer(data=request.query_params)
        values.is_valid(raise_exception=True)
        hits = search.find(reader(request), values.validated_data["q"])
        return Response(SearchHitSerializer(hits, many=True).data)


class StatusView(APIView):
    """Whether every part of the portal works."""

    @extend_schema(responses=PartSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(PartSerializer(health.check_all(), many=True).data)
