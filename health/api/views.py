"""Scores: now, as of a day, explained; and the at-risk list."""

import datetime as dt
from typing import Any

from accounts.api.base import WorkspaceView, asked_member
from accounts.api.views import OWNER_FILTER
from accounts.models import Account
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation
from cs_platform.core.listing import Listing
from cs_platform.core.openapi import component
from cs_platform.core.problems import ApiProblem
from cs_platform.core.resources import CURSOR, LIMIT, text_type
from health.api.resources import (
    EXPLANATION,
    HEALTH,
    HEALTH_DAY,
    HISTORY,
    MEASURE_KEY,
    day_row,
    explanation_row,
)
from health.models import AccountCurrent, Band, RiskState
from health.queries.at_risk import RISK_ORDER, RISKS, RiskFilters, risk_listing
from health.queries.explain import explain, history

_MOST_DAYS = 400
# a score holds until the next one; after a month without one it says nothing any more
_VALID_DAYS = 31
_BANDS = [band for band in Band.values if band]
_PATH = {
    "external_id": {
        "description": "The account's external id.",
        "schema": text_type(200, minLength=1),
        "example": "acme-1",
    }
}
AS_OF = parameters.day("as_of", "As of the end of this day, in the workspace's time zone.")
SEGMENT = parameters.choice("segment", "Only this segment.", Account.Segment.values)
STAGE = parameters.choice("stage", "Only this lifecycle stage.", Account.Stage.values)
BAND = parameters.choice("band", "Only this band.", _BANDS)


class ScoreView(WorkspaceView):
    """What the views of one account's score share."""

    tag = "health"
    path_parameters = _PATH

    def account(self, external_id: str) -> Account:
        """The account of the address. Raises ``ApiProblem`` 404."""
        found = Account.objects.filter(external_id=external_id).first()
        if found is None:
            raise ApiProblem(404, "not_found", "There is no account with this id.")
        return found

    def today(self) -> dt.date:
        """The day it is in the key's workspace."""
        return clock.local_date(clock.now(), self.identity.timezone)


def _not_scored() -> ApiProblem:
    return ApiProblem(404, "not_scored", "The account has no score for that day.")


class HealthList(WorkspaceView):
    """Every account's health."""

    tag = "health"

    @operation(
        "read",
        "List the health of accounts",
        answers={200: HEALTH.page_schema},
        parameters=(*HEALTH.list_parameters, OWNER_FILTER, SEGMENT, STAGE, BAND),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {
            name: query[name] for name in ("segment", "stage", "band") if name in query
        }
        if "owner" in query:
            wanted["owner_id"] = asked_member(query["owner"]).pk
        return Answer(HEALTH.page(Listing(AccountCurrent, wanted), query))


class HealthItem(ScoreView):
    """One account's health."""

    @operation(
        "read",
        "Read an account's health",
        description="With `as_of`, the score that held at the end of that day.",
        answers={200: {"oneOf": [HEALTH.schema, HEALTH_DAY]}},
        parameters=(AS_OF,),
    )
    def get(self, request: Any, external_id: str) -> Answer:
        account = self.account(external_id)
        as_of = self.query.get("as_of")
        if as_of is not None:
            days = history(account, _VALID_DAYS, until=as_of)
            if not days:
                raise _not_scored()
            return Answer(day_row(account, days[-1]))
        found = HEALTH.one(AccountCurrent.objects.filter(account=account))
        if found is None:
            raise _not_scored()
        return Answer(found)


class HealthHistory(ScoreView):
    """One account's scores day by day."""

    @operation(
        "read",
        "Read the daily scores of an account",
        answers={200: HISTORY},
        parameters=(
            parameters.whole("days", "How many days.", least=1, most=_MOST_DAYS, default=90),
            AS_OF,
        ),
    )
    def get(self, request: Any, external_id: str) -> Answer:
        account = self.account(external_id)
        until = self.query.get("as_of", self.today())
        days = history(account, self.query.get("days", 90), until=until)
        return Answer({"items": [day_row(account, row) for row in days]})


class HealthExplanation(ScoreView):
    """Why one account's score is what it is."""

    @operation(
        "read",
        "Explain an account's score",
        description="Each measure's raw value, points, weight and contribution, and what changed "
        "since 7 and 30 days before.",
        answers={200: EXPLANATION},
        parameters=(AS_OF,),
    )
    def get(self, request: Any, external_id: str) -> Answer:
        account = self.account(external_id)
        found = explain(account, self.query.get("as_of"))
        if found is None:
            raise _not_scored()
        return Answer(explanation_row(account, found))


AT_RISK_PAGE = component(
    "AtRiskPage",
    {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": HEALTH.schema},
            "next_cursor": text_type(nullable=True),
            "previous_cursor": text_type(nullable=True),
        },
        "required": ["items", "next_cursor", "previous_cursor"],
        "additionalProperties": False,
    },
)


class AtRisk(ScoreView):
    """Who needs attention."""

    tag = "at-risk"

    @operation(
        "read",
        "List accounts at risk",
        description="Accounts in the yellow or red band and those flagged by judgement, by "
        "expected loss: churn probability × annual recurring revenue. Snoozed, dismissed and "
        "settled ones are left out unless asked for.",
        answers={200: AT_RISK_PAGE},
        parameters=(
            CURSOR,
            LIMIT,
            OWNER_FILTER,
            SEGMENT,
            STAGE,
            BAND,
            parameters.choice("reason", "Only with this reason.", MEASURE_KEY["enum"]),
            parameters.words("states", "Only these states of work.", RiskState.State.values),
            parameters.whole(
                "renewal_within",
                "Only with a renewal in so many days.",
                least=0,
                most=3660,
            ),
            parameters.flag("with_snoozed", "Snoozed ones too."),
            parameters.flag("with_dismissed", "Those marked as no risk too."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        within = query.get("renewal_within")
        filters = RiskFilters(
            owner=asked_member(query["owner"]).pk if "owner" in query else None,
            segment=query.get("segment", ""),
            stage=query.get("stage", ""),
            band=query.get("band", ""),
            reason=query.get("reason", ""),
            states=tuple(query.get("states", ())),
            renewal_within=None if within is None else (0, within),
            with_snoozed=query.get("with_snoozed", False),
            with_dismissed=query.get("with_dismissed", False),
        )
        listing = risk_listing(self.today(), filters)
        return Answer(HEALTH.page_in(listing, RISK_ORDER, RISKS, query))
