"""Who was asked, asking one person, and people who want no mail."""

from typing import Any

from django.db.models import QuerySet

from accounts.api.base import WorkspaceView, asked_account
from accounts.api.bodies import input_schema, read_fields
from accounts.api.views import ACCOUNT_FILTER
from accounts.fields import REQUIRED, Rule, Text
from accounts.models import Contact, Membership
from accounts.queries.references import members_by_email
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation
from cs_platform.core.listing import Listing
from cs_platform.core.problems import ApiProblem, FieldError
from cs_platform.core.resources import number_type, text_type
from metrics.surveys.actions.invitations import invite, invite_after, withdraw
from metrics.surveys.actions.opting_out import opt_out
from metrics.surveys.api.resources import CONSENT, INVITATION
from metrics.surveys.api.surveys import PATH, find_survey
from metrics.surveys.models import Channel, Invitation

_RULES: dict[str, Rule] = {
    "contact_external_id": Text(200, empty=REQUIRED),
    "touchpoint": Text(100),
    "agent_email": Text(254, empty=None),
    "external_id": Text(200, empty=None),
}
_INPUT = input_schema(
    "InvitationInput",
    _RULES,
    required=("contact_external_id",),
    description="`external_id` says what it is about (a case, say): a survey invites by it once, "
    "and answers a repetition with the invitation there is. `agent_email` is who helped.",
)
_AFTER_RULES: dict[str, Rule] = {**_RULES, "touchpoint": Text(100, empty=REQUIRED)}
_AFTER_INPUT = input_schema(
    "InvitationAfterInput",
    _AFTER_RULES,
    required=("contact_external_id", "touchpoint"),
    description="The open survey that is sent after such a moment is found by its touchpoint.",
)
_REFUSED = (
    "409 with `contact_too_soon`, `contact_account_full`, `contact_refused`, `contact_left` or "
    "`contact_no_address` where the contact budget does not allow it."
)
_FILTERS = (
    parameters.choice("state", "Only in this state.", Invitation.State.values),
    parameters.text("contact", "External id of a contact."),
    parameters.text("external_id", "Only those of this external id."),
    ACCOUNT_FILTER,
)


def _page(query: dict[str, Any], **wanted: Any) -> Answer:
    if "account" in query:
        wanted["account_id"] = asked_account(query["account"]).pk
    if "contact" in query:
        wanted["contact__external_id"] = query["contact"]
    for name in ("state", "external_id"):
        if name in query:
            wanted[name] = query[name]
    return Answer(INVITATION.page(Listing(Invitation, wanted), query))


def _contact(external_id: str) -> Contact:
    found: Contact | None = (
        Contact.objects.select_related("account").filter(external_id=external_id).first()
    )
    if found is None:
        raise _unknown("contact", "contact_external_id")
    return found


def _agent(email: str | None) -> Membership | None:
    if email is None:
        return None
    found = members_by_email([email]).get(email.casefold())
    if found is None:
        raise _unknown("member", "agent_email")
    return found


def _unknown(kind: str, field: str) -> ApiProblem:
    code, detail = f"unknown_{kind}", f"There is no such {kind} here."
    return ApiProblem(422, code, detail, errors=[FieldError(code, detail, f"/{field}")])


def _made(invitation: Invitation) -> Answer:
    shown = INVITATION.one(Invitation.objects.filter(pk=invitation.pk))
    return Answer(shown, status=201)


class SurveyInvitations(WorkspaceView):
    """Who was asked by one survey."""

    tag = "invitations"
    path_parameters = PATH

    @operation(
        "read",
        "List a survey's invitations",
        answers={200: INVITATION.page_schema},
        parameters=(*INVITATION.list_parameters, *_FILTERS),
    )
    def get(self, request: Any, id: int) -> Answer:
        return _page(self.query, survey_id=find_survey(id).pk)

    @operation(
        "write",
        "Invite a person to a survey",
        description=f"The letter goes out in the person's sending window. {_REFUSED}",
        answers={201: INVITATION.schema},
        body=_INPUT,
        example={"contact_external_id": "person-1", "external_id": "case-17"},
    )
    def post(self, request: Any, id: int) -> Answer:
        survey = find_survey(id)
        values = read_fields(self.body, _RULES, required=("contact_external_id",))
        invitation = invite(
            actor=self.actor,
            now=clock.now(),
            survey=survey,
            contact=_contact(values["contact_external_id"]),
            channel=Channel.AFTER_CASE if survey.after_case else Channel.MAIL,
            touchpoint=values.get("touchpoint", ""),
            agent=_agent(values.get("agent_email")),
            external_id=values.get("external_id"),
        )
        return _made(invitation)


class Invitations(WorkspaceView):
    """Who was asked by any survey."""

    tag = "invitations"

    @operation(
        "read",
        "List invitations",
        answers={200: INVITATION.page_schema},
        parameters=(*INVITATION.list_parameters, *_FILTERS),
    )
    def get(self, request: Any) -> Answer:
        return _page(self.query)

    @operation(
        "write",
        "Ask a person after a resolved case",
        description=f"For help desks, which need not know our surveys. {_REFUSED}",
        answers={201: INVITATION.schema},
        body=_AFTER_INPUT,
        example={
            "contact_external_id": "person-1",
            "touchpoint": "support",
            "external_id": "case-17",
        },
    )
    def post(self, request: Any) -> Answer:
        required = ("contact_external_id", "touchpoint")
        values = read_fields(self.body, _AFTER_RULES, required=required)
        invitation = invite_after(
            actor=self.actor,
            now=clock.now(),
            contact=_contact(values["contact_external_id"]),
            touchpoint=values["touchpoint"],
            agent=_agent(values.get("agent_email")),
            external_id=values.get("external_id"),
        )
        return _made(invitation)


_ONE = {
    "id": {
        "description": "The invitation's id.",
        "schema": number_type("integer", minimum=1, maximum=2**62),
        "example": 1,
    }
}


def _rows(id: int) -> QuerySet[Invitation]:
    return Invitation.objects.filter(pk=id) if id < 2**63 else Invitation.objects.none()


def _nowhere() -> ApiProblem:
    return ApiProblem(404, "not_found", "There is no invitation with this id.")


class InvitationItem(WorkspaceView):
    """One invitation."""

    tag = "invitations"
    path_parameters = _ONE

    @operation(
        "read",
        "Read an invitation",
        answers={200: INVITATION.schema},
        parameters=(INVITATION.fields,),
    )
    def get(self, request: Any, id: int) -> Answer:
        found = INVITATION.one(_rows(id), self.query)
        if found is None:
            raise _nowhere()
        return Answer(found)


class InvitationWithdraw(WorkspaceView):
    """An invitation is taken back."""

    tag = "invitations"
    path_parameters = _ONE

    @operation(
        "write",
        "Take an invitation back",
        description="Before its letter is written (409 with `already_sent` after that), because a "
        "case was opened again, say. Its place in the contact budget is free again; its `reason` "
        "is `withdrawn`. Repeating it changes nothing.",
        answers={200: INVITATION.schema},
    )
    def post(self, request: Any, id: int) -> Answer:
        rows = _rows(id)
        invitation = rows.first()
        if invitation is None:
            raise _nowhere()
        withdraw(actor=self.actor, now=clock.now(), invitation=invitation)
        return Answer(INVITATION.one(rows))


class ContactOptOut(WorkspaceView):
    """A person wants no mail."""

    tag = "contacts"
    path_parameters = {  # noqa: RUF012
        "external_id": {
            "description": "The contact's external id.",
            "schema": text_type(200, minLength=1),
            "example": "person-1",
        }
    }

    @operation(
        "write",
        "Note that a person wants no mail",
        description="Holds for every contact with the same address. Letters and invitations that "
        "wait are taken back. Repeating it keeps the first time and source.",
        answers={200: CONSENT.schema},
    )
    def post(self, request: Any, external_id: str) -> Answer:
        rows = Contact.objects.filter(external_id=external_id)
        contact = rows.select_related("account").first()
        if contact is None:
            raise ApiProblem(404, "not_found", "There is no contact with this id.")
        opt_out(now=clock.now(), contact=contact, source=self.actor.label, actor=self.actor)
        return Answer(CONSENT.one(rows))
