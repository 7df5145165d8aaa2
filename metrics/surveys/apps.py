from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "metrics.surveys"
    label = "surveys"

    def ready(self) -> None:
        from accounts.audit_words import describe
        from accounts.imports.kinds import register
        from metrics.surveys import past_answers
        from metrics.surveys.audit_actions import ACTIONS, NAMES

        describe(ACTIONS, NAMES)
        register("responses", past_answers.KIND)
