"""Interactions and tasks."""

from typing import Any

from accounts.actions.interactions import RULES, log_interaction, upsert_interactions
from accounts.actions.tasks import create_task, finish_task, reopen_task
from accounts.actors import Actor
from accounts.api.base import WorkspaceView, asked_account, asked_member, lock_name
from accounts.api.bodies import input_schema, read_fields, refuse_if_rejected
from accounts.api.resources import INTERACTION, TASK
from accounts.api.views import ACCOUNT_FILTER, OWNER_FILTER
from accounts.fields import REQUIRED, Day, Rule, Text
from accounts.models import Interaction, Task
from accounts.queries.references import (
    accounts_by_external_id,
    contacts_by_external_id,
    members_by_email,
)
from cs_platform.core import clock, parameters
from cs_platform.core.api import Answer, operation
from cs_platform.core.listing import Listing
from cs_platform.core.problems import ApiProblem, FieldError
from cs_platform.core.resources import number_type

_POSTED: dict[str, Rule] = {**RULES, "external_id": Text(200, empty=None)}
_REQUIRED = ("account_external_id", "kind", "summary", "happened_at")
INTERACTION_INPUT = input_schema(
    "InteractionInput",
    _POSTED,
    required=_REQUIRED,
    description="With an `external_id` the same interaction may be posted again: it is brought "
    "up to the body and not logged twice. A next step of a new one becomes a task.",
)
_TASK: dict[str, Rule] = {
    "title": Text(300, empty=REQUIRED),
    "account_external_id": Text(200, empty=None),
    "owner_email": Text(254, empty=None),
    "due_on": Day(),
}
TASK_INPUT = input_schema("TaskInput", _TASK, required=("title",))


class Interactions(WorkspaceView):
    """What was said to customers."""

    tag = "interactions"

    @operation(
        "read",
        "List interactions",
        answers={200: INTERACTION.page_schema},
        parameters=(
            *INTERACTION.list_parameters,
            ACCOUNT_FILTER,
            parameters.text("external_id", "Only the one with this external id."),
            parameters.choice("kind", "Only this kind.", Interaction.Kind.values),
            parameters.moment("happened_since", "Only those at or after this moment."),
            parameters.moment("happened_before", "Only those before this moment."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {
            name: query[name] for name in ("external_id", "kind") if name in query
        }
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        if "happened_since" in query:
            wanted["happened_at__gte"] = query["happened_since"]
        if "happened_before" in query:
            wanted["happened_at__lt"] = query["happened_before"]
        return Answer(INTERACTION.page(Listing(Interaction, wanted), query))

    @operation(
        "write",
        "Log an interaction",
        answers={200: INTERACTION.schema, 201: INTERACTION.schema},
        body=INTERACTION_INPUT,
        example={
            "account_external_id": "acme-1",
            "kind": "call_out",
            "summary": "Asked how the roll-out goes.",
            "happened_at": "2025-04-01T10:00:00+09:00",
            "next_step": "Send the training dates",
            "next_step_on": "2025-04-04",
        },
    )
    def post(self, request: Any) -> Answer:
        values = read_fields(self.body, _POSTED, required=_REQUIRED)
        external_id = values.get("external_id")
        if external_id:
            lock_name(f"interaction:{external_id}")
            if Interaction.objects.filter(external_id=external_id).exists():
                return self._repeated(values)
        account = _named(accounts_by_external_id, values, "account_external_id", "account")
        contact = _named(contacts_by_external_id, values, "contact_external_id", "contact")
        author = _named(members_by_email, values, "author_email", "member")
        logged = log_interaction(
            actor=Actor.of(author) if author else self.actor,
            now=clock.now(),
            account=account,
            contact=contact,
            **values,
        )
        return Answer(INTERACTION.one(Interaction.objects.filter(pk=logged.pk)), status=201)

    def _repeated(self, values: dict[str, Any]) -> Answer:
        (stored,) = upsert_interactions(actor=self.actor, now=clock.now(), items=[values])
        refuse_if_rejected(stored)
        return Answer(INTERACTION.one(Interaction.objects.filter(pk=stored.obj.pk)))


class Tasks(WorkspaceView):
    """Who promised what by when."""

    tag = "tasks"

    @operation(
        "read",
        "List tasks",
        answers={200: TASK.page_schema},
        parameters=(
            *TASK.list_parameters,
            ACCOUNT_FILTER,
            OWNER_FILTER,
            parameters.flag("is_done", "Only done ones, or only open ones."),
            parameters.day("due_before", "Only tasks due before this day."),
        ),
    )
    def get(self, request: Any) -> Answer:
        query = self.query
        wanted: dict[str, Any] = {}
        if "account" in query:
            wanted["account_id"] = asked_account(query["account"]).pk
        if "owner" in query:
            wanted["owner_id"] = asked_member(query["owner"]).pk
        if "is_done" in query:
            wanted["done_at__isnull"] = not query["is_done"]
        if "due_before" in query:
            wanted["due_on__lt"] = query["due_before"]
        return Answer(TASK.page(Listing(Task, wanted), query))

    @operation(
        "write",
        "Create a task",
        answers={201: TASK.schema},
        body=TASK_INPUT,
        example={"title": "Send the agenda", "account_external_id": "acme-1"},
    )
    def post(self, request: Any) -> Answer:
        values = read_fields(self.body, _TASK, required=("title",))
        task = create_task(
            actor=self.actor,
            now=clock.now(),
            account=_named(accounts_by_external_id, values, "account_external_id", "account"),
            owner=_named(members_by_email, values, "owner_email", "member"),
            **values,
        )
        return Answer(TASK.one(Task.objects.filter(pk=task.pk)), status=201)


_TASK_PATH = {
    "id": {
        "description": "The task's id.",
        "schema": number_type("integer", minimum=1, maximum=2**62),
        "example": 1,
    }
}


class TaskItem(WorkspaceView):
    """One task."""

    tag = "tasks"
    path_parameters = _TASK_PATH

    @operation("read", "Read a task", answers={200: TASK.schema}, parameters=(TASK.fields,))
    def get(self, request: Any, id: int) -> Answer:
        found = TASK.one(Task.objects.filter(pk=_task(id).pk), self.query)
        return Answer(found)


class TaskFinish(WorkspaceView):
    """A task is done."""

    tag = "tasks"
    path_parameters = _TASK_PATH

    @operation(
        "write",
        "Finish a task",
        description="Finishing it again keeps the first moment.",
        answers={200: TASK.schema},
    )
    def post(self, request: Any, id: int) -> Answer:
        task = finish_task(actor=self.actor, now=clock.now(), task=_task(id))
        return Answer(TASK.one(Task.objects.filter(pk=task.pk)))


class TaskReopen(WorkspaceView):
    """A task is not done after all."""

    tag = "tasks"
    path_parameters = _TASK_PATH

    @operation("write", "Reopen a task", answers={200: TASK.schema})
    def post(self, request: Any, id: int) -> Answer:
        task = reopen_task(actor=self.actor, now=clock.now(), task=_task(id))
        return Answer(TASK.one(Task.objects.filter(pk=task.pk)))


def _task(pk: int) -> Task:
    found = Task.objects.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise ApiProblem(404, "not_found", "There is no task with this id.")
    return found


def _named(look_up: Any, values: dict[str, Any], field: str, kind: str) -> Any:
    """Take ``field`` out of ``values``: the object it names, None where nothing is given.

    Raises ``ApiProblem`` 422 (``unknown_<kind>``).
    """
    given = values.pop(field, None)
    if given is None:
        return None
    found = look_up([given])
    obj = found.get(given) or found.get(given.casefold())
    if obj is None:
        code = f"unknown_{kind}"
        detail = f"There is no such {kind} here."
        raise ApiProblem(422, code, detail, errors=[FieldError(code, detail, f"/{field}")])
    return obj
