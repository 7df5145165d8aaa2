"""The pages of the renewals: what they show, who may do what, and how many queries that takes."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.actions.accounts import create_account
from accounts.actors import Actor
from accounts.models import (
    Account,
    ContractEvent,
    ExchangeRate,
    SavedView,
    Subscription,
    Workspace,
)
from accounts.queries import matching
from cs_platform.core import clock, tenancy
from health.renewals.actions.derive import derive_renewals
from health.renewals.actions.outlook import keep_outlook
from health.renewals.actions.refresh import quarters_ahead
from health.renewals.models import Renewal
from health.renewals.wording import deadline_words
from tests.cast import Cast
from tests.renewals.conftest import NOW, at, day

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def due(start: Callable[..., Subscription], look: Callable[..., list[Renewal]]) -> list[Renewal]:
    """Two open renewals: one with a deadline in 5 days, one whose deadline is 3 days past."""
    near = start(
        "S-1", "2026-01-01", term_months=12, seats=10, notice_deadline_on=day("2026-11-15")
    )
    past = start(
        "S-2", "2025-12-07", term_months=12, seats=20, notice_deadline_on=day("2026-11-07")
    )
    return look(near, past)


def address(workspace: Workspace, path: str = "") -> str:
    return f"/w/{workspace.slug}/renewals/{path}"


def names(html: str) -> list[str]:
    """Terms in the order in which the rows show them."""
    import re

    return re.findall(r'data-href="[^"]*/renewals/(\d+)/"', html)


def test_days_are_counted_to_the_deadline() -> None:
    today = dt.date(2026, 11, 10)
    assert deadline_words(None, today) == ""
    assert deadline_words(today + dt.timedelta(days=5), today) == "5 days left to give notice"
    assert deadline_words(today + dt.timedelta(days=1), today) == "1 day left to give notice"
    assert deadline_words(today, today) == "Last day to give notice"
    assert deadline_words(today - dt.timedelta(days=3), today) == (
        "Notice deadline passed 3 days ago"
    )


def test_the_list_opens_on_one_s_own(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client], cast: Cast
) -> None:
    answer = client_as("csm").get(address(workspace))
    assert parse_qs(urlsplit(answer["Location"]).query) == {"owner": [str(cast["csm"].pk)]}
    answer = client_as("manager").get(address(workspace), follow=True)
    html = answer.content.decode()
    assert names(html) == [str(row.pk) for row in due]  # by the end of the term
    assert "5 days left to give notice" in html
    assert "Notice deadline passed 3 days ago" in html
    assert "Sakura Foods" in html


def test_it_speaks_japanese(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("viewer")
    client.cookies["django_language"] = "ja"
    html = client.get(address(workspace, "?owner=all")).content.decode()
    assert "解約申出期限まであと 5 日" in html
    assert "解約申出期限を 3 日過ぎています" in html
    assert "未着手" in html


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("owner=all", ["2026-12-06", "2026-12-31"]),
        ("owner=none", []),
        ("owner=all&segment=enterprise", ["2026-12-06", "2026-12-31"]),
        ("owner=all&segment=small", []),
        ("owner=all&step=quoted", ["2026-12-31"]),
        ("owner=all&step=closed", []),
        ("owner=all&window=30", ["2026-12-06"]),
        ("owner=all&window=quarter", ["2026-12-06", "2026-12-31"]),
        ("owner=all&window=next-quarter", []),
        ("owner=all&window=overdue", []),
        ("owner=all&deadline=7", ["2026-12-31"]),
        ("owner=all&deadline=past", ["2026-12-06"]),
        ("owner=all&band=none", ["2026-12-06", "2026-12-31"]),
        ("owner=all&band=red", []),
        ("owner=all&forecast=missing", ["2026-12-06"]),
        ("owner=all&sort=-term_ends_on", ["2026-12-31", "2026-12-06"]),
        ("owner=all&sort=-arr", ["2026-12-06", "2026-12-31"]),
        ("owner=all&sort=nonsense", ["2026-12-06", "2026-12-31"]),
        ("owner=all&cursor=nonsense", ["2026-12-06", "2026-12-31"]),
    ],
)
def test_filters_and_sorts(
    due: list[Renewal],
    workspace: Workspace,
    client_as: Callable[..., Client],
    query: str,
    terms: list[str],
) -> None:
    Renewal.objects.filter(term_ends_on="2026-12-31").update(
        step="quoted", open_step="quoted", csm_category="risk"
    )
    by_id = {str(row.pk): str(row.term_ends_on) for row in due}
    html = client_as("viewer").get(address(workspace, f"?{query}")).content.decode()
    assert [by_id[pk] for pk in names(html)] == terms
    csv = client_as("viewer").get(address(workspace, f"export/?{query}"))
    lines = b"".join(csv.streaming_content).decode().splitlines()
    assert len(lines) == 1 + len(terms)


def test_what_a_url_says_that_is_not_understood_is_said(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    html = client_as("viewer").get(address(workspace, "?owner=all&step=x&band=y")).content.decode()
    assert "“x” is no step to filter by; it was ignored." in html
    assert "“y” is no band to filter by; it was ignored." in html


def test_paging_walks_everything_once(
    start: Callable[..., Subscription], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    import re

    ids = [start(f"S-{n}", "2026-01-01", term_months=12).pk for n in range(120)]
    derive_renewals(now=NOW, subscription_ids=ids)
    client, seen, path = client_as("viewer"), [], address(workspace, "?owner=all")
    while path:
        html = client.get(path).content.decode()
        seen += names(html)
        found = re.search(r'rel="next" href="([^"]+)"', html)
        path = address(workspace, found[1].replace("&amp;", "&")) if found else ""
    assert len(seen) == len(set(seen)) == 120


def test_the_calendar_shows_the_month(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("viewer")
    html = client.get(address(workspace, "calendar/?owner=all&month=2026-12")).content.decode()
    assert html.count("calendar-item") == 2
    assert "2 renewals" in html
    html = client.get(address(workspace, "calendar/?owner=all&month=2026-11")).content.decode()
    assert html.count("calendar-item") == 0
    assert "2 notice deadlines" in html
    for nonsense in ("2026-13", "x", "0001-01", "9999-12"):
        answer = client.get(address(workspace, f"calendar/?owner=all&month={nonsense}"))
        assert answer.status_code == 200


def test_many_on_one_day_are_counted_and_the_dearest_named(
    start: Callable[..., Subscription], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    ids = [start(f"S-{n}", "2026-01-01", term_months=12, unit_price=n).pk for n in range(1, 8)]
    derive_renewals(now=NOW, subscription_ids=ids)
    html = (
        client_as("viewer")
        .get(address(workspace, "calendar/?owner=all&month=2026-12"))
        .content.decode()
    )
    assert html.count("calendar-item") == 3
    assert "and 4 more" in html


def test_moving_on_from_the_list(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client, renewal = client_as("csm"), due[0]
    panel = client.get(address(workspace, f"{renewal.pk}/"), headers={"HX-Request": "true"})
    assert 'name="version" value="1"' in panel.content.decode()
    answer = client.post(
        address(workspace, f"{renewal.pk}/move/"),
        {"version": 1, "step": "approached", "next_step": "Send the quote"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "renewal-changed" in answer["HX-Trigger"]
    assert "Send the quote" in answer.content.decode()
    # a second person, who had opened it before
    late = client_as("manager").post(
        address(workspace, f"{renewal.pk}/move/"),
        {"version": 1, "step": "quoted"},
        headers={"HX-Request": "true"},
    )
    html = late.content.decode()
    assert late.status_code == 422
    assert "Somebody changed this renewal" in html
    assert 'name="version" value="2"' in html  # having seen it, sending again goes through
    renewal.refresh_from_db()
    assert renewal.step == "approached"


def test_how_it_ended_goes_through_the_ledger(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    first, second = due
    client = client_as("csm")
    refused = client.post(address(workspace, f"{first.pk}/lost/"), {"version": 1})
    assert refused.status_code == 422
    assert "required" in refused.content.decode().lower()
    lost = client.post(address(workspace, f"{first.pk}/lost/"), {"version": 1, "reason": "price"})
    renewed = client.post(address(workspace, f"{second.pk}/renewed/"), {"version": 1, "seats": 12})
    assert (lost.status_code, renewed.status_code) == (303, 303)
    assert [Renewal.objects.get(pk=row.pk).step for row in due] == ["lost", "renewed"]
    kinds = set(ContractEvent.objects.values_list("kind", flat=True))
    assert kinds >= {"churn", "renewal", "upsell"}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("viewer", {"move": 403, "csm": 403, "final": 403, "renewed": 403, "lost": 403}),
        ("agent", {"move": 403, "csm": 403, "final": 403, "renewed": 403, "lost": 403}),
        ("csm", {"move": 303, "csm": 303, "final": 403, "renewed": 303}),
        ("manager", {"move": 303, "csm": 303, "final": 303, "lost": 303}),
    ],
)
def test_who_may_do_what(
    due: list[Renewal],
    workspace: Workspace,
    client_as: Callable[..., Client],
    role: str,
    expected: dict[str, int],
) -> None:
    client, renewal = client_as(role), due[0]
    bodies = {
        "move": {"step": "quoted"},
        "csm": {"category": "likely"},
        "final": {"category": "commit", "amount": "9000"},
        "renewed": {"term_months": 12},
        "lost": {"reason": "price"},
    }
    for verb, status in expected.items():
        renewal.refresh_from_db()
        answer = client.post(
            address(workspace, f"{renewal.pk}/{verb}/"),
            {"version": renewal.version, **bodies[verb]},
        )
        assert answer.status_code == status, (verb, answer.content.decode()[-2000:])
    assert client.post(address(workspace, f"{renewal.pk}/nothing/")).status_code in {403, 404}


def test_the_forecast_page_shows_the_three_side_by_side(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("viewer")
    assert (
        "No outlook of this quarter yet"
        in client.get(address(workspace, "forecast/")).content.decode()
    )
    for quarter in quarters_ahead(NOW):
        keep_outlook(now=NOW, quarter=quarter)
    for by in ("owner", "segment", "nonsense"):
        html = client.get(address(workspace, f"forecast/?by={by}&quarter=x")).content.decode()
        assert "FY2026 Q3" in html
        for forecaster in ("Model", "CSM", "Final"):
            assert f'<th scope="row">{forecaster}</th>' in html
    assert "Enterprise" in client.get(address(workspace, "forecast/?by=segment")).content.decode()


def test_calibration_says_how_many_quarters_it_has(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    html = client_as("viewer").get(address(workspace, "calibration/")).content.decode()
    assert html.count("Not yet: 0 of 4 quarters") == 3


def test_the_contract_tab_shows_them(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    account_id = due[0].account_id
    html = (
        client_as("csm")
        .get(f"/w/{workspace.slug}/accounts/{account_id}/contract/")
        .content.decode()
    )
    assert set(names(html)) == {str(row.pk) for row in due}


def test_views_are_saved(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("csm")
    answer = client.post(
        f"/w/{workspace.slug}/views/renewals/save/",
        {"name": "Deadlines", "query": "owner=all&deadline=14&cursor=x"},
    )
    assert answer.status_code == 303
    assert SavedView.objects.get().query == "owner=all&deadline=14"
    assert "Deadlines" in client.get(answer["Location"]).content.decode()


def test_text_is_neither_a_formula_nor_a_script(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client], actor: Actor
) -> None:
    due[0].account.name = "=cmd|' /C calc'!A0<script>"
    due[0].account.save()
    client = client_as("viewer")
    assert "<script>" not in client.get(address(workspace, "?owner=all")).content.decode().replace(
        "<script src", ""
    ).replace("<script type", "")
    csv = b"".join(client.get(address(workspace, "export/?owner=all")).streaming_content).decode()
    assert "\"'=cmd" in csv


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("?owner=all", 12),
        ("calendar/?owner=all&month=2026-12", 14),
        ("forecast/", 12),
        ("calibration/", 10),
    ],
)
def test_queries(
    start: Callable[..., Subscription],
    workspace: Workspace,
    client_as: Callable[..., Client],
    django_assert_max_num_queries: Callable[..., object],
    path: str,
    most: int,
) -> None:
    ids = [
        start(f"S-{n}", "2026-01-01", term_months=12, notice_deadline_on=day("2026-12-01")).pk
        for n in range(30)
    ]
    derive_renewals(now=NOW, subscription_ids=ids)
    for quarter in quarters_ahead(at("2026-11-10")):
        keep_outlook(now=at("2026-11-10"), quarter=quarter)
    client = client_as("csm")
    client.get(address(workspace, path))
    with django_assert_max_num_queries(most):
        assert client.get(address(workspace, path)).status_code == 200


def test_a_rival_s_renewal_does_not_exist(
    due: list[Renewal],
    rival_workspace: Workspace,
    client_as: Callable[..., Client],
) -> None:
    client = client_as("owner", of=rival_workspace)
    for path in (f"{due[0].pk}/", f"{due[0].pk}/move/"):
        answer = client.get(address(rival_workspace, path))
        assert answer.status_code in {404, 405}
    answer = client.post(
        address(rival_workspace, f"{due[0].pk}/move/"), {"version": 1, "step": "quoted"}
    )
    assert answer.status_code == 404
    html = client.get(address(rival_workspace, "?owner=all")).content.decode()
    assert names(html) == []
    with tenancy.scope(due[0].workspace_id):
        assert Renewal.objects.get(pk=due[0].pk).step == "untouched"


def test_money_typed_too_large_is_refused(
    due: list[Renewal], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    answer = client_as("csm").post(
        address(workspace, f"{due[0].pk}/csm/"),
        {"version": 1, "category": "risk", "amount": str(Decimal(10) ** 40)},
    )
    assert answer.status_code == 422


def test_the_list_is_searched_by_name_however_it_is_typed(
    start: Callable[..., Subscription],
    account: Account,
    look: Callable[..., list[Renewal]],
    actor: Actor,
    workspace: Workspace,
    client_as: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = create_account(
        actor=actor, now=NOW, external_id="A-2", name="株式会社きたの", name_reading="キタノ"
    )
    of_sakura = start("S-1", "2026-01-01", term_months=12)
    of_kitano = start("S-2", "2026-01-01", term_months=12, account=other)
    mine, his = look(of_sakura, of_kitano)
    client = client_as("viewer")

    def found(text: str) -> list[str]:
        answer = client.get(address(workspace), {"owner": "all", "q": text})
        return names(answer.content.decode())

    assert found("sAKURA") == found("ｓａｋｕｒａ foods") == found("A-1") == [str(mine.pk)]
    assert found("きたの") == found("ｷﾀﾉ") == [str(his.pk)]
    assert found("sakura kitano") == found("100%") == found("\x00nobody") == []
    assert len(found("")) == 2

    # a text with more matches than are listed is asked of each row instead: the same rows
    monkeypatch.setattr(matching, "RARE", 0)
    assert found("ｓａｋｕｒａ foods") == [str(mine.pk)]
    assert found("きたの 株式") == [str(his.pk)]
    assert found("sakura kitano") == []


def test_what_has_no_rate_is_counted_and_leads_to_the_rates(
    due: list[Renewal],
    start: Callable[..., Subscription],
    look: Callable[..., list[Renewal]],
    workspace: Workspace,
    client_as: Callable[..., Client],
) -> None:
    viewer, owner = client_as("viewer"), client_as("owner")
    assert "no exchange rate" not in viewer.get(address(workspace, "?owner=all")).content.decode()
    (dollars,) = look(start("S-3", "2026-01-01", term_months=12, currency="USD"))
    assert dollars.arr is None
    for quarter in quarters_ahead(NOW):
        keep_outlook(now=NOW, quarter=quarter)
    rates = f'href="/w/{workspace.slug}/settings/rates/"'
    for path in ("?owner=all", "calendar/?owner=all&month=2026-12", "forecast/"):
        shown = owner.get(address(workspace, path)).content.decode()
        assert "exchange rate (USD)" in shown
        assert rates in shown
        assert rates not in viewer.get(address(workspace, path)).content.decode()
    only = owner.get(address(workspace, "?owner=all&rate=missing")).content.decode()
    assert names(only) == [str(dollars.pk)]
    owner.cookies["django_language"] = "ja"
    said = owner.get(address(workspace, "?owner=all")).content.decode()
    assert "1 件の更新は為替レート（USD）がないため、金額に含まれていません。" in said
    # a rate that begins after the quarter changes the list and not the quarter
    ExchangeRate.objects.create(currency="USD", valid_from=day("2026-11-01"), rate=150)
    look(dollars.subscription)
    keep_outlook(now=NOW, quarter=quarters_ahead(NOW)[0])
    assert "（USD）" not in owner.get(address(workspace, "?owner=all")).content.decode()
    assert "（USD）" in owner.get(address(workspace, "forecast/")).content.decode()
