"""Small bodies that are made to cost much."""

import datetime as dt
import time

import pytest

from cs_platform.core import strictjson
from cs_platform.core.problems import ApiProblem
from metrics.usage.ingest.parse import Malformed, Reading, parse_body

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def test_a_repeated_name_among_many_is_found_at_once() -> None:
    names = [f'"n{number}":0' for number in range(60_000)]
    started = time.process_time()
    with pytest.raises(ApiProblem, match="n59999"):
        strictjson.parse(f"{{{','.join([*names, names[-1]])}}}".encode())
    assert time.process_time() - started < 2


@pytest.mark.parametrize("items", ['"' + "x" * 60_000 + '"', '{"a": 1}', "7", "null"])
def test_what_is_no_list_is_not_taken_apart(items: str) -> None:
    body = f'{{"batch": {items}, "sentAt": NaN}}'.encode()
    with pytest.raises(Malformed) as caught:
        parse_body(body, Reading(1, NOW))
    assert caught.value.code == "malformed"
