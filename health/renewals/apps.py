from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    name = "health.renewals"
    label = "renewals"

    def ready(self) -> None:
        from accounts.audit_words import describe
        from health.renewals.audit_actions import ACTIONS, NAMES, VALUES

        describe(ACTIONS, NAMES, VALUES)
