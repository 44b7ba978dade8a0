from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "apps.automation"
    sentences = {"automation": "apps.automation.words.SENTENCES"}
    pipelines = {"retraining": "apps.automation.pipeline.RETRAINING"}
    subscriptions = {
        "monitoring.incident_opened": "apps.automation.governor.on_incident_opened",
        "automation.retraining_asked": "apps.automation.notices.on_asked",
    }
    panels = {"monitoring.incident": "apps.automation.panels.of_incident"}
    pages = {"automation.retraining": "automation:retraining_list"}
    waiting = {"home.inbox": "apps.automation.inbox.items"}
    loop_stages = {"projects.loop": "apps.automation.stages.facts"}
    removals = {"projects.project": "apps.automation.removal.remove_project"}
