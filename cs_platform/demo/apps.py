from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "cs_platform.demo"
    label = "demo"
