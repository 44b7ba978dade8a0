from datetime import timedelta

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.accounts.models import User
from apps.deployments import api_keys, endpoints, history, policy, releases, rolling_back
from apps.deployments.models import Deployment, Endpoint, Release
from apps.deployments.serializers import (
    DeploymentSerializer,
    EmptySerializer,
    EndpointSerializer,
    KeySerializer,
    MadeKeySerializer,
    MomentSerializer,
    NewKeySerializer,
    ReasonSerializer,
    ReleaseSerializer,
    RollBackSerializer,
    SettingsSerializer,
    StartReleaseSerializer,
)
from apps.registry.models import ModelVersion


def _person(request: Request) -> User:
    """The signed-in person, as the type checker wants it."""
    if isinstance(request.user, User):
        return request.user
    raise NotAuthenticated


class ReleaseViewSet(ReadOnlyModelViewSet[Release]):
    """Releases: started for a version, followed, and ordered to be deployed."""

    queryset = Release.objects.none()
    serializer_class = ReleaseSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.visible_to(_person(self.request)).select_related(
            "version__model__project", "pipeline_run", "started_by", "proposal"
        )

    @extend_schema(request=StartReleaseSerializer, responses={201: ReleaseSerializer})
    def create(self, request: Request) -> Response:
        values = StartReleaseSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        visible = ModelVersion.objects.visible_to(_person(request))
        version = get_object_or_404(visible, pk=values.validated_data["version"])
        return Response(ReleaseSerializer(releases.start(version, by=_person(request))).data, status=201)

    @extend_schema(request=EmptySerializer, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def deploy(self, request: Request, pk: str) -> Response:
        return Response(ReleaseSerializer(releases.order(self.get_object(), by=_person(request))).data)


class EndpointViewSet(ReadOnlyModelViewSet[Endpoint]):
    """Endpoints: their state, their keys, what serves there and what served."""

    queryset = Endpoint.objects.none()
    serializer_class = EndpointSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Endpoint]:
        return Endpoint.objects.visible_to(_person(self.request)).select_related("model__project")

    @extend_schema(request=ReasonSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_stop(endpoint, _person(request)))
        values = ReasonSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        stopped = endpoints.stop(endpoint, by=_person(request), reason=values.validated_data["reason"])
        return Response(EndpointSerializer(stopped).data)

    @extend_schema(request=EmptySerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        return Response(EndpointSerializer(endpoints.start(self.get_object(), by=_person(request))).data)

    @extend_schema(request=EmptySerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def restart(self, request: Request, pk: str) -> Response:
        return Response(EndpointSerializer(endpoints.restart(self.get_object(), by=_person(request))).data)

    @extend_schema(request=SettingsSerializer, responses=EndpointSerializer)
    @action(detail=True, methods=["post"], url_path="settings", url_name="settings")
    def choose(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_deploy(endpoint.project, _person(request)))
        values = SettingsSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        changed = endpoints.choose(endpoint, by=_person(request), **values.validated_data)
        return Response(EndpointSerializer(changed).data)

    @extend_schema(request=RollBackSerializer, responses={201: DeploymentSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back", url_name="roll-back")
    def roll_back(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_deploy(endpoint.project, _person(request)))
        values = RollBackSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        to = get_object_or_404(endpoint.deployments.select_related("release"), pk=values.validated_data["to"])
        made = rolling_back.roll_back(
            endpoint, to=to, by=_person(request), reason=values.validated_data["reason"]
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

    @extend_schema(responses=KeySerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def keys(self, request: Request, pk: str) -> Response:
        return Response(KeySerializer(self.get_object().keys.select_related("created_by"), many=True).data)

    @extend_schema(request=NewKeySerializer, responses={201: MadeKeySerializer})
    @keys.mapping.post
    def create_key(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        policy.require(policy.why_not_deploy(endpoint.project, _person(request)))
        values = NewKeySerializer(data=request.data)
        values.is_valid(raise_exception=True)
        key, text = api_keys.create(
            endpoint,
            label=values.validated_data["label"],
            lifetime=timedelta(days=values.validated_data["days"]),
            by=_person(request),
        )
        return Response({**KeySerializer(key).data, "key": text}, status=201)

    @extend_schema(request=EmptySerializer, responses=KeySerializer)
    @action(detail=True, methods=["post"], url_path=r"keys/(?P<key>\d+)/revoke", url_name="revoke-key")
    def revoke_key(self, request: Request, pk: str, key: str) -> Response:
        found = get_object_or_404(self.get_object().keys, pk=key)
        return Response(KeySerializer(api_keys.revoke(found, by=_person(request))).data)


class DeploymentViewSet(ReadOnlyModelViewSet[Deployment]):
    """What answered where, from when to when. `?endpoint=` and `?version=` narrow it."""

    queryset = Deployment.objects.none()
    serializer_class = DeploymentSerializer
    lookup_value_regex = r"\d+"

    def get_queryset(self) -> QuerySet[Deployment]:
        found = Deployment.objects.visible_to(_person(self.request)).with_everything_for_a_row()
        for name in ("endpoint", "version"):
            value = self.request.query_params.get(name, "")
            if value.isdigit():
                found = found.filter(**{f"{name}_id": value})
        return found
