"""Reading one object and writing it by its external id: what three kinds of objects share."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from accounts.actions.upsert import Result
from accounts.api.base import WorkspaceView, lock_name
from accounts.api.bodies import LARGEST_BULK, check_object, errors_of, refuse_if_rejected
from accounts.fields import Rule
from cs_platform.core import clock
from cs_platform.core.api import Answer, Schema, check_etag
from cs_platform.core.openapi import FIELD_ERROR, component
from cs_platform.core.problems import ApiProblem, FieldError
from cs_platform.core.resources import Resource
from cs_platform.core.tenancy import TenantModel

NO_SUCH = "There is no object with this id."


class UpsertView(WorkspaceView):
    """One object by external id. Subclasses say of which kind."""

    model: ClassVar[type[TenantModel]]
    resource: ClassVar[Resource]
    rules: ClassVar[Mapping[str, Rule]]
    upsert: ClassVar[Callable[..., list[Result]]]
    path_parameters: ClassVar[dict[str, Any]]

    def read_one(self, external_id: str) -> Answer:
        """The object, with its ETag."""
        found = self.resource.one(self.model.objects.filter(external_id=external_id), self.query)
        if found is None:
            raise ApiProblem(404, "not_found", NO_SUCH)
        return Answer(found, headers={"ETag": self._etag(external_id) or ""})

    def write_one(self, external_id: str, *, may_create: bool) -> Answer:
        """Bring the object up to the body, if its ETag is the one asked for."""
        lock_name(f"{self.model._meta.label}:{external_id}")
        etag = self._etag(external_id)
        if etag is None and not may_create:
            raise ApiProblem(404, "not_found", NO_SUCH)
        check_etag(self.request, etag)
        result = Result()
        item = check_object(self.body, self.rules, result)
        if item.setdefault("external_id", external_id) != external_id:
            result.reject("id_differs", "The address names another object.", "external_id")
        refuse_if_rejected(result)
        (stored,) = type(self).upsert(actor=self.actor, now=clock.now(), items=[item])
        refuse_if_rejected(stored)
        shown = self.resource.one(self.model.objects.filter(pk=stored.obj.pk))
        return Answer(
            shown,
            status=201 if stored.outcome == "created" else 200,
            headers={"ETag": self._etag(external_id) or ""},
        )

    def _etag(self, external_id: str) -> str | None:
        """The version of the object, None without one; its row stays locked while it is written."""
        rows = self.model.objects.filter(external_id=external_id)
        if self.request.method not in {"GET", "HEAD"}:
            rows = rows.select_for_update()
        found = rows.values_list("pk", "updated_at").first()
        if found is None:
            return None
        pk, updated_at = found
        return f'"{pk:x}-{round(updated_at.timestamp() * 1_000_000):x}"'


def bulk_schema(name: str, item: Schema, *, is_dated: bool = True) -> dict[str, Any]:
    """The body of a bulk upsert; ``is_dated`` where its items may be declared historical."""
    items = {"type": "array", "items": dict(item), "minItems": 1, "maxItems": LARGEST_BULK}
    historical = {
        "type": "boolean",
        "default": False,
        "description": "The items are history: they count as known when they happened.",
    }
    return component(
        name,
        {
            "type": "object",
            "properties": {"items": items, **({"is_historical": historical} if is_dated else {})},
            "required": ["items"],
            "additionalProperties": False,
        },
    )


BULK_ANSWER = component(
    "BulkResults",
    {
        "type": "object",
        "properties": {
            "created": {"type": "integer"},
            "updated": {"type": "integer"},
            "unchanged": {"type": "integer"},
            "rejected": {"type": "integer"},
            "results": {
                "type": "array",
                "description": "One per item, in order.",
                "items": {
                    "type": "object",
                    "properties": {
                        "external_id": {"type": "string"},
                        "outcome": {
                            "type": "string",
                            "enum": ["created", "updated", "unchanged", "rejected"],
                        },
                        "errors": {"type": "array", "items": FIELD_ERROR},
                    },
                    "required": ["external_id", "outcome", "errors"],
                },
            },
        },
        "required": ["created", "updated", "unchanged", "rejected", "results"],
    },
)


def write_many(
    body: Any,
    rules: Mapping[str, Rule],
    write: Callable[..., list[Result]],
    *,
    is_dated: bool = True,
    **context: Any,
) -> Answer:
    """Upsert the items of a bulk body, each with its own result; bad ones leave others alone."""
    items, is_historical = _read_bulk(body, is_dated)
    results = [Result() for _item in items]
    checked = []
    for item, result in zip(items, results, strict=True):
        checked.append(check_object(item, rules, result))
        given = item.get("external_id") if isinstance(item, dict) else None
        result.external_id = given[:200] if isinstance(given, str) else ""
    good = [index for index, result in enumerate(results) if not result.is_rejected]
    if is_historical is not None:
        context["is_historical"] = is_historical
    written = write(items=[checked[index] for index in good], **context)
    for index, result in zip(good, written, strict=True):
        results[index] = result
    outcomes = [result.outcome for result in results]
    counts = {
        outcome: outcomes.count(outcome)
        for outcome in ("created", "updated", "unchanged", "rejected")
    }
    shown = [
        {
            "external_id": result.external_id,
            "outcome": result.outcome,
            "errors": [error.as_dict() for error in errors_of(result, "items", index)],
        }
        for index, result in enumerate(results)
    ]
    return Answer({**counts, "results": shown})


def _read_bulk(body: Any, is_dated: bool) -> tuple[list[Any], bool | None]:
    errors = []
    if not isinstance(body, dict):
        errors.append(FieldError("wrong_type", "Must be an object.", ""))
        body = {"items": [None]}
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= LARGEST_BULK:
        detail = f"Must be a list of 1 to {LARGEST_BULK} items."
        errors.append(FieldError("wrong_type", detail, "/items"))
    is_historical = body.get("is_historical")
    if is_historical is not None and not isinstance(is_historical, bool):
        errors.append(FieldError("wrong_type", "Must be boolean.", "/is_historical"))
    for name in body.keys() - {"items", *(["is_historical"] if is_dated else [])}:
        errors.append(FieldError("unknown_field", f"There is no field {name[:100]!r}.", ""))
    if errors:
        raise ApiProblem(422, errors[0].code, errors[0].detail, errors=errors)
    return items, is_historical
