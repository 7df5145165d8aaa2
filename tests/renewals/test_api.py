"""Renewals in the API."""

from collections.abc import Callable

import pytest

from accounts.models import Subscription, Workspace
from health.renewals.models import Renewal, RenewalForecast, RenewalNote
from tests.api.conftest import Caller, api, caller_for, problem, rival_api  # noqa: F401
from tests.renewals.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def renewal(start: Callable[..., Subscription], look: Callable[..., list[Renewal]]) -> Renewal:
    contract = start(
        "S-1", "2026-01-01", term_months=12, seats=10, notice_deadline_on=day("2026-11-15")
    )
    return look(contract)[0]


def test_list_and_read(renewal: Renewal, api: Caller) -> None:  # noqa: F811
    (item,) = api.get("renewals").json()["items"]
    assert item["account_external_id"] == "A-1"
    assert (item["subscription_external_id"], item["arr"]) == ("S-1", "12000.0000")
    assert (item["step"], item["term_ends_on"], item["version"]) == ("untouched", "2026-12-31", 1)
    answer = api.get(f"renewals/{renewal.pk}")
    assert answer.json() == item
    assert answer["ETag"]
    for query, count in (
        ("step=quoted", 0), ("is_open=false", 0), ("ends_before=2026-12-31", 0),
        ("ends_since=2026-12-31", 1), ("deadline_before=2026-11-16", 1), ("account=A-1", 1),
        ("segment=small", 0), ("sort=-arr", 1), ("fields=id,step", 1),
    ):  # fmt: skip
        assert len(api.get(f"renewals?{query}").json()["items"]) == count, query
    problem(api.get("renewals?step=nowhere"), 400, "bad_parameter")
    problem(api.get("renewals/999999"), 404, "not_found")


def test_move_and_forecast(renewal: Renewal, api: Caller) -> None:  # noqa: F811
    body = {
        "step": "quoted", "next_step": "Order", "due_on": "2026-11-20", "csm_category": "likely",
        "csm_amount": "9000", "final_category": "commit",
    }  # fmt: skip
    answer = api.patch(f"renewals/{renewal.pk}", body)
    assert answer.status_code == 200, answer.content
    item = answer.json()
    assert {name: item[name] for name in ("step", "next_step", "due_on", "csm_category")} == {
        "step": "quoted", "next_step": "Order", "due_on": "2026-11-20", "csm_category": "likely",
    }  # fmt: skip
    assert (item["csm_amount"], item["final_category"], item["version"]) == (
        "9000.0000", "commit", 4,
    )  # fmt: skip
    assert RenewalNote.objects.get().author_label == "API key Nightly sync"
    # sent again it changes nothing, and is answered alike
    again = api.patch(f"renewals/{renewal.pk}", body)
    assert again.json() == item
    assert RenewalForecast.objects.count() == 2
    # a forecast is taken back by null
    back = api.patch(f"renewals/{renewal.pk}", {"final_category": None})
    assert back.json()["final_category"] == ""
    assert RenewalForecast.objects.filter(forecaster="final").count() == 2


def test_edits_cannot_collide(renewal: Renewal, api: Caller) -> None:  # noqa: F811
    etag = api.get(f"renewals/{renewal.pk}")["ETag"]
    first = api.patch(f"renewals/{renewal.pk}", {"step": "quoted"}, **{"If-Match": etag})
    assert first["ETag"] != etag
    late = api.patch(f"renewals/{renewal.pk}", {"step": "agreed"}, **{"If-Match": etag})
    problem(late, 412, "precondition_failed")
    assert Renewal.objects.get().step == "quoted"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"step": "renewed"}, "unknown_choice"),
        ({"step": 3}, "wrong_type"),
        ({"steps": "quoted"}, "unknown_field"),
        ({"due_on": "soon"}, "not_a_date"),
        ({"csm_category": "maybe"}, "unknown_choice"),
        ({"csm_category": "risk", "csm_amount": -1}, None),
        ([], "wrong_type"),
    ],
)
def test_what_is_refused(
    renewal: Renewal,
    api: Caller,  # noqa: F811
    body: object,
    code: str | None,
) -> None:
    answer = api.patch(f"renewals/{renewal.pk}", body)
    assert answer.status_code == 422, answer.content
    if code:
        assert answer.json()["code"] == code
    renewal.refresh_from_db()
    assert renewal.version == 1


def test_another_firm_does_not_see_it(
    renewal: Renewal,
    workspace: Workspace,
    rival_api: Caller,  # noqa: F811
) -> None:
    assert rival_api.get("renewals").json()["items"] == []
    problem(rival_api.get(f"renewals/{renewal.pk}"), 404, "not_found")
    problem(rival_api.patch(f"renewals/{renewal.pk}", {"step": "quoted"}), 404, "not_found")
