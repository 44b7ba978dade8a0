from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.automation import retraining
from apps.automation.models import Retraining
from apps.automation.serializers import RetrainingSerializer
from apps.core.api import filters, numbers, words
from apps.monitoring.models import Incident

_PATHS = {"project": "model__project", "incident": "incident"}
_WORDS = {"outcome": Retraining.Outcome.values}


@extend_schema_view(list=extend_schema(parameters=filters(_PATHS, _WORDS)))
class RetrainingViewSet(ReadOnlyModelViewSet[Retraining]):
    """What was made of incidents: started, asked, suppressed, with the reason."""

    queryset = Retraining.objects.none()
    serializer_class = RetrainingSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Retraining]:
        found = Retraining.objects.visible_to(reader(self.request)).select_related("model")
        return found.filter(**numbers(self.request, _PATHS), **words(self.request, _WORDS))


class RetrainView(APIView):
    """Gather newer data and train on them, because of this incident."""

    @extend_schema(request=None, responses={201: RetrainingSerializer})
    def post(self, request: Request, pk: int) -> Response:
        incident = get_object_or_404(Incident.objects.visible_to(reader(request)), pk=pk)
        return Response(RetrainingSerializer(retraining.start(incident, by=reader(request))).data, status=201)
