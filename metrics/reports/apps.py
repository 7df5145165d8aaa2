from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "metrics.reports"
    label = "reports"

    def ready(self) -> None:
        from accounts.audit_words import describe
        from metrics.reports.audit_actions import ACTIONS

        describe(ACTIONS)
