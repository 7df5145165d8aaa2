"""Renewals: listed, read, moved on and forecast."""

from typing import Any

from accounts.api.base import WorkspaceView, asked_account, asked_member
from accounts.api.bodies import input_schema, read_fields
from accounts.api.views import ACCOUNT_FILTER, OWNER_FILTER
from accounts.fields import Choice, Day, Number, Rule, Text
from accounts.models import Account
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, check_etag, operation
from cs_platform.core.errors import DomainError, NotFound
from cs_platform.core.listing import Listing
from cs_platform.core.resources import number_type
from health.renewals.actions.forecasts import set_forecast
from health.renewals.actions.steps import LONGEST_NOTE, LONGEST_PLAN, locked, move_step
from health.renewals.api.resources import RENEWAL
from health.renewals.models import Forecast, Forecaster, Renewal, Step
from health.renewals.models.renewal import OPEN

_RULES: dict[str, Rule] = {
    "step": Choice([step.value for step in OPEN]),
    "happened_on": Day(),
    "next_step": Text(LONGEST_PLAN),
    "due_on": Day(),
    "note": Text(LONGEST_NOTE),
    "csm_category": Choice(Forecast.values),
    "csm_amount": Number(4),
    "final_category": Choice(Forecast.values),
    "final_amount": Number(4),
}
RENEWAL_INPUT = input_schema(
    "RenewalInput",
    _RULES,
    description="`step` moves an open renewal on, reached on `happened_on` (today without it). "
    "Renewed and lost follow from the contract: enter them there. A category of null takes that "
    "forecaster's forecast back; `csm_amount` and `final_amount` are the yearly revenue if it "
    "renews, as before without them.",
)
_PATH = {
    "id": {
        "description": "The renewal's id.",
        "schema": number_type("integer", minimum=1, maximum=2**62),
        "example": 1,
    }
}


class Renewals(WorkspaceView):
    """What is due, and what was."""

    tag = "renewals"

    @operation(
        "read",
        "List renewals",
        description="Open ones, unless `step` or `is_open` asks for others.",
        answers={200: RENEWAL.page_schema},
        parameters=(
            *RENEWAL.list_parameters,
            ACCOUNT_FILTER,
            OWNER_FILTER,
            parameters.choice("segment", "Only this segment.", Account.Segment.values),
            parameters.choice("step", "Only this step.", Step.values),
            parameters.flag("is_open", "Only open ones, or only closed ones."),
            parameters.day("ends_since", "Only terms that end on this day or later."),
            parameters.day("ends_before", "Only terms that end before this day."),
            parameters.day("deadline_before", "Only with a notice deadline before this day."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {"is_void": False}
        if "is_open" in query or "step" not in query:
            wanted["is_open"] = query.get("is_open", True)
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        if "owner" in query:
            wanted["owner_id"] = asked_member(query["owner"]).pk
        for name, condition in (
            ("step", "step"),
            ("segment", "segment"),
            ("ends_since", "term_ends_on__gte"),
            ("ends_before", "term_ends_on__lt"),
            ("deadline_before", "notice_deadline_on__lt"),
        ):
            if name in query:
                wanted[condition] = query[name]
        return Answer(RENEWAL.page(Listing(Renewal, wanted), query))


class RenewalItem(WorkspaceView):
    """One renewal."""

    tag = "renewals"
    path_parameters = _PATH

    @operation(
        "read",
        "Read a renewal",
        answers={200: RENEWAL.schema},
        parameters=(RENEWAL.fields,),
        has_etag=True,
    )
    def get(self, request: Any, id: int) -> Answer:
        rows = Renewal.objects.filter(pk=_possible(id), is_void=False)
        found = rows.only("pk", "version").first()
        if found is None:
            raise NotFound("There is no renewal with this id.")
        return Answer(RENEWAL.one(rows, self.query), headers={"ETag": _etag(found)})

    @operation(
        "write",
        "Move a renewal on, or forecast it",
        answers={200: RENEWAL.schema},
        body=RENEWAL_INPUT,
        example={"step": "quoted", "next_step": "Ask for the order", "csm_category": "likely"},
        has_etag=True,
    )
    def patch(self, request: Any, id: int) -> Answer:
        found = locked(_possible(id), None)
        check_etag(self.request, _etag(found))
        values = read_fields(self.body, _RULES)
        now = clock.now()
        who: dict[str, Any] = {"actor": self.actor, "now": now, "renewal_id": found.pk}
        if values.keys() & {"step", "happened_on", "next_step", "due_on", "note"}:
            plan = (values.get("next_step", found.next_step), values.get("due_on", found.due_on))
            _unless_same(
                move_step,
                **who,
                version=None,
                step=values.get("step") or found.step,
                happened_on=values.get("happened_on"),
                next_step=plan[0],
                due_on=plan[1],
                note=values.get("note", ""),
            )
        for forecaster in (Forecaster.CSM, Forecaster.FINAL):
            names = (f"{forecaster}_category", f"{forecaster}_amount")
            if values.keys() & set(names):
                _unless_same(
                    set_forecast,
                    **who,
                    version=None,
                    forecaster=forecaster,
                    category=values.get(names[0], getattr(found, names[0])) or "",
                    amount=values.get(names[1], getattr(found, names[1])),
                )
        found.refresh_from_db()
        shown = RENEWAL.one(Renewal.objects.filter(pk=found.pk))
        return Answer(shown, headers={"ETag": _etag(found)})


def _unless_same(act: Any, **values: Any) -> None:
    """Do it; a repeated request, which would change nothing, is answered as the first was."""
    try:
        act(**values)
    except DomainError as error:
        if error.code != "nothing_changed":
            raise


def _etag(renewal: Renewal) -> str:
    return f'"{renewal.pk:x}-{renewal.version:x}"'


def _possible(pk: int) -> int:
    """An id that a bigint can hold; longer numbers are none."""
    return pk if pk < 2**63 else 0
