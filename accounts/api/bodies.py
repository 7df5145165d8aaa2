"""Request bodies: the field rules of the actions as JSON schemas, and the check of JSON types.

Imports take text for everything; the API takes a number where a number belongs.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from accounts import fields
from accounts.actions.upsert import Result
from accounts.fields import REQUIRED, Rule
from cs_platform.core.openapi import component
from cs_platform.core.problems import ApiProblem, FieldError, pointer

LARGEST_BULK = 1000

_NAMES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def schema_of(rule: Rule) -> dict[str, Any]:
    """The JSON schema of what a rule accepts."""
    if type(rule) in _SHAPES:
        types, shape = _SHAPES[type(rule)]
        more = shape(rule)
    else:
        # a rule of another app says it itself
        types, more = [rule.json_type], dict(rule.json_more)  # type: ignore[attr-defined]
    if rule.empty is REQUIRED:
        return {"type": types[0] if len(types) == 1 else types, **more}
    if "enum" in more:
        more["enum"] = [*more["enum"], None]
    return {"type": [*types, "null"], **more}


def _text(rule: Any) -> dict[str, Any]:
    least = {"minLength": 1} if rule.empty is REQUIRED else {}
    return {"maxLength": rule.longest, **least}


def _texts(rule: Any) -> dict[str, Any]:
    items = {"type": "string", "maxLength": rule.longest}
    return {"items": items, "maxItems": rule.most}


# JSON types a rule reads, and what more its schema says.
_SHAPES: dict[type[Any], tuple[list[str], Callable[[Any], dict[str, Any]]]] = {
    fields.Text: (["string"], _text),
    fields.Choice: (["string"], lambda rule: {"enum": [code for code in rule.codes if code]}),
    fields.Whole: (["integer"], lambda rule: {"minimum": rule.least, "maximum": rule.most}),
    fields.Number: (
        ["number", "string"],
        lambda rule: {"description": "A decimal number, or one as text."},
    ),
    fields.YesNo: (["boolean"], lambda rule: {}),
    fields.Day: (["string"], lambda rule: {"format": "date"}),
    fields.Moment: (["string"], lambda rule: {"format": "date-time"}),
    fields.Email: (["string"], lambda rule: {"format": "email", "maxLength": 254}),
    fields.WebAddress: (["string"], lambda rule: {"format": "uri", "maxLength": 300}),
    fields.Country: (["string"], lambda rule: {"pattern": "^[A-Za-z]{2}$"}),
    fields.Currency: (["string"], lambda rule: {"pattern": "^[A-Za-z]{3}$"}),
    fields.TimeZone: (["string"], lambda rule: {"maxLength": 64}),
    fields.Texts: (["array"], _texts),
    fields.Attributes: (["object"], lambda rule: {"additionalProperties": True}),
}


def input_schema(
    name: str,
    rules: Mapping[str, Rule],
    *,
    required: Sequence[str] = (),
    description: str = "",
) -> dict[str, Any]:
    """A reference to the schema of an object that ``rules`` read."""
    schema: dict[str, Any] = {
        "type": "object",
        "description": description,
        "properties": {field: schema_of(rule) for field, rule in rules.items()},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = list(required)
    return component(name, schema)


def wrong_types(item: Mapping[str, Any], rules: Mapping[str, Rule]) -> list[tuple[str, str]]:
    """(field, sentence) for each value that is not of a JSON type its rule stands for."""
    found = []
    for name, value in item.items():
        rule = rules.get(name)
        if rule is None:
            continue
        types = schema_of(rule)["type"]
        types = [types] if isinstance(types, str) else types
        # null is "no value", which the rule itself refuses where one is required
        if value is None or any(_NAMES[kind](value) for kind in types):
            is_list = isinstance(rule, fields.Texts) and isinstance(value, list)
            if not is_list or all(isinstance(member, str) for member in value):
                continue
            types = ["array of string"]
        found.append((name, f"Must be {' or '.join(types)}."))
    return found


def read_fields(
    body: Any, rules: Mapping[str, Rule], *, required: Sequence[str] = ()
) -> dict[str, Any]:
    """The values of an object by ``rules``. Raises ``ApiProblem`` 422 with every fault."""
    result = Result()
    item = check_object(body, rules, result)
    values: dict[str, Any] = {}
    for name, value in item.items():
        rule = rules.get(name)
        if rule is None:
            result.reject("unknown_field", "There is no such field.", name)
            continue
        try:
            values[name] = fields.read(rule, value)
        except fields.BadValue as error:
            result.reject(error.code, error.message, name)
    for name in required:
        if name not in item:
            result.reject("required", "This is required.", name)
    refuse_if_rejected(result)
    return values


def check_object(body: Any, rules: Mapping[str, Rule], result: Result) -> dict[str, Any]:
    """``body`` as an object without the values of a wrong type, which ``result`` is told of."""
    if not isinstance(body, dict):
        result.reject("wrong_type", "Must be an object.")
        return {}
    refused = dict(wrong_types(body, rules))
    for name, message in refused.items():
        result.reject("wrong_type", message, name)
    return {name: value for name, value in body.items() if name not in refused}


def errors_of(result: Result, *steps: str | int) -> list[FieldError]:
    """The problems of one item as errors with pointers below ``steps``."""
    return [
        FieldError(
            problem.code,
            problem.message,
            pointer(*steps, problem.field) if problem.field else pointer(*steps),
        )
        for problem in result.problems
    ]


def refuse_if_rejected(result: Result) -> None:
    """Raise ``ApiProblem`` 422 with the problems of a rejected item."""
    if result.is_rejected:
        errors = errors_of(result)
        raise ApiProblem(422, errors[0].code, errors[0].detail, errors=errors)
