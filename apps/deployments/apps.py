from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    name = "apps.deployments"
    sentences = {"deployments": "apps.deployments.release_words.SENTENCES"}
    pipelines = {"release": "apps.deployments.release_pipeline.RELEASE"}
    subscriptions = {
        "registry.version_registered": [
            "apps.deployments.releases.on_version_registered",
            "apps.deployments.notices.on_version_registered",
        ],
        "registry.version_revoked": "apps.deployments.rolling_back.on_approval_ended",
        "registry.version_expired": "apps.deployments.rolling_back.on_approval_ended",
        "approvals.proposal_approved": "apps.deployments.notices.on_proposal_approved",
        "deployments.release_ended": "apps.deployments.notices.on_release_ended",
        "deployments.probe_failed": "apps.deployments.notices.on_probe_failed",
        "deployments.endpoint_stopped": "apps.deployments.notices.on_endpoint_stopped",
    }
    objections = {"pipelines.retry": "apps.deployments.releases.why_not_retry"}
    bound_inputs = {"approvals.proposal": "apps.deployments.packages.bound_now"}
    periodic = {
        "apps.deployments.probes.probe_all": 60,
        "apps.deployments.reporting.prune_traffic": 3600,
    }
    lineage = {"registry.version": "apps.deployments.lineage.of_version"}
    panels = {
        "registry.version": "apps.deployments.panels.of_version",
        "registry.model": "apps.deployments.panels.of_model",
        "approvals.proposal": "apps.deployments.panels.of_proposal",
    }
    pages = {
        "deployments.release": "deployments:release_detail",
        "deployments.endpoint": "deployments:endpoint_detail",
    }
    portfolio = {"home.portfolio": "apps.deployments.portfolio.rows"}
    search = {"home.search": "apps.deployments.search.find"}
    loop_stages = {"projects.loop": "apps.deployments.stages.facts"}
    waiting = {"home.inbox": "apps.deployments.inbox.items"}
    removals = {"projects.project": "apps.deployments.removal.remove_project"}
