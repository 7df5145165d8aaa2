"""The API of the metrics."""

import datetime as dt
from typing import Any

import pytest

from accounts.models import Workspace
from cs_platform.core import tenancy
from metrics.kpis.actions.as_of import MOST_WAITING
from metrics.kpis.definitions import KPIS
from metrics.kpis.models import AsOfRequest, Period
from tests.api.conftest import Caller, MakeCaller, api, caller_for, problem, rival_api  # noqa: F401
from tests.kpis.stored import Shelf, start


@pytest.fixture
def shelf(workspace: Workspace) -> Shelf:
    """Two trailing years with figures."""
    shelf = Shelf(workspace)
    shelf.figures(shelf.period())
    shelf.figures(shelf.period(back=1), grr=0.8)
    return shelf


def answered(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_all_of_a_period(shelf: Shelf, api: Caller) -> None:  # noqa: F811
    found = answered(api.get("metrics"))
    items = {item["name"]: item for item in found["items"]}
    assert list(items) == list(KPIS)
    assert found["period"]["is_open"] is True
    grr = items["grr"]
    assert (grr["unit"], grr["good"], grr["currency"]) == ("share", "up", None)
    assert grr["current"] == {
        "figure": 0.85, "low": pytest.approx(0.8), "high": pytest.approx(0.9), "n": 100,
        "numerator": "85.0000", "denominator": "100.0000", "missing": 0,
    }  # fmt: skip
    assert items["mrr"]["currency"] == "JPY"


def test_one_with_its_trend_and_cut(shelf: Shelf, api: Caller) -> None:  # noqa: F811
    found = answered(api.get("metrics/grr?cut=segment"))
    assert [point["figure"]["figure"] for point in found["trend"]] == [0.8, 0.85]
    assert {row["value"]: row["label"] for row in found["cut"]} == {
        "small": "Small business",
        "enterprise": "Enterprise",
    }
    start_on = found["trend"][0]["period"]["starts_on"]
    closed = answered(api.get(f"metrics/grr?start={start_on}&periods=1"))
    assert closed["current"]["figure"] == 0.8
    assert closed["cut"] is None
    assert len(closed["trend"]) == 1


def test_a_restated_period_shows_both(shelf: Shelf, api: Caller) -> None:  # noqa: F811
    shelf.figures(shelf.period(back=1, series=Period.Series.RESTATED), grr=0.7)
    first = answered(api.get("metrics/grr"))["trend"][0]
    assert (first["figure"]["figure"], first["restated"]["figure"]) == (0.8, 0.7)
    assert first["period"]["is_restated"] is True


def test_a_past_day_is_202_until_it_is_there(shelf: Shelf, api: Caller) -> None:  # noqa: F811
    start(shelf)
    asked = shelf.today - dt.timedelta(days=10)
    for address in (f"metrics/grr?as_of={asked}", f"metrics?as_of={asked}"):
        answer = api.get(address)
        assert answer.status_code == 202
        assert answer["Location"].endswith(address)
        assert int(answer["Retry-After"]) > 0
        assert answer.json()["state"] == "queued"
    with tenancy.scope(shelf.workspace.pk):
        assert AsOfRequest.objects.count() == 1
    shelf.figures(shelf.period(series=Period.Series.AS_OF, as_of=asked), grr=0.66)
    found = answered(api.get(f"metrics/grr?as_of={asked}"))
    assert found["current"]["figure"] == 0.66
    assert found["period"]["as_of"] == asked.isoformat()


def test_past_days_wait_in_a_queue_with_an_end(shelf: Shelf, api: Caller) -> None:  # noqa: F811
    start(shelf)
    for number in range(MOST_WAITING):
        assert api.get(f"metrics?as_of={_ago(shelf, 10 + number)}").status_code == 202
    problem(api.get(f"metrics?as_of={_ago(shelf, 30)}"), 429, "too_many_days")
    with tenancy.scope(shelf.workspace.pk):
        assert AsOfRequest.objects.count() == MOST_WAITING


def _ago(shelf: Shelf, days: int) -> dt.date:
    return shelf.today - dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("metrics/nonsense", 404, "not_found"),
        ("metrics?period=week", 400, "bad_parameter"),
        ("metrics?as_of=2199-01-01", 400, "in_future"),
        ("metrics?as_of=2001-01-01", 422, "before_first_contract"),
        ("metrics?start=2001-01-01", 404, "no_period"),
        ("metrics/grr?cut=reason", 400, "bad_parameter"),
        ("metrics/grr?periods=0", 400, "bad_parameter"),
        ("metrics/grr?colour=red", 400, "unknown_parameter"),
    ],
)
def test_what_cannot_be_is_refused(
    shelf: Shelf,
    api: Caller,  # noqa: F811
    address: str,
    status: int,
    code: str,
) -> None:
    problem(api.get(address), status, code)


def test_an_empty_workspace_and_a_rival(
    shelf: Shelf,
    rival_api: Caller,  # noqa: F811
) -> None:
    found = answered(rival_api.get("metrics"))
    assert found["period"] is None
    assert all(item["current"] is None for item in found["items"])
    assert answered(rival_api.get("metrics/grr?cut=segment"))["cut"] == []


def test_the_key_must_be_allowed_to_read(
    shelf: Shelf,
    caller_for: MakeCaller,  # noqa: F811
) -> None:
    problem(caller_for(shelf.workspace, "write").get("metrics"), 403, "missing_scope")
