"""Remove what the demo project has at endpoints. The keeper stops the servers as their rows go."""

from apps.deployments.models import ApiKey, Deployment, Endpoint, ProbeResult, Release, TrafficSample
from apps.projects.models import Project


def remove_project(project: Project) -> None:
    endpoints = Endpoint.objects.filter(model__project=project)
    deployments = Deployment.objects.filter(endpoint__in=endpoints)
    releases = Release.objects.filter(version__model__project=project)
    ProbeResult.objects.filter(deployment__in=deployments).delete()
    TrafficSample.objects.filter(endpoint__in=endpoints).delete()
    ApiKey.objects.filter(endpoint__in=endpoints).delete()
    releases.update(awaited=None)
    deployments.update(replaces=None)
    deployments.delete()
    releases.delete()
    endpoints.delete()
