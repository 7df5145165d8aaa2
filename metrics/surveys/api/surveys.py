"""Surveys: made, read, changed, opened and closed."""

from typing import Any

from accounts.actions.upsert import Result
from accounts.api.base import WorkspaceView, lock_name
from accounts.api.bodies import check_object, input_schema, refuse_if_rejected
from accounts.fields import REQUIRED, Choice, Rule, Text
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, check_etag, operation, read_object
from cs_platform.core.listing import Listing
from cs_platform.core.problems import ApiProblem, FieldError
from cs_platform.core.resources import number_type
from metrics.surveys.actions.questions import FIELDS, set_questions
from metrics.surveys.actions.surveys import (
    close_survey,
    create_survey,
    pause_survey,
    publish_survey,
    update_survey,
)
from metrics.surveys.api.resources import QUESTIONS, SURVEY
from metrics.surveys.models import Question, Survey
from metrics.surveys.queries.public import asked_in
from metrics.surveys.survey_fields import RULES

_NEW: dict[str, Rule] = {
    "kind": Choice(Survey.Kind.values, empty=REQUIRED),
    "external_id": Text(200, empty=None),
    **RULES,
}
NEW_SURVEY = input_schema(
    "SurveyInput",
    _NEW,
    required=("kind", "name"),
    description="A draft with its kind's own question, and why. `audience` takes `segments`, "
    "`plans`, `stages`, `tiers`, `roles` (champion, decision_maker) and `sample_share` or "
    "`sample_size` with a `seed`.",
)
SURVEY_CHANGES = input_schema("SurveyChanges", RULES, description="What is to change.")
PATH = {
    "id": {
        "description": "The survey's id.",
        "schema": number_type("integer", minimum=1, maximum=2**62),
        "example": 1,
    }
}
_ETAG = "The survey's version, for `If-Match`."


def find_survey(pk: int) -> Survey:
    """The survey of an address. Raises ``ApiProblem`` 404."""
    found: Survey | None = Survey.objects.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise ApiProblem(404, "not_found", "There is no survey with this id.")
    return found


def _etag(survey: Survey) -> str:
    return f'"{survey.pk:x}-{round(survey.updated_at.timestamp() * 1_000_000):x}"'


def _shown(survey: Survey, query: Any = None, *, status: int = 200) -> Answer:
    row = Survey.objects.filter(pk=survey.pk)
    return Answer(SURVEY.one(row, query), status=status, headers={"ETag": _etag(row.get())})


def _fields(body: Any, rules: dict[str, Rule]) -> dict[str, Any]:
    """The members of a body, of the JSON types their rules stand for."""
    result = Result()
    values = check_object(body, rules, result)
    for name in values.keys() - rules.keys():
        result.reject("unknown_field", "There is no such field.", name[:100])
    refuse_if_rejected(result)
    return values


class Surveys(WorkspaceView):
    """The list of surveys."""

    tag = "surveys"

    @operation(
        "read",
        "List surveys",
        answers={200: SURVEY.page_schema},
        parameters=(
            *SURVEY.list_parameters,
            parameters.choice("kind", "Only this kind.", Survey.Kind.values),
            parameters.choice("state", "Only in this state.", Survey.State.values),
            parameters.text("external_id", "Only the one with this external id."),
        ),
    )
    def get(self, request: Any) -> Answer:
        names = ("kind", "state", "external_id")
        wanted: dict[str, Any] = {name: self.query[name] for name in names if name in self.query}
        return Answer(SURVEY.page(Listing(Survey, wanted), self.query))

    @operation(
        "write",
        "Create a survey",
        answers={201: SURVEY.schema},
        body=NEW_SURVEY,
        example={"kind": "nps", "name": "NPS, spring", "audience": {"segments": ["enterprise"]}},
    )
    def post(self, request: Any) -> Answer:
        values = _fields(self.body, _NEW)
        missing = [name for name in ("kind", "name") if name not in values]
        if missing:
            errors = [FieldError("required", "This is required.", f"/{name}") for name in missing]
            raise ApiProblem(422, "required", "This is required.", errors=errors)
        if values.get("external_id"):
            lock_name(f"survey:{values['external_id']}")
        survey = create_survey(actor=self.actor, now=clock.now(), **values)
        return _shown(survey, status=201)


class SurveyItem(WorkspaceView):
    """One survey."""

    tag = "surveys"
    path_parameters = PATH

    @operation(
        "read",
        "Read a survey",
        answers={200: SURVEY.schema},
        parameters=(SURVEY.fields,),
        has_etag=True,
    )
    def get(self, request: Any, id: int) -> Answer:
        return _shown(find_survey(id), self.query)

    @operation(
        "write",
        "Change a survey",
        description="The scale of a survey that was published is fixed.",
        answers={200: SURVEY.schema},
        body=SURVEY_CHANGES,
        example={"name": "NPS, summer", "reminders": 2},
        has_etag=True,
    )
    def patch(self, request: Any, id: int) -> Answer:
        lock_name(f"survey:{id}")
        survey = find_survey(id)
        check_etag(self.request, _etag(survey))
        values = _fields(self.body, RULES)
        update_survey(actor=self.actor, now=clock.now(), survey=survey, **values)
        return _shown(survey)


class SurveyQuestions(WorkspaceView):
    """What a survey asks."""

    tag = "surveys"
    path_parameters = PATH

    @operation("read", "Read a survey's questions", answers={200: QUESTIONS})
    def get(self, request: Any, id: int) -> Answer:
        return _questions(asked_in(find_survey(id)))

    @operation(
        "write",
        "Set a survey's questions",
        description="The whole list in its order. Questions left out are asked no more; their "
        "answers stay. A survey with a score begins with its question, of the key `score`.",
        answers={200: QUESTIONS},
        body=QUESTIONS,
        example={
            "questions": [
                {
                    "key": "score",
                    "kind": "score",
                    "text_en": "How likely are you to recommend us?",
                    "text_ja": "当社を薦める可能性はどのくらいありますか？",
                },
                {
                    "key": "comment",
                    "kind": "text",
                    "text_en": "What went wrong?",
                    "text_ja": "どの点にご不満でしたか？",
                    "show_when": [{"question": "score", "groups": ["detractor"]}],
                },
            ]
        },
        refusals=(409,),
    )
    def put(self, request: Any, id: int) -> Answer:
        survey = find_survey(id)
        body = read_object(self.body)
        unknown = sorted(body.keys() - {"questions"})
        if unknown:
            error = FieldError("unknown_field", "There is no such field.", f"/{unknown[0][:100]}")
            raise ApiProblem(422, "unknown_field", "There is no such field.", errors=[error])
        stored = set_questions(
            actor=self.actor, now=clock.now(), survey=survey, questions=body.get("questions", ())
        )
        return _questions(stored)


def _questions(questions: list[Question]) -> Answer:
    return Answer(
        {"questions": [{name: getattr(row, name) for name in FIELDS} for row in questions]}
    )


class SurveyPublish(WorkspaceView):
    """A survey goes out."""

    tag = "surveys"
    path_parameters = PATH

    @operation(
        "write",
        "Publish a survey",
        description="Opens a draft or a paused survey; an open one stays as it is.",
        answers={200: SURVEY.schema},
    )
    def post(self, request: Any, id: int) -> Answer:
        return _shown(publish_survey(actor=self.actor, now=clock.now(), survey=find_survey(id)))


class SurveyPause(WorkspaceView):
    """A survey asks nobody for a while."""

    tag = "surveys"
    path_parameters = PATH

    @operation(
        "write",
        "Pause a survey",
        description="Nothing is sent; who was invited may still answer.",
        answers={200: SURVEY.schema},
    )
    def post(self, request: Any, id: int) -> Answer:
        return _shown(pause_survey(actor=self.actor, now=clock.now(), survey=find_survey(id)))


class SurveyClose(WorkspaceView):
    """A survey is over."""

    tag = "surveys"
    path_parameters = PATH

    @operation(
        "write",
        "Close a survey",
        description="For good: no answer is taken any more.",
        answers={200: SURVEY.schema},
    )
    def post(self, request: Any, id: int) -> Answer:
        return _shown(close_survey(actor=self.actor, now=clock.now(), survey=find_survey(id)))
