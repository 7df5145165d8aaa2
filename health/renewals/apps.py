from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    name = "health.renewals"
    label = "renewals"
