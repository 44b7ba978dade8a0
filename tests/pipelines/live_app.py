from django.apps import AppConfig


class LiveApp(AppConfig):
    name = "tests.pipelines"
    label = "live_toy"
    pipelines = {"live": "tests.pipelines.live_toy.LIVE"}
    subscriptions = {"toy.told": "tests.pipelines.live_toy.hear"}
