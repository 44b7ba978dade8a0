from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "apps.monitoring"
    sentences = {"monitoring": "apps.monitoring.cause_words.SENTENCES"}
    pipelines = {"baseline": "apps.monitoring.pipeline.BASELINE"}
    subscriptions = {
        "deployments.deployment_live": [
            "apps.monitoring.setting_up.on_deployment_live",
            "apps.monitoring.notices.on_deployment_live",
        ],
        "monitoring.incident_opened": "apps.monitoring.notices.on_incident_opened",
        "monitoring.incident_assigned": "apps.monitoring.notices.on_incident_assigned",
    }
    periodic = {
        "apps.monitoring.intake.run": 2,
        "apps.monitoring.checks.run": 3,
        "apps.monitoring.measuring.run": 10,
    }
    lineage = {"registry.version": "apps.monitoring.lineage.of_version"}
    panels = {
        "deployments.endpoint": "apps.monitoring.panels.of_endpoint",
        "registry.version": "apps.monitoring.panels.of_version",
    }
    pages = {
        "monitoring.monitor": "monitoring:monitor_detail",
        "monitoring.incident": "monitoring:incident_detail",
    }
    waiting = {"home.inbox": "apps.monitoring.inbox.items"}
    search = {"home.search": "apps.monitoring.search.find"}
    lights = {"home.lights": "apps.monitoring.lights.of_models"}
    loop_stages = {"projects.loop": "apps.monitoring.stages.facts"}
    removals = {"projects.project": "apps.monitoring.removal.remove_project"}
