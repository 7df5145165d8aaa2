"""The closed loop: opened by bad answers alone, once, with a task; moved on and closed."""

import datetime as dt
from typing import Any

import pytest
from django.utils import translation

from accounts.actors import Actor
from accounts.models import AuditEntry, Task, Workspace
from cs_platform.core.errors import DomainError
from metrics.surveys.actions.follow_ups import (
    mark_contacted,
    open_follow_up,
    reopen,
    resolve,
    working_day,
)
from metrics.surveys.models import FollowUp
from metrics.surveys.queries import follow_ups
from tests.surveys.answers import NOW, a_contact, a_survey, an_account, answer

ACTOR = Actor.system("tests")


@pytest.mark.parametrize(
    ("kind", "ces_scale", "score", "opens"),
    [
        ("nps", 5, 6, True), ("nps", 5, 7, False), ("nps", 5, 0, True),
        ("csat", 5, 2, True), ("csat", 5, 3, False),
        ("ces", 5, 4, True), ("ces", 5, 3, False), ("ces", 5, 1, False),
        ("ces", 7, 2, True), ("ces", 7, 3, False), ("ces", 7, 7, False),
    ],
)  # fmt: skip
def test_bad_answers_alone_open_a_loop(
    scoped: Workspace, kind: str, ces_scale: int, score: int, opens: bool
) -> None:
    response = answer(a_survey(kind, ces_scale=ces_scale), score)
    assert (open_follow_up(now=NOW, response=response) is not None) is opens


def test_the_accounts_owner_gets_one_task_with_a_day(scoped: Workspace, cast: Any) -> None:
    account = an_account("acme", owner=cast["csm"])
    response = answer(a_survey(), 3, contact=a_contact(account, "Anna"))
    found = open_follow_up(now=NOW, response=response)
    assert found is not None
    assert open_follow_up(now=NOW, response=response) == found
    task = Task.objects.get()
    # Tuesday 3 March and two working days
    assert (task.owner, task.due_on, task.account) == (cast["csm"], dt.date(2026, 3, 5), account)
    assert task.title == "NPS 3 of 10 from Anna: contact them"
    with translation.override("ja"):
        assert task.text == "Anna様のNPS回答 3（10点満点）：連絡してください"
    assert (found.task, found.owner, found.due_on) == (task, cast["csm"], task.due_on)


def test_somebody_else_does_where_the_account_has_no_owner(scoped: Workspace, cast: Any) -> None:
    nobody = open_follow_up(now=NOW, response=answer(a_survey(), 3))
    made = a_survey(created_by=cast["csm"])
    theirs = open_follow_up(now=NOW, response=answer(made, 3))
    assert nobody is not None
    assert theirs is not None
    assert (nobody.owner, theirs.owner) == (cast["manager"], cast["csm"])


def test_robots_and_history_open_none(scoped: Workspace) -> None:
    survey = a_survey()
    for fields in ({"is_suspected_robot": True}, {"is_historical": True}):
        assert open_follow_up(now=NOW, response=answer(survey, 0, **fields)) is None
    assert not Task.objects.exists()


def test_a_loop_is_moved_on_closed_and_opened_again(scoped: Workspace, cast: Any) -> None:
    found = open_follow_up(now=NOW, response=answer(a_survey(), 3))
    assert found is not None
    actor = Actor.of(cast["csm"])
    later = NOW + dt.timedelta(hours=1)
    assert mark_contacted(actor=actor, now=later, follow_up=found).contacted_at == later
    again = mark_contacted(actor=actor, now=later + dt.timedelta(hours=1), follow_up=found)
    assert again.contacted_at == later
    with pytest.raises(DomainError) as refused:
        resolve(actor=actor, now=later, follow_up=found, note=" \x00 ")
    assert (refused.value.code, refused.value.field) == ("note_required", "note")
    done = resolve(actor=actor, now=later, follow_up=found, note="Refunded")
    assert (done.state, done.note, done.resolved_at) == ("resolved", "Refunded", later)
    assert Task.objects.get().done_at == later
    for act in (mark_contacted, lambda **how: resolve(note="x", **how)):
        with pytest.raises(DomainError) as closed:
            act(actor=actor, now=later, follow_up=found)
        assert closed.value.code == "already_resolved"
    assert reopen(actor=actor, now=later, follow_up=found).state == FollowUp.State.CONTACTED
    assert AuditEntry.objects.filter(action="follow_up_resolved").count() == 1


def test_overdue_is_what_nobody_has_been_contacted_about(scoped: Workspace, cast: Any) -> None:
    survey = a_survey(created_by=cast["csm"])
    first, second = (open_follow_up(now=NOW, response=answer(survey, 3)) for _ in range(2))
    assert second is not None
    mark_contacted(actor=ACTOR, now=NOW, follow_up=second)
    due, later = dt.date(2026, 3, 5), dt.date(2026, 3, 6)
    assert follow_ups.counts(today=due) == {"open": 2, "overdue": 0}
    assert follow_ups.counts(today=later) == {"open": 2, "overdue": 1}
    assert follow_ups.counts(today=later, owner=cast["agent"]) == {"open": 0, "overdue": 0}
    assert follow_ups.open_count(survey=survey) == 2
    assert first in follow_ups.open_follow_ups(owner=cast["csm"])


@pytest.mark.parametrize(
    ("day", "after", "expected"),
    [
        ("2026-03-05", 2, "2026-03-09"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 1, "2026-03-09"),
        ("2026-03-02", 5, "2026-03-09"),
        ("2026-03-02", 0, "2026-03-02"),
    ],
)
def test_weekends_are_no_working_days(day: str, after: int, expected: str) -> None:
    assert working_day(dt.date.fromisoformat(day), after).isoformat() == expected
