"""Scores now, as of a day and explained; the at-risk list."""

import datetime as dt
from typing import Any

import pytest

from accounts.models import Account, Workspace
from cs_platform.core import clock, tenancy
from health.models import AccountCurrent
from health.scoring import score_accounts
from tests.api.conftest import Caller, problem
from tests.cast import Cast


@pytest.fixture
def scored(api: Caller, workspace: Workspace) -> Caller:
    """Five accounts with contracts of 1,000 to 5,000 a month and no usage, scored now."""
    accounts = [
        {"external_id": f"a-{n}", "name": f"Account {n}", "stage": "adoption"} for n in range(1, 6)
    ]
    api.post("accounts/bulk", {"items": accounts})
    contracts = [
        {
            "external_id": f"c-{n}",
            "account_external_id": f"a-{n}",
            "product": "suite",
            "starts_on": "2025-04-01",
            "term_months": 120,
            "mrr": 1000 * n,
        }
        for n in range(1, 6)
    ]
    answer = api.post("subscriptions/bulk", {"items": contracts})
    assert answer.json()["created"] == 5, answer.content
    with tenancy.scope(workspace.pk):
        score_accounts(now=clock.now())
    return api


def put_at_risk(workspace: Workspace, losses: dict[str, int | None]) -> None:
    """Give accounts a band and an expected loss, as scoring would."""
    with tenancy.scope(workspace.pk):
        for external_id, loss in losses.items():
            AccountCurrent.objects.filter(external_id=external_id).update(
                band="red", score=20, expected_loss=loss, risk_state="new"
            )


def test_the_current_health_is_what_scoring_wrote(scored: Caller, workspace: Workspace) -> None:
    answer = scored.get("health/a-3")
    assert answer.status_code == 200, answer.content
    found = answer.json()
    with tenancy.scope(workspace.pk):
        row = AccountCurrent.objects.get(external_id="a-3")
    assert found["account_external_id"] == "a-3"
    assert (found["score"], found["band"]) == (row.score, row.band)
    assert found["mrr"] == "3000.0000"
    assert found["arr"] == "36000.0000"
    assert found["day"] == row.day.isoformat()


def test_health_is_listed_by_page(scored: Caller) -> None:
    first = scored.get("health?sort=-name&limit=3&fields=account_external_id").json()
    assert [i["account_external_id"] for i in first["items"]] == ["a-5", "a-4", "a-3"]
    rest = scored.get(
        f"health?sort=-name&limit=3&fields=account_external_id&cursor={first['next_cursor']}"
    ).json()
    assert [i["account_external_id"] for i in rest["items"]] == ["a-2", "a-1"]
    assert rest["next_cursor"] is None


def test_a_past_day_is_answered_as_it_was_said(scored: Caller, workspace: Workspace) -> None:
    today = clock.local_date(clock.now(), workspace.timezone)
    now = scored.get(f"health/a-1?as_of={today}").json()
    assert now["day"] == today.isoformat()
    assert now["score"] == scored.get("health/a-1").json()["score"]
    before = today - dt.timedelta(days=1)
    problem(scored.get(f"health/a-1?as_of={before}"), 404, "not_scored")
    history = scored.get("health/a-1/history?days=7").json()["items"]
    assert [item["day"] for item in history] == [today.isoformat()]
    assert history[0] == now
    assert scored.get(f"health/a-1/history?as_of={before}").json()["items"] == []


def test_an_explanation_adds_up(scored: Caller) -> None:
    found = scored.get("health/a-1/explanation").json()
    parts = [row["contribution"] for row in found["measures"] if row["contribution"] is not None]
    assert len(found["measures"]) == 14
    assert found["average"] == pytest.approx(sum(parts))
    assert all(
        (row["points"] is None) == (row["contribution"] is None) for row in found["measures"]
    )


@pytest.mark.parametrize("rest", ["", "/history", "/explanation"])
def test_unknown_accounts_and_rivals_are_404(scored: Caller, rival_api: Caller, rest: str) -> None:
    problem(scored.get(f"health/none{rest}"), 404, "not_found")
    problem(rival_api.get(f"health/a-1{rest}"), 404, "not_found")
    assert rival_api.get("health").json()["items"] == []
    assert rival_api.get("at-risk").json()["items"] == []


@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("health/a-1?as_of=yesterday", "as_of"),
        ("health/a-1?as_of=2025-02-30", "as_of"),
        ("health/a-1?days=3", "days"),
        ("health/a-1/history?days=0", "days"),
        ("health/a-1/history?days=401", "days"),
        ("health?sort=mrr", "sort"),
        ("at-risk?reason=astrology", "reason"),
        ("at-risk?states=new,old", "states"),
        ("at-risk?cursor=x", "cursor"),
        ("at-risk?owner=no@one.example", "owner"),
        ("at-risk?sort=name", "sort"),
    ],
)
def test_a_bad_parameter_is_named(scored: Caller, address: str, parameter: str) -> None:
    answer = scored.get(address)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_a_new_account_has_no_score_yet(api: Caller) -> None:
    api.put("accounts/new", {"name": "New"})
    for address in ("health/new", "health/new/explanation"):
        problem(api.get(address), 404, "not_scored")


class TestAtRisk:
    def ids(self, answer: Any) -> list[str]:
        return [item["account_external_id"] for item in answer.json()["items"]]

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_dearest_first_over_all_pages(
        self, scored: Caller, workspace: Workspace, limit: int
    ) -> None:
        losses = {"a-1": 100, "a-2": 900, "a-3": None, "a-4": 100, "a-5": 500}
        put_at_risk(workspace, losses)
        found: list[str] = []
        cursor = ""
        while True:
            answer = scored.get(f"at-risk?limit={limit}{cursor}")
            found += self.ids(answer)
            if answer.json()["next_cursor"] is None:
                break
            cursor = f"&cursor={answer.json()['next_cursor']}"
        assert found == ["a-2", "a-5", "a-1", "a-4", "a-3"]

    def test_filters_cut(self, scored: Caller, workspace: Workspace, cast: Cast) -> None:
        put_at_risk(workspace, {"a-1": 100, "a-2": 900})
        with tenancy.scope(workspace.pk):
            AccountCurrent.objects.filter(external_id="a-1").update(
                owner=cast["csm"], snoozed_until=dt.date(2999, 1, 1)
            )
        email = cast["csm"].user.email
        assert "a-1" not in self.ids(scored.get("at-risk"))
        assert self.ids(scored.get(f"at-risk?owner={email}")) == []
        mine = scored.get(f"at-risk?owner={email}&with_snoozed=true")
        assert self.ids(mine) == ["a-1"]
        assert mine.json()["items"][0]["owner_email"] == email
        assert self.ids(scored.get("at-risk?band=red&with_snoozed=true")) == ["a-2", "a-1"]
        assert self.ids(scored.get("at-risk?states=saved,lost")) == []
        assert self.ids(scored.get("at-risk?segment=enterprise")) == []

    def test_few_queries(
        self, scored: Caller, workspace: Workspace, django_assert_max_num_queries: Any
    ) -> None:
        put_at_risk(workspace, dict.fromkeys(["a-1", "a-2", "a-3"], 5))
        scored.get("at-risk")
        with django_assert_max_num_queries(7):
            scored.get("at-risk")
        with tenancy.scope(workspace.pk):
            assert Account.objects.count() == 5
