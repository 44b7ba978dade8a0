from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    name = "apps.pipelines"
    periodic = {"apps.pipelines.pruning.prune": 3600}
    pages = {"pipelines.pipelinerun": "pipelines:run"}
