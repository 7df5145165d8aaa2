"""Surveys at a million answers and invitations: what a page takes, and what one answer costs."""

import datetime as dt
import time
from typing import Any

from bench import world
from bench.harness import Result, percentile, told
from bench.pages import _Browser, _deep, _session
from bench.people import workspace_with_key
from bench.stack import Stack

_TABLES = (
    "accounts_contact",
    "surveys_answer",
    "surveys_choicefigure",
    "surveys_countedanswer",
    "surveys_followup",
    "surveys_invitation",
    "surveys_knownfigure",
    "surveys_response",
    "surveys_responsetheme",
    "surveys_resultfigure",
    "surveys_resultmark",
    "surveys_surveycount",
    "surveys_themefigure",
)
_KINDS = ("nps", "csat", "ces", "hearing")
_ROUNDS = 30


def run(stack: Stack, scale: str) -> list[Result]:
    """Every page and list of surveys, the roll-up of everything, and of one answer more."""
    accounts, people, each = (2_000, 5, 5) if scale == "small" else (20_000, 5, 10)
    answers = accounts * people * each
    workspace, key = workspace_with_key("bench-surveys", ["read"])
    results = []
    if not world.is_filled(workspace):
        with told(f"filling {answers:,} answers"):
            world.fill(workspace, accounts=accounts, days=2, share=1)
            _fill(workspace, people, each)
        with told("counting them all"):
            seconds = _roll_up(workspace)
        results.append(
            Result(
                f"roll-up: {answers:,} answers at once", "absolute, per answer",
                1e6 * seconds / answers, "µs", None, None, more_is_better=False,
            )
        )  # fmt: skip
    _settle()
    surveys, account, theme = _ids(workspace)
    with told("counting one more"):
        one_more = [_one_more(workspace, surveys["nps"]) for _ in range(20)]
    with told("scoring an account of theirs"):
        dirty = _score_one(workspace)
    against = f"absolute, {answers:,} answers"
    results += [
        Result(
            f"roll-up: one answer more after {answers:,}, p95", "absolute",
            percentile(one_more, 0.95), "ms", 200, 100, more_is_better=False, rounds=one_more,
        ),
        Result(
            "scoring: one account with answers, p95", against, percentile(dirty, 0.95), "ms",
            200, 100, more_is_better=False, rounds=dirty,
        ),
    ]  # fmt: skip
    person = _Browser(stack, {"Cookie": _session(workspace)})
    api = _Browser(stack, {"Authorization": f"Bearer {key}"})
    home = f"/w/{workspace.slug}"
    with told("pages"):
        for name, path in _pages(surveys, account, theme).items():
            times = person.times(f"{home}/{_quoted(path)}", _ROUNDS)
            results.append(
                Result(
                    f"page: {name}, p95", against, percentile(times, 0.95), "ms", 200, 80,
                    more_is_better=False, rounds=times,
                )
            )  # fmt: skip
    with told("lists of the API"):
        for name, path in _lists(api, surveys["nps"], answers).items():
            times = api.times(path, _ROUNDS)
            results.append(
                Result(
                    f"API: {name}, p95", against, percentile(times, 0.95), "ms", 200, 80,
                    more_is_better=False, rounds=times,
                )
            )  # fmt: skip
    return results


def _pages(surveys: dict[str, int], account: int, theme: int) -> dict[str, str]:
    """Paths by the name they are told by: every sort of page, cut, filter and search."""
    past = dt.date.today() - dt.timedelta(days=100)  # noqa: DTZ011 - any past day
    nps, hearing = f"surveys/{surveys['nps']}/", f"surveys/{surveys['hearing']}/"
    paths = {
        "surveys": "surveys/",
        "a survey": nps,
        "results over surveys": "surveys/results/",
        "results, choices": f"{hearing}results/",
        "planner": "surveys/sample-size/",
        "follow-ups": "surveys/follow-ups/",
        "follow-ups, overdue": "surveys/follow-ups/?state=overdue",
        "follow-ups of a survey": f"surveys/follow-ups/?survey={surveys['nps']}",
        "follow-ups, resolved": "surveys/follow-ups/?state=resolved",
        "themes": "surveys/themes/",
        "a theme": f"surveys/themes/{theme}/",
        "audience": f"{nps}audience/",
        "audience, estimated": f"{nps}audience/preview/?sample=all",
        "satisfaction of an account": f"accounts/{account}/satisfaction/",
        "comments": "surveys/comments/",
        "the monthly report": "reports/",
        "satisfaction as of a past day": f"metrics/satisfaction/?as_of={past:%Y-%m-%d}",
    }
    for span in ("ever", "month", "quarter", "year"):
        for cut in ("segment", "plan", "stage", "owner", "channel", "touchpoint", "agent"):
            paths[f"results by {span}, cut by {cut}"] = f"{nps}results/?by={span}&cut={cut}"
    for name, query in {
        "bad": "group=bad",
        "on a theme": f"theme={theme}",
        "on no theme": "theme=none",
        "of a segment": "segment=enterprise&group=bad",
        "of an account": f"account={account}",
        "of two months": "since=2025-01-01&until=2025-03-01&group=good",
        "with a common word": "q=release",
        "with a common word of two characters": "q=遅く",
        "with a rare word of two characters": "q=返金",
        "with two short words": "q=表示 担当",
        "with one character": "q=遅",
        "with a word nobody wrote": "q=nowhere",
        "with a word of two characters nobody wrote": "q=馬耳",
        "with two letters nobody wrote": "q=zq",
    }.items():
        paths[f"comments {name}"] = f"surveys/comments/?{query}"
    return paths


def _lists(api: _Browser, survey: int, answers: int) -> dict[str, str]:
    """Lists of the API by name: their first page and one deep in them."""
    lists = {
        "surveys": "/api/v1/surveys?limit=50",
        "responses": "/api/v1/responses?limit=50",
        "responses of a survey": f"/api/v1/responses?limit=50&survey={survey}",
        "invitations": "/api/v1/invitations?limit=50",
        "invitations, bounced": "/api/v1/invitations?limit=50&state=bounced",
        "invitations of a survey": f"/api/v1/surveys/{survey}/invitations?limit=50",
    }
    for name in ("responses", "invitations"):
        cursor, row = _deep(api, name, min(answers // 10, 20_000))
        lists[f"{name}, from row {row:,}"] = f"{lists[name]}&cursor={cursor}"
    return lists


def _score_one(workspace: Any) -> list[float]:
    """Milliseconds that scoring one account takes, whose people have answered for two years."""
    from accounts.models import Account
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from health.scoring import score_accounts

    found = []
    with scope(workspace.pk):
        ids = list(Account.objects.order_by("id").values_list("pk", flat=True)[:21])
    for account_id in ids:
        start = time.perf_counter()
        with scope(workspace.pk):
            score_accounts(now=clock.now(), account_ids=[account_id])
        found.append((time.perf_counter() - start) * 1000)
    return found[1:]


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/?&=")


def _fill(workspace: Any, people: int, each: int) -> None:
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.surveys.models import Survey

    now = clock.now()
    with scope(workspace.pk):
        for kind in _KINDS:
            Survey.objects.create(
                kind=kind, name=kind, state="open", created_at=now, updated_at=now
            )
    with world.as_owner() as cursor:
        cursor.execute(
            world.text("fill_answers"),
            {"workspace_id": workspace.pk, "people": people, "each": each},
        )
    _settle()


def _settle() -> None:
    """What autovacuum does in time."""
    with world.as_owner() as cursor:
        for table in _TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def _ids(workspace: Any) -> tuple[dict[str, int], int, int]:
    """Surveys by kind, an account and a theme."""
    from accounts.models import Account
    from cs_platform.core.tenancy import scope
    from metrics.surveys.models import Survey, Theme

    with scope(workspace.pk):
        return (
            dict(Survey.objects.values_list("kind", "pk")),
            Account.objects.order_by("id").values_list("pk", flat=True)[10],
            Theme.objects.order_by("id").values_list("pk", flat=True)[0],
        )


def _roll_up(workspace: Any) -> float:
    """Seconds that the worker's turns take together."""
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.surveys.rollup import roll_up_results

    start, done = time.perf_counter(), 0
    while True:
        with scope(workspace.pk):
            count = roll_up_results(clock.now())
        if not count:
            return time.perf_counter() - start
        if not done:
            _settle()
        done += count


def _one_more(workspace: Any, survey_id: int) -> float:
    """Milliseconds from the mark to the sums, for one new answer of somebody who has answered."""
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.surveys.actions.marks import mark_results
    from metrics.surveys.models import Response
    from metrics.surveys.rollup import roll_up_results

    now = clock.now()
    with scope(workspace.pk):
        earlier = Response.objects.filter(survey_id=survey_id).order_by("id")
        model = earlier[int(now.microsecond) % 1000]
        response = Response.objects.create(
            survey_id=survey_id, contact_id=model.contact_id, account_id=model.account_id,
            kind="nps", score=9, scale=10, comment="slow today", channel="mail",
            happened_at=now, known_at=now,
        )  # fmt: skip
        mark_results([response.pk])
    start = time.perf_counter()
    with scope(workspace.pk):
        roll_up_results(now)
    return (time.perf_counter() - start) * 1000
