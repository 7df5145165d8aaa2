from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "cs_platform.dashboards"
    label = "dashboards"
