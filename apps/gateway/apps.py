from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "apps.gateway"
    subscriptions = {
        "experiments.run_logged": "apps.gateway.mirroring.on_logged",
        "registry.version_registered": "apps.gateway.mirroring.on_registered",
        "deployments.deployment_live": "apps.gateway.mirroring.on_deployed",
        "deployments.deployment_retired": "apps.gateway.mirroring.on_deployed",
    }
    periodic = {"apps.gateway.mirroring.close_left_runs": 300}
    removals = {"projects.project": "apps.gateway.removal.remove_project"}
