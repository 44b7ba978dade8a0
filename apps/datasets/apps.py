from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "apps.datasets"
    sentences = {
        "datasets": [
            "apps.datasets.reading_words.SENTENCES",
            "apps.datasets.profile_words.SENTENCES",
        ]
    }
    pipelines = {"ingest": "apps.datasets.pipeline.INGEST"}
    objections = {"pipelines.retry": "apps.datasets.uploads.why_not_retry"}
    subscriptions = {
        "datasets.upload_refused": "apps.datasets.notices.on_upload_refused",
        "datasets.version_quarantined": "apps.datasets.notices.on_version_quarantined",
        "datasets.version_withdrawn": "apps.datasets.notices.on_version_withdrawn",
    }
    removals = {"projects.project": "apps.datasets.removal.remove_project"}
    waiting = {"home.inbox": "apps.datasets.inbox.items"}
    search = {"home.search": "apps.datasets.search.find"}
    loop_stages = {"projects.loop": "apps.datasets.stages.facts"}
    pages = {
        "datasets.dataset": "datasets:dataset_detail",
        "datasets.datasetversion": "datasets:version_detail",
        "datasets.upload": "datasets:upload_detail",
    }
