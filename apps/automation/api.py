from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.automation import retraining
from apps.automation.models import Retraining
from apps.automation.serializers import EmptySerializer, RetrainingSerializer
from apps.monitoring.models import Incident


class RetrainingViewSet(ReadOnlyModelViewSet[Retraining]):
    """What was made of incidents: started, asked, suppressed, with the reason."""

    queryset = Retraining.objects.none()
    serializer_class = RetrainingSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Retraining]:
        return Retraining.objects.visible_to(_person(self.request)).select_related("model")


class RetrainView(APIView):
    """Gather newer data and train on them, because of this incident."""

    @extend_schema(request=EmptySerializer, responses={201: RetrainingSerializer})
    def post(self, request: Request, pk: int) -> Response:
        incident = get_object_or_404(Incident.objects.visible_to(_person(request)), pk=pk)
        return Response(
            RetrainingSerializer(retraining.start(incident, by=_person(request))).data, status=201
        )


def _person(request: Request) -> User:
    if isinstance(request.user, User):
        return request.user
    raise NotAuthenticated
