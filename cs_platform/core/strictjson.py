"""JSON as the specification means it, of a bounded size: what is doubtful is refused, not guessed.

Refused are names given twice, NaN and infinities, numbers that overflow, NUL characters and half
surrogates (PostgreSQL stores neither), deep nesting, and text that is not UTF-8.
"""

import json
import math
import re
from collections import Counter
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError

from cs_platform.core.problems import ApiProblem, FieldError, pointer

_DEEPEST = 30
_DOUBTFUL_TEXT = re.compile("[\0\ud800-\udfff]")


class _Refused(ValueError):
    """Something the grammar of JSON allows and this reader does not."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _value in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise _Refused(f"the name {json.dumps(twice)[:100]} is given twice in one object")
    return found


def _constant(text: str) -> Any:
    raise _Refused(f"{text} is not a JSON number")


def _decimal(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused(f"the number {text[:30]} is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > 100:
        raise _Refused(f"the number {text[:30]}… has too many digits")
    return int(text)


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_float=_decimal, parse_int=_whole
)


def parse(text: bytes) -> Any:
    """The value of a JSON document. Raises ``ApiProblem`` 400 (``malformed_json``)."""
    try:
        value = _decoder.decode(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _malformed(f"the body is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except _Refused as error:
        raise _malformed(str(error)) from None
    except RecursionError:
        raise _malformed("the body is nested too deeply") from None
    _check(value, ())
    return value


def read_body(request: HttpRequest, *, largest: int) -> Any:
    """The JSON body of ``request``.

    Raises ``ApiProblem``: 415 for another content type, 413 above ``largest`` bytes, 400 for a
    missing or malformed body.
    """
    if request.content_type != "application/json":
        given = request.content_type or "none"
        raise ApiProblem(
            415, "unsupported_media_type", f"Send application/json (Content-Type was: {given})."
        )
    try:
        size = int(request.headers.get("Content-Length") or 0)
        body = request.body if size <= largest else b""
    except RequestDataTooBig:
        size, body = largest + 1, b""
    except UnreadablePostError:
        raise ApiProblem(400, "incomplete_body", "The body ended early.") from None
    if max(size, len(body)) > largest:
        raise ApiProblem(413, "body_too_large", f"The body may have {largest} bytes.")
    if not body.strip():
        raise _malformed("the body is empty")
    return parse(body)


def _malformed(detail: str) -> ApiProblem:
    return ApiProblem(400, "malformed_json", f"The body cannot be read as JSON: {detail}.")


def _check(value: Any, steps: tuple[str | int, ...]) -> None:
    if isinstance(value, str):
        found = _DOUBTFUL_TEXT.search(value)
        if found:
            is_nul = found.group() == "\0"
            code = "nul_character" if is_nul else "bad_character"
            detail = "holds a NUL character" if is_nul else "holds half of a surrogate pair"
            where = pointer(*steps)
            raise ApiProblem(
                400, code, f"A text in the body {detail}.", errors=[FieldError(code, detail, where)]
            )
    elif isinstance(value, dict | list):
        if len(steps) >= _DEEPEST:
            raise _malformed(f"the body is nested more than {_DEEPEST} deep")
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for step, member in members:
            if isinstance(step, str):
                _check_name(step, steps)
            _check(member, (*steps, step))


def _check_name(name: str, steps: tuple[str | int, ...]) -> None:
    if _DOUBTFUL_TEXT.search(name):
        raise _malformed(f"a name inside {pointer(*steps) or 'the body'} holds a bad character")
