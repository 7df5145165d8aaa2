from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "metrics.surveys"
    label = "surveys"

    def ready(self) -> None:
        from accounts.audit_words import describe
        from accounts.imports.kinds import register
        from accounts.log_offers import offer_after_contacts
        from metrics.surveys import past_answers
        from metrics.surveys.audit_actions import ACTIONS, NAMES, VALUES
        from metrics.surveys.feedback_offer import FeedbackOffer

        describe(ACTIONS, NAMES, VALUES)
        register("responses", past_answers.KIND)
        offer_after_contacts(FeedbackOffer())
