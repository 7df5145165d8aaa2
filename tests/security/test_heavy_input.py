"""Small bodies that are made to cost much."""

import datetime as dt
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Workspace
from cs_platform.core import strictjson, tenancy
from cs_platform.core.problems import ApiProblem
from metrics.usage.ingest.parse import Malformed, Reading, parse_body
from metrics.usage.models import Event
from tests.api.conftest import MakeCaller, caller_for  # noqa: F401

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


def test_an_event_that_nests_deeply_is_shown(
    workspace: Workspace,
    caller_for: MakeCaller,  # noqa: F811
    client_as: Callable[..., Client],
) -> None:
    nested = '{"a":' * 500 + '"<deep>"' + "}" * 500
    answer = Client().post(
        "/v1/track",
        f'{{"event":"e","userId":"u","properties":{nested}}}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {caller_for(workspace, 'ingest').secret}"},
    )
    assert answer.status_code == 200
    with tenancy.scope(workspace.pk):
        event = Event.objects.values_list("pk", flat=True).get()
    page = client_as("viewer").get(reverse("data_event", args=[workspace.slug, event]))
    assert page.status_code == 200
    assert "&lt;deep&gt;" in page.content.decode()
