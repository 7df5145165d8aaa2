"""Every code of the ingest has words a person understands."""

import ast
import inspect

from django.utils import translation

from metrics.usage.ingest import parse
from metrics.usage.reasons import REASONS, reason


def _codes() -> set[str]:
    """The codes that parsing can refuse an item or a body with."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(parse))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Refused", "Malformed"}:
            place = 0 if ast.unparse(node.func) == "Refused" else 1
            if len(node.args) > place and isinstance(node.args[place], ast.Constant):
                found.add(node.args[place].value)
    return found


def test_every_code_has_words() -> None:
    assert {"missing_event", "too_many_items"} <= _codes()
    assert _codes() <= REASONS.keys()


def test_the_words_are_in_the_readers_language() -> None:
    with translation.override("ja"):
        assert reason("missing_event") == "イベント名がありません"
    assert reason("unheard_of") == "unheard_of"
