from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "metrics.usage"
    label = "usage"
