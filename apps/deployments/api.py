from datetime import timedelta

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.requests import reader
from apps.core.api import filters, numbers, words
from apps.deployments import (
    api_keys,
    asking,
    endpoints,
    history,
    places,
    policy,
    releases,
    rolling_back,
)
from apps.deployments.models import Deployment, Endpoint, Release
from apps.deployments.serializers import (
    DeploymentSerializer,
    EndpointSerializer,
    KeySerializer,
    MadeKeySerializer,
    MomentSerializer,
    NewKeySerializer,
    ReleaseSerializer,
    RollBackSerializer,
    ServerLogSerializer,
    SettingsSerializer,
    StartReleaseSerializer,
    StopSerializer,
    TriedOutSerializer,
    TryOutSerializer,
)
from apps.pipelines.models import State
from apps.registry.models import ModelVersion

_RELEASE_PATHS = {"project": "version__model__project", "version": "version"}
_RELEASE_WORDS = {"state": State.values}
_DEPLOYMENT_PATHS = {"project": "endpoint__model__project", "endpoint": "endpoint", "version": "version"}
_DEPLOYMENT_WORDS = {"state": Deployment.State.values}


@extend_schema_view(list=extend_schema(parameters=filters(_RELEASE_PATHS, _RELEASE_WORDS)))
class ReleaseViewSet(ReadOnlyModelViewSet[Release]):
    """Releases: started for a version, followed, and ordered to be deployed."""

    queryset = Release.objects.none()
    serializer_class = ReleaseSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Release]:
        found = Release.objects.visible_to(reader(self.request)).select_related(
            "version__model__project", "pipeline_run", "started_by", "proposal"
        )
        asked = words(self.request, _RELEASE_WORDS)
        found = found.filter(**{f"pipeline_run__{name}": word for name, word in asked.items()})
        return found.filter(**numbers(self.request, _RELEASE_PATHS))

    @extend_schema(request=StartReleaseSerializer, responses={201: ReleaseSerializer})
    def create(self, request: Request) -> Response:
        values = StartReleaseSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        visible = ModelVersion.objects.visible_to(reader(request))
        version = get_object_or_404(visible, pk=values.validated_data["version"])
        return Response(ReleaseSerializer(releases.start(version, by=reader(request))).data, status=201)

    @extend_schema(request=None, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def deploy(self, request: Request, pk: str) -> Response:
        return Response(ReleaseSerializer(releases.order(self.get_object(), by=reader(request))).data)


@extend_schema_view(list=extend_schema(parameters=filters(["project"])))
class EndpointViewSet(ReadOnlyModelViewSet[Endpoint]):
    """Endpoints: their state, their keys, what serves there and what served."""

    queryset = Endpoint.objects.none()
    serializer_class = EndpointSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Endpoint]:
        found = Endpoint.objects.visible_to(reader(self.request)).select_related("model__project")
        return found.filter(**numbers(self.request, {"project": "model__project"}))

    @extend_schema(request=StopSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_stop(endpoint, reader(request)))
        values = StopSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        stopped = endpoints.stop(endpoint, by=reader(request), reason=values.validated_data["reason"])
        return Response(EndpointSerializer(stopped).data)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        return Response(EndpointSerializer(endpoints.start(self.get_object(), by=reader(request))).data)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def restart(self, request: Request, pk: str) -> Response:
        return Response(EndpointSerializer(endpoints.restart(self.get_object(), by=reader(request))).data)

    @extend_schema(request=SettingsSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"], url_path="settings", url_name="settings")
    def choose(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_deploy(endpoint.project, reader(request)))
        values = SettingsSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        changed = endpoints.choose(endpoint, by=reader(request), **values.validated_data)
        return Response(EndpointSerializer(changed).data)

    @extend_schema(request=RollBackSerializer, responses={201: DeploymentSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back", url_name="roll-back")
    def roll_back(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_deploy(endpoint.project, reader(request)))
        values = RollBackSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        to = get_object_or_404(endpoint.deployments.select_related("release"), pk=values.validated_data["to"])
        made = rolling_back.roll_back(
            endpoint, to=to, by=reader(request), reason=values.validated_data["reason"]
        )
        return Response(DeploymentSerializer(made).data, status=201)

    @extend_schema(parameters=[OpenApiParameter("at", str, required=False)], responses=DeploymentSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Which version answered at a time (`?at=`, now where none is given). 404 where none did."""
        endpoint = self.get_object()
        moment = MomentSerializer(data=request.query_params)
        moment.is_valid(raise_exception=True)
        served = history.at(endpoint, moment.validated_data.get("at", timezone.now()))
        if served is None:
            raise Http404
        return Response(DeploymentSerializer(served).data)

    @extend_schema(responses=ServerLogSerializer)
    @action(detail=True, methods=["get"])
    def log(self, request: Request, pk: str) -> Response:
        """The end of the scoring server's log."""
        return Response({"log": places.log_tail(self.get_object().name)})

    @extend_schema(request=TryOutSerializer, responses=TriedOutSerializer)
    @action(detail=True, methods=["post"], url_path="try-out", url_name="try-out")
    def try_out(self, request: Request, pk: str) -> Response:
        """Ask the live version, outside capture and counting. Clients use the endpoint's own address."""
        endpoint = self.get_object()
        values = TryOutSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        answer = asking.try_out(endpoint, values.validated_data["records"])
        return Response({"answer": answer.content, "milliseconds": answer.milliseconds})

    @extend_schema(responses=KeySerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def keys(self, request: Request, pk: str) -> Response:
        return Response(KeySerializer(self.get_object().keys.select_related("created_by"), many=True).data)

    @extend_schema(request=NewKeySerializer, responses={201: MadeKeySerializer})
    @keys.mapping.post
    def create_key(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_deploy(endpoint.project, reader(request)))
        values = NewKeySerializer(data=request.data)
        values.is_valid(raise_exception=True)
        key, text = api_keys.create(
            endpoint,
            label=values.validated_data["label"],
            lifetime=timedelta(days=values.validated_data["days"]),
            by=reader(request),
        )
        return Response({**KeySerializer(key).data, "key": text}, status=201)

    @extend_schema(request=None, responses=KeySerializer)
    @action(detail=True, methods=["post"], url_path=r"keys/(?P<key>\d+)/revoke", url_name="revoke-key")
    def revoke_key(self, request: Request, pk: str, key: str) -> Response:
        found = get_object_or_404(self.get_object().keys, pk=key)
        return Response(KeySerializer(api_keys.revoke(found, by=reader(request))).data)


@extend_schema_view(list=extend_schema(parameters=filters(_DEPLOYMENT_PATHS, _DEPLOYMENT_WORDS)))
class DeploymentViewSet(ReadOnlyModelViewSet[Deployment]):
    """What answered where, from when to when. `?endpoint=` and `?version=` narrow it."""

    queryset = Deployment.objects.none()
    serializer_class = DeploymentSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Deployment]:
        found = Deployment.objects.visible_to(reader(self.request)).with_everything_for_a_row()
        return found.filter(
            **numbers(self.request, _DEPLOYMENT_PATHS), **words(self.request, _DEPLOYMENT_WORDS)
        )
