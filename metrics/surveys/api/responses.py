"""Answers: read, and written by other survey tools."""

from typing import Any

from accounts.api.base import WorkspaceView, asked_account
from accounts.api.bodies import input_schema
from accounts.api.upserts import BULK_ANSWER, UpsertView, bulk_schema, write_many
from accounts.api.views import ACCOUNT_FILTER
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation
from cs_platform.core.listing import Listing
from cs_platform.core.resources import text_type
from metrics.surveys.actions.response_upserts import RULES, upsert_responses
from metrics.surveys.api.resources import RESPONSE, complete
from metrics.surveys.models import Channel, Response, Survey

RESPONSE_INPUT = input_schema(
    "SurveyResponseInput",
    RULES,
    description="A new answer needs `survey_id` or `survey_external_id`. `answers` are by question "
    "key, a list of option keys for questions with several. Fields not given stay; a changed "
    "answer keeps what it said before. With `is_historical` it counts as known when it happened.",
)
_EXAMPLE = {
    "survey_external_id": "nps-2025",
    "contact_external_id": "person-1",
    "score": 9,
    "comment": "It just works.",
    "happened_at": "2025-04-01T09:00:00+09:00",
}


class Responses(WorkspaceView):
    """The list of answers."""

    tag = "responses"

    @operation(
        "read",
        "List answers",
        answers={200: RESPONSE.page_schema},
        parameters=(
            *RESPONSE.list_parameters,
            parameters.whole("survey", "Id of a survey: only its answers.", least=1, most=2**31),
            ACCOUNT_FILTER,
            parameters.text("contact", "External id of a contact: only their answers."),
            parameters.choice("kind", "Only of this kind.", Survey.Kind.values),
            parameters.choice("channel", "Only those that came this way.", Channel.values),
            parameters.flag("is_suspected_robot", "Only suspected robots' answers, or none."),
            parameters.moment("happened_since", "Only those at or after this moment."),
            parameters.moment("happened_before", "Only those before this moment."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        plain = ("kind", "channel", "is_suspected_robot")
        wanted: dict[str, Any] = {name: query[name] for name in plain if name in query}
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        for name, condition in (
            ("survey", "survey_id"),
            ("contact", "contact__external_id"),
            ("happened_since", "happened_at__gte"),
            ("happened_before", "happened_at__lt"),
        ):
            if name in query:
                wanted[condition] = query[name]
        page = RESPONSE.page(Listing(Response, wanted), query)
        complete(page["items"])
        return Answer(page)


class ResponseItem(UpsertView):
    """One answer by its external id."""

    tag = "responses"
    model = Response
    resource = RESPONSE
    rules = RULES
    upsert = staticmethod(upsert_responses)
    path_parameters = {  # noqa: RUF012
        "external_id": {
            "description": "The answer's external id.",
            "schema": text_type(200, minLength=1),
            "example": "answer-1",
        }
    }

    @operation(
        "read",
        "Read an answer",
        answers={200: RESPONSE.schema},
        parameters=(RESPONSE.fields,),
        has_etag=True,
    )
    def get(self, request: Any, external_id: str) -> Answer:
        return _completed(self.read_one(external_id))

    @operation(
        "write",
        "Create or change an answer",
        description="Creates it, or brings it up to the body.",
        answers={200: RESPONSE.schema, 201: RESPONSE.schema},
        body=RESPONSE_INPUT,
        example=_EXAMPLE,
        has_etag=True,
    )
    def put(self, request: Any, external_id: str) -> Answer:
        return _completed(self.write_one(external_id, may_create=True))

    def _etag(self, external_id: str) -> str | None:
        rows = Response.objects.filter(external_id=external_id)
        if self.request.method not in {"GET", "HEAD"}:
            rows = rows.select_for_update()
        found = rows.values_list("pk", "known_at", "edited_at").first()
        if found is None:
            return None
        pk, known_at, edited_at = found
        return f'"{pk:x}-{round((edited_at or known_at).timestamp() * 1_000_000):x}"'


def _completed(answer: Answer) -> Answer:
    complete([answer.data])
    return answer


class ResponseBulk(WorkspaceView):
    """Many answers at once."""

    tag = "responses"
    body_bytes = 5 * 1024 * 1024

    @operation(
        "write",
        "Create or change many answers",
        description="Up to 1,000 items, each with its own result: a bad one leaves the others "
        "alone. Items with the same id take effect one after the other.",
        answers={200: BULK_ANSWER},
        body=bulk_schema("SurveyResponseBulk", RESPONSE_INPUT),
        example={"items": [{"external_id": "answer-1", **_EXAMPLE}], "is_historical": True},
    )
    def post(self, request: Any) -> Answer:
        return write_many(self.body, RULES, upsert_responses, actor=self.actor, now=clock.now())
