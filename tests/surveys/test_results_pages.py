"""Pages of results, comments, themes, loops and the planner: what they show, and to whom."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actors import Actor
from accounts.imports.engine import import_rows
from accounts.imports.kinds import KINDS
from accounts.imports.mapping import BadMapping, check_columns, parse_mapping
from accounts.imports.reader import read_table
from accounts.models import Account, DirtyAccount, Task, Workspace
from cs_platform.core import clock, tenancy
from metrics import statistics
from metrics.surveys.actions.follow_ups import open_follow_up
from metrics.surveys.actions.themes import create_theme
from metrics.surveys.models import CountedAnswer, FollowUp, Response, ResponseTheme
from metrics.surveys.rollup import has_work, roll_up_results
from tests.surveys.answers import a_contact, a_survey, an_account, answer, asks_score

ACTOR = Actor.system("tests")


def rolled_up() -> None:
    while roll_up_results(clock.now()) or has_work():
        pass


@pytest.fixture
def told(workspace: Workspace, cast: Any) -> dict[str, Any]:
    """A survey with 40 answers of this month and the one before, one of them bad, with a theme."""
    now = clock.now()
    with tenancy.scope(workspace.pk):
        survey = a_survey(name="Quarterly NPS")
        account = an_account("Kita", owner=cast["csm"], segment="enterprise", stage="value")
        theme = create_theme(
            actor=ACTOR, now=now, name="Speed", factor="hygiene", driver="product_quality",
            keywords="slow, 遅い",
        )  # fmt: skip
        for n in range(40):
            contact = a_contact(account, f"Person {n}")
            score = (10, 9, 8, 3)[n % 4]
            when = now - dt.timedelta(days=45 if n % 2 else 0, minutes=n)
            answer(survey, score, at=when, contact=contact, touchpoint="renewal")
        bad = answer(
            survey, 1, at=now - dt.timedelta(minutes=2), contact=a_contact(account, "Ota"),
            comment='=HYPERLINK("http://evil.example") とても遅い<script>alert(1)</script>',
        )  # fmt: skip
        loop = open_follow_up(now=now, response=bad)
        rolled_up()
    return {
        "survey": survey, "account": account, "theme": theme, "bad": bad, "loop": loop,
        "home": f"/w/{workspace.slug}/surveys/",
    }  # fmt: skip


def test_the_results_page_tells_the_figure_with_its_sureness(
    told: dict[str, Any], client_as: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    client = client_as("viewer")
    address = f"{told['home']}{told['survey'].pk}/results/"
    with django_assert_max_num_queries(26):
        page = client.get(address)
    figure = page.context["figure"]
    expected = statistics.nps(20, 10, 11)
    assert figure == expected
    text = page.content.decode()
    assert "21.95" not in text
    assert f"{figure.value:.1f}" in text
    assert page.context["change"] is None
    month = client.get(f"{address}?by=month&cut=touchpoint")
    assert month.context["change"] is not None
    assert "within noise" in month.content.decode() or not month.context["change"].is_noise
    assert {part["label"] for part in month.context["parts"]} == {"renewal", "(none)"}
    assert client.get(f"{address}?by=nonsense&from=x&cut=y").status_code == 200


def test_the_page_is_live_and_says_nothing_where_nothing_changed(
    told: dict[str, Any], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("viewer")
    address = f"{told['home']}{told['survey'].pk}/results/"
    seen = client.get(address).context["version"]
    htmx = {"HX-Request": "true", "HX-Target": "results"}
    assert client.get(f"{address}?seen={seen}", headers=htmx).status_code == 204
    with tenancy.scope(workspace.pk):
        answer(told["survey"], 10, at=clock.now())
        rolled_up()
    fresh = client.get(f"{address}?seen={seen}", headers=htmx)
    assert fresh.status_code == 200
    assert fresh.context["tally"].n == 42
    assert "<html" not in fresh.content.decode()


def test_all_surveys_together_and_none_at_all(
    told: dict[str, Any], client_as: Callable[..., Client], rival_workspace: Workspace
) -> None:
    page = client_as("viewer").get(f"{told['home']}results/")
    assert page.context["figure"].n == 41
    assert client_as("viewer").get(f"{told['home']}results/?scale=ces7").status_code == 200
    rival = client_as("viewer", of=rival_workspace)
    empty = rival.get(f"/w/{rival_workspace.slug}/surveys/results/")
    assert "No answers yet" in empty.content.decode()


def test_without_answers_those_held_back_are_told(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    with tenancy.scope(workspace.pk):
        survey = a_survey()
        address = f"/w/{workspace.slug}/surveys/{survey.pk}/results/"
        client = client_as("viewer")
        assert "suspected robot" not in client.get(address).content.decode()
        for _ in range(2):
            answer(survey, 0, is_suspected_robot=True)
        rolled_up()
    page = client.get(address).content.decode()
    assert "No answers yet" in page
    assert "2 suspected robots not counted" in page


def test_figures_and_comments_leave_as_csv_without_formulas(
    told: dict[str, Any], client_as: Callable[..., Client]
) -> None:
    client = client_as("viewer")
    figures = client.get(f"{told['home']}{told['survey'].pk}/results/export/")
    lines = b"".join(figures.streaming_content).decode().splitlines()
    assert any('"segment","Enterprise",41' in line for line in lines)
    found = client.get(f"{told['home']}comments/export/")
    text = b"".join(found.streaming_content).decode()
    assert "'=HYPERLINK" in text
    assert '"Speed"' in text


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("q=トテモ", True), ("q=とても 遅い", True), ("q=速い", False), ("q=%25", False),
        ("group=bad", True), ("group=good", False), ("theme=none", False), ("theme=99999", False),
        ("segment=enterprise", True), ("segment=small", False), ("until=2001-01-01", False),
        ("since=2001-01-01", True), ("since=0000-00-00&survey=x&theme=y", True),
    ],
)  # fmt: skip
def test_comments_are_searched_and_filtered(
    told: dict[str, Any], client_as: Callable[..., Client], query: str, is_found: bool
) -> None:
    page = client_as("viewer").get(f"{told['home']}comments/?{query}")
    assert bool(page.context["page"].rows) is is_found
    assert "<script>alert" not in page.content.decode()


def test_themes_are_confirmed_and_taken_off_on_the_page(
    told: dict[str, Any], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    address = f"{told['home']}comments/{told['bad'].pk}/tag/"
    agent, theme = client_as("agent"), told["theme"]

    def tag() -> ResponseTheme:
        with tenancy.scope(workspace.pk):
            return ResponseTheme.objects.get()

    assert tag().is_automatic
    assert agent.post(address, {"theme": theme.pk, "verb": "confirm"}).status_code == 200
    assert not tag().is_automatic
    agent.post(address, {"theme": theme.pk, "verb": "remove"})
    assert tag().is_removed
    for body in ({"theme": "x", "verb": "add"}, {"theme": theme.pk, "verb": "y"}, {}):
        assert agent.post(address, body).status_code == 404
    assert client_as("viewer").post(address, {"theme": theme.pk, "verb": "add"}).status_code == 403


def test_themes_are_made_changed_and_shown(
    told: dict[str, Any], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client, home = client_as("csm"), f"{told['home']}themes/"
    form = {"name": "Price", "factor": "hygiene", "driver": "price_value", "keywords": "高い"}
    assert client.post(f"{home}new/", form).status_code == 303
    taken = client.post(f"{home}new/", form)
    assert taken.status_code == 422
    assert "There is a theme of this name." in taken.content.decode()
    one = f"{home}{told['theme'].pk}/"
    assert client.post(f"{one}edit/", {**form, "name": "Pace"}).status_code == 303
    assert "Pace" in client.get(home).content.decode()
    # a theme of comments is not the theme of the page
    client.cookies["theme"] = "dark"
    shown = client.get(one)
    assert shown.status_code == 200
    assert 'data-theme="dark"' in shown.content.decode()
    assert client.post(f"{home}defaults/").status_code == 303


def test_the_loop_is_closed_on_its_page(
    told: dict[str, Any], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client = client_as("csm")
    one = f"{told['home']}follow-ups/{told['loop'].pk}/"
    assert "Ota" in client.get(f"{told['home']}follow-ups/").content.decode()
    assert "Ota" not in client.get(f"{told['home']}follow-ups/?state=resolved").content.decode()
    assert client.get(one).status_code == 200
    assert client.post(f"{one}contacted/").status_code == 303
    assert client.post(f"{one}resolve/", {"note": ""}).status_code == 422
    assert client.post(f"{one}resolve/", {"note": "Called, fixed"}).status_code == 303
    assert client.post(f"{one}resolve/", {"note": "Again"}).status_code == 422
    assert client.post(f"{one}nonsense/").status_code == 404
    with tenancy.scope(workspace.pk):
        assert FollowUp.objects.get().note == "Called, fixed"
        assert Task.objects.get().done_at is not None
    assert client_as("viewer").post(f"{one}reopen/").status_code == 403


def test_the_account_tells_what_its_people_answered(
    told: dict[str, Any], workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    client, pk = client_as("viewer"), told["account"].pk
    base = f"/w/{workspace.slug}/accounts/{pk}/"
    page = client.get(f"{base}satisfaction/")
    (part,) = page.context["parts"]
    assert part["figure"] == statistics.nps(20, 10, 11)
    text = page.content.decode()
    assert "Ota" in text
    assert f"follow-ups/{told['loop'].pk}/" in text
    timeline = client.get(f"{base}timeline/?kind=answer").content.decode()
    assert "NPS: 1 of 10" in timeline
    today = client_as("csm").get(f"/w/{workspace.slug}/today/?scope=team")
    assert told["bad"].pk in [row.response_id for row in today.context["answers"]]
    assert "NPS" in today.content.decode()


@pytest.mark.parametrize(
    ("query", "answers", "invitations"),
    [
        ("kind=share&margin=5&response_rate=35", 385, 1_100),
        ("kind=nps&margin=2&response_rate=100", 9_604, 9_604),
        ("kind=share&margin=5&population=1000&response_rate=10", 278, 2_780),
    ],
)
def test_the_planner_says_how_many_to_ask(
    workspace: Workspace, client_as: Callable[..., Client], query: str, answers: int,
    invitations: int,
) -> None:  # fmt: skip
    page = client_as("viewer").get(f"/w/{workspace.slug}/surveys/sample-size/?{query}")
    plan = page.context["plan"]
    assert (plan.answers, plan.invitations) == (answers, invitations)
    assert plan.is_out_of_reach is ("population" in query)


def test_the_planner_refuses_nonsense(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    for query in ("margin=0&kind=share&response_rate=10", "margin=x&kind=y&response_rate=0"):
        page = client_as("viewer").get(f"/w/{workspace.slug}/surveys/sample-size/?{query}")
        assert page.status_code == 200
        assert page.context["plan"] is None


# --- past answers by import ------------------------------------------------------------------

MAPPING = {
    "columns": {
        "external_id": "No", "score": "Score", "comment": "Words",
        "happened_at": {"column": "Day", "format": "%Y/%m/%d"}, "contact_external_id": "Who",
    },
    "constants": {"survey_external_id": "old"},
}  # fmt: skip
FILE = """No,Score,Words,Day,Who
1,10,Good,2025/01/05,anna
2,3,遅い,2025/02/05,anna
3,,Only words,2025/02/06,
4,11,Too much,2025/02/07,
5,8,Nobody,2025/02/08,zoe
6,8,Late,2150/02/08,
"""


def take(workspace: Workspace, text: str = FILE, **how: Any) -> Any:
    mapping = parse_mapping(json.dumps(MAPPING), KINDS["responses"])
    table = read_table(text.encode())
    check_columns(mapping, table.columns)
    return import_rows(
        "responses", table.rows, mapping, workspace=workspace, actor=ACTOR, now=clock.now(), **how
    )


def test_past_answers_are_imported_once_with_their_errors(workspace: Workspace) -> None:
    with tenancy.scope(workspace.pk):
        asks_score(a_survey(external_id="old"))
        a_contact(an_account("Kita"), "anna")
    trial = take(workspace, dry_run=True)
    assert trial.outcomes == {"created": 3, "rejected": 3}
    with tenancy.scope(workspace.pk):
        assert not Response.objects.exists()
    report = take(workspace)
    assert report.outcomes == {"created": 3, "rejected": 3}
    wrong = {(issue.row_number, issue.code) for issue in report.issues}
    assert {row for row, _code in wrong} == {5, 6, 7}
    assert {(6, "unknown_contact"), (7, "in_future")} <= wrong
    with tenancy.scope(workspace.pk):
        rows = Response.objects.order_by("external_id")
        assert [row.score for row in rows] == [10, 3, None]
        assert all(row.is_historical and row.known_at == row.happened_at for row in rows)
        assert {row.channel for row in rows} == {"import"}
        assert not FollowUp.objects.exists()
        assert DirtyAccount.objects.filter(account_id=Account.objects.get().pk).exists()
        rolled_up()
        assert CountedAnswer.objects.count() == 3
    again = take(workspace)
    assert again.outcomes == {"unchanged": 3, "rejected": 3}


def test_a_mapping_without_what_an_answer_needs_is_refused(workspace: Workspace) -> None:
    with pytest.raises(BadMapping, match="happened_at"):
        parse_mapping({"columns": {"external_id": "No"}}, KINDS["responses"])
    with pytest.raises(BadMapping, match="no field shoe"):
        parse_mapping({"columns": {"shoe": "No"}}, KINDS["responses"])


def test_an_answer_scores_its_account_again(workspace: Workspace) -> None:
    from cs_platform.pipeline import refresh_workspace
    from health.models import AccountCurrent, ScoreDay

    now = clock.now()
    with tenancy.scope(workspace.pk):
        account = an_account("Kita", stage="adoption")
        contact = a_contact(account, "anna")
        survey = asks_score(a_survey())
    refresh_workspace(workspace.pk, now)
    with tenancy.scope(workspace.pk):
        from metrics.surveys.actions.answers import record_answer

        record_answer(
            now=now, survey=survey, answers={"score": 2}, channel="embed", contact=contact,
        )  # fmt: skip
    refresh_workspace(workspace.pk, now)
    with tenancy.scope(workspace.pk):
        row = ScoreDay.objects.get(account_id=account.pk)
        assert row.raw[11] == -100
        assert AccountCurrent.objects.get(account=account).account_id == account.pk
        assert CountedAnswer.objects.get().score == 2
