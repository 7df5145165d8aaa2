"""Query parameters of the API: declared, typed, and refused when unknown."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.http import QueryDict

from cs_platform.core.days import EARLIEST_YEAR, LATEST_YEAR, out_of_range
from cs_platform.core.errors import DomainError
from cs_platform.core.problems import ApiProblem, FieldError

_LONGEST = 4000
_Day = TypeVar("_Day", bound=dt.date)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Parameter:
    """One query parameter: how its text is read (``ValueError`` says why not), and its schema."""

    name: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any] = str
    example: Any = None
    required: bool = field(default=False)


def text(name: str, description: str, *, longest: int = 200, example: Any = None) -> Parameter:
    """Any text."""
    return Parameter(
        name, description, {"type": "string", "maxLength": longest}, _text(longest), example
    )


def choice(name: str, description: str, choices: Sequence[str]) -> Parameter:
    """One of a closed set."""

    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return value

    return Parameter(name, description, {"type": "string", "enum": choices}, read)


def flag(name: str, description: str) -> Parameter:
    """``true`` or ``false``."""

    def read(value: str) -> bool:
        if value not in {"true", "false"}:
            raise ValueError("must be true or false")
        return value == "true"

    return Parameter(name, description, {"type": "boolean"}, read)


def _near(found: _Day) -> _Day:
    if out_of_range(found):
        raise ValueError(f"must be between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return found


def day(name: str, description: str, *, example: str | None = None) -> Parameter:
    """A calendar day, ``YYYY-MM-DD``."""

    def read(value: str) -> dt.date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError("must be a date of the form YYYY-MM-DD")
        try:
            found = dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
        return _near(found)

    return Parameter(name, description, {"type": "string", "format": "date"}, read, example)


def moment(name: str, description: str) -> Parameter:
    """A point in time, RFC 3339 with an offset."""

    def read(value: str) -> dt.datetime:
        # a "+" that was not percent-encoded has become a space
        value = re.sub(r" (\d\d:\d\d)$", r"+\1", value)
        try:
            if not _MOMENT.fullmatch(value):
                raise ValueError
            found = dt.datetime.fromisoformat(value.upper())
        except ValueError:
            raise ValueError("must be a time such as 2025-04-01T09:00:00+09:00") from None
        return _near(found).astimezone(dt.UTC)

    return Parameter(name, description, {"type": "string", "format": "date-time"}, read)


def whole(
    name: str, description: str, *, least: int, most: int, default: int | None = None
) -> Parameter:
    """A whole number within bounds; ``default`` is what the view takes without it."""

    def read(value: str) -> int:
        is_number = value.isascii() and value.isdigit() and len(value) < 12
        if not (is_number and least <= int(value) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    schema: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    if default is not None:
        schema["default"] = default
    return Parameter(name, description, schema, read)


def words(name: str, description: str, choices: list[str]) -> Parameter:
    """Names out of a closed set, between commas."""

    def read(value: str) -> list[str]:
        found = [word.strip() for word in value.split(",") if word.strip()]
        unknown = [word for word in found if word not in choices]
        if unknown:
            raise ValueError(f"knows no {unknown[0][:100]!r}; choose from: {', '.join(choices)}")
        return found or choices

    schema = {"type": "array", "items": {"type": "string", "enum": choices}}
    return Parameter(name, description, schema, read)


def read_query(given: QueryDict, declared: tuple[Parameter, ...]) -> dict[str, Any]:
    """The values of the parameters that are given. Raises ``ApiProblem`` 400 naming each that is
    unknown, repeated or wrong."""
    by_name = {parameter.name: parameter for parameter in declared}
    values: dict[str, Any] = {}
    errors = []
    for name, found in given.lists():
        parameter = by_name.get(name)
        try:
            if parameter is None:
                known = ", ".join(sorted(by_name)) or "none"
                errors.append(
                    FieldError(
                        "unknown_parameter",
                        f"There is no such parameter here; known: {known}.",
                        parameter=name[:100],
                    )
                )
            elif len(found) > 1:
                raise ValueError("is given more than once")
            else:
                values[name] = parameter.read(_text(_LONGEST)(found[0]))
        except ValueError as error:
            errors.append(FieldError("bad_parameter", f"{name} {error}.", parameter=name[:100]))
        except DomainError as error:
            errors.append(FieldError(error.code, str(error.message), parameter=name[:100]))
    errors += [
        FieldError("missing_parameter", f"{parameter.name} is required.", parameter=parameter.name)
        for parameter in declared
        if parameter.required and parameter.name not in given
    ]
    if errors:
        raise ApiProblem(400, errors[0].code, _detail(errors), errors=errors)
    return values


def _detail(errors: list[FieldError]) -> str:
    if errors[0].code == "unknown_parameter":
        return f"Unknown query parameter: {errors[0].parameter}."
    return errors[0].detail


def _text(longest: int) -> Callable[[str], str]:
    def read(value: str) -> str:
        if len(value) > longest:
            raise ValueError(f"may have {longest} characters")
        if "\0" in value:
            raise ValueError("holds a NUL character")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("is not UTF-8") from None
        return value

    return read
