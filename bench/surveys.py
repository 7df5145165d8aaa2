"""Results of surveys at a million answers: what a page takes, and what counting an answer costs."""

import time
from typing import Any

from bench import world
from bench.harness import Result, percentile, told
from bench.pages import _Browser, _session
from bench.people import workspace_with_key
from bench.stack import Stack

_TABLES = (
    "accounts_contact",
    "surveys_countedanswer",
    "surveys_response",
    "surveys_responsetheme",
    "surveys_resultfigure",
    "surveys_themefigure",
)
_KINDS = ("nps", "csat", "ces")


def run(stack: Stack, scale: str) -> list[Result]:
    """Pages of results and comments, the roll-up of everything, and of one answer more."""
    accounts, people, each = (2_000, 5, 5) if scale == "small" else (20_000, 5, 10)
    answers = accounts * people * each
    workspace, _key = workspace_with_key("bench-surveys", ["read"])
    with told(f"filling {answers:,} answers"):
        world.fill(workspace, accounts=accounts, days=2, share=1)
        survey_id = _fill(workspace, people, each)
    with told("counting them all"):
        seconds = _roll_up(workspace)
    _analyze()
    with told("counting one more"):
        one_more = [_one_more(workspace, survey_id) for _ in range(20)]
    person = _Browser(stack, {"Cookie": _session(workspace)})
    home = f"/w/{workspace.slug}/surveys"
    results = [
        Result(
            f"roll-up: {answers:,} answers at once", "absolute, per answer",
            1e6 * seconds / answers, "µs", None, None, more_is_better=False,
        ),
        Result(
            f"roll-up: one answer more after {answers:,}, p95", "absolute",
            percentile(one_more, 0.95), "ms", 200, 100, more_is_better=False, rounds=one_more,
        ),
    ]  # fmt: skip
    with told("pages of results"):
        for path in (
            "results/", f"{survey_id}/results/", f"{survey_id}/results/?by=month&cut=owner",
            "comments/", "comments/?group=bad&theme=1", "comments/?q=release", "comments/?q=遅くて",
            "themes/", "follow-ups/",
        ):  # fmt: skip
            times = person.times(f"{home}/{_quoted(path)}", 30)
            results.append(
                Result(
                    f"page: surveys/{path.replace(str(survey_id), '…')}, p95",
                    f"absolute, {answers:,} answers", percentile(times, 0.95), "ms", 200, 80,
                    more_is_better=False, rounds=times,
                )
            )  # fmt: skip
    return results


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/?&=")


def _fill(workspace: Any, people: int, each: int) -> int:
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.surveys.models import Survey

    now = clock.now()
    with scope(workspace.pk):
        surveys = [
            Survey.objects.create(
                kind=kind, name=kind, state="open", created_at=now, updated_at=now
            )
            for kind in _KINDS
        ]
    with world.as_owner() as cursor:
        cursor.execute(
            world.text("fill_answers"),
            {"workspace_id": workspace.pk, "people": people, "each": each},
        )
    _analyze()
    return int(surveys[0].pk)


def _analyze() -> None:
    with world.as_owner() as cursor:
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


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
            _analyze()
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
