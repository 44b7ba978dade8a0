from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "apps.home"
    demo = {"home.demo": "apps.home.demo.seed"}
    periodic = {"apps.home.demo_story.play": 2}
