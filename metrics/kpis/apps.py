from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "metrics.kpis"
    label = "kpis"

    def ready(self) -> None:
        from accounts.audit_words import describe
        from metrics.kpis.audit_actions import ACTIONS, NAMES, VALUES

        describe(ACTIONS, NAMES, VALUES)
