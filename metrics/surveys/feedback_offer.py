"""Ask for feedback after a contact: the box in the dialog that logs it."""

import datetime as dt

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from accounts.models import Account, Contact, Interaction
from cs_platform.core.errors import DomainError
from metrics.surveys.actions.invitations import ContactBudgetSpent, invite_after, surveys_after
from metrics.surveys.models import Survey


class FeedbackOffer:
    """Invites the person of the contact to an open survey that is sent after cases."""

    name = "feedback"

    def field(self, account: Account, now: dt.datetime) -> forms.Field | None:
        """Which survey to send; None where none is open for this, or nobody is known to send to."""
        surveys = surveys_after(now)
        if not surveys or not Contact.objects.filter(account=account, left_on=None).exists():
            return None
        return forms.ChoiceField(
            label=gettext_lazy("Ask for feedback"),
            required=False,
            choices=[
                ("", gettext_lazy("Do not ask")),
                *((str(survey.pk), survey.name) for survey in surveys),
            ],
            help_text=gettext_lazy(
                "The person gets the survey by e-mail in the hours of sending, as far as the "
                "contact budget allows."
            ),
        )

    def act(self, *, actor: Actor, now: dt.datetime, interaction: Interaction, value: str) -> str:
        """Invite the person. Errors: ``contact_required`` and those of `invite_after`."""
        contact = interaction.contact
        if contact is None:
            raise DomainError(
                _("With whom did you speak? The survey goes to that person."),
                code="contact_required",
                field="contact",
            )
        survey = Survey.objects.get(pk=int(value))
        try:
            invite_after(
                actor=actor,
                now=now,
                contact=contact,
                touchpoint=survey.touchpoint,
                agent=actor.membership,
                survey=survey,
                external_id=f"interaction:{interaction.pk}",
            )
        except ContactBudgetSpent as error:
            raise DomainError(
                _("%(name)s cannot be asked now: %(reason)s. The contact is not logged yet.")
                % {"name": contact.name, "reason": error.reason.label},
                code=error.code,
                field=self.name,
                status=409,
            ) from error
        except DomainError as error:
            raise DomainError(error.message, code=error.code, field=self.name) from error
        return _("%(name)s is asked for feedback.") % {"name": contact.name}
