"""The list of comments: words however short, filters however rare, a bounded look each time."""

import datetime as dt
from typing import Any

import pytest

from accounts.models import Workspace
from metrics.surveys.models import Response
from metrics.surveys.queries import comments
from metrics.surveys.queries.comments import CommentFilters, look
from metrics.surveys.rollup import roll_up_results
from tests.surveys.answers import NOW, a_contact, a_survey, an_account, answer

ZONE = "Asia/Tokyo"


def told(text: str, *, days_ago: int = 0, score: int = 9, **fields: Any) -> Response:
    when = NOW - dt.timedelta(days=days_ago)
    return answer(fields.pop("survey"), score, comment=text, at=when, **fields)


def found(cursor: str | None = None, *, limit: int = 30, **filters: Any) -> comments.Look:
    while roll_up_results(NOW):
        pass
    return look(CommentFilters(**filters), zone=ZONE, cursor=cursor, limit=limit)


def texts(shown: comments.Look) -> list[str]:
    return [row.response.comment for row in shown.rows]


@pytest.mark.parametrize(("rare", "probe"), [(2_000, 1_000), (2_000, 1), (0, 1)])
def test_words_of_any_length_are_found(
    scoped: Workspace, monkeypatch: pytest.MonkeyPatch, rare: int, probe: int
) -> None:
    monkeypatch.setattr(comments, "RARE", rare)
    monkeypatch.setattr(comments, "PROBE", probe)
    survey = a_survey()
    for age, text in enumerate(
        ("画面が重い", "とても遅い", "UI is fine", "100% 遅くて重い", "hello")
    ):
        told(text, days_ago=age, survey=survey)
    assert texts(found(text="重い")) == ["画面が重い", "100% 遅くて重い"]
    assert texts(found(text="オモイ")) == []
    assert texts(found(text="遅")) == ["とても遅い", "100% 遅くて重い"]
    assert texts(found(text="遅 重い")) == ["100% 遅くて重い"]
    assert texts(found(text="遅くて")) == ["100% 遅くて重い"]
    assert texts(found(text="ｕｉ")) == ["UI is fine"]
    assert texts(found(text="0%")) == ["100% 遅くて重い"]
    assert texts(found(text="_")) == []
    assert texts(found(text="い 画")) == ["画面が重い"]
    assert texts(found(text="  ")) == texts(found())


def test_one_look_goes_so_far_and_says_so(
    scoped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "LOOK", 4)
    survey = a_survey()
    for age in range(10):
        told(f"comment {age}", days_ago=age, score=1 if age in (0, 5, 9) else 9, survey=survey)
    first = found(group="bad")
    assert texts(first) == ["comment 0"]
    assert (first.next_cursor, first.back_to) == (None, NOW - dt.timedelta(days=3))
    second = found(first.further, group="bad")
    assert texts(second) == ["comment 5"]
    assert second.previous_cursor is not None
    last = found(second.further, group="bad")
    assert (texts(last), last.further) == (["comment 9"], None)
    # back again, however far that is
    back = found(last.previous_cursor, group="bad")
    assert texts(back) == ["comment 0", "comment 5"]
    # a full page is a page like any other
    full = found(group="good", limit=2)
    assert (texts(full), full.further) == (["comment 1", "comment 2"], None)
    assert texts(found(full.next_cursor, group="good", limit=2)) == ["comment 3", "comment 4"]
    # without filters, and where an index knows them all, nothing is left to look for
    assert found().further is None
    assert (texts(found(text="comment 9")), found(text="comment 9").further) == (
        ["comment 9"],
        None,
    )


def test_an_accounts_comments_are_all_looked_at(
    scoped: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "LOOK", 2)
    survey, kita = a_survey(), an_account("Kita")
    told("old and bad", days_ago=300, score=1, survey=survey, contact=a_contact(kita, "Ota"))
    for age in range(5):
        told(f"other {age}", days_ago=age, survey=survey)
    shown = found(account=kita.pk, group="bad")
    assert (texts(shown), shown.further) == (["old and bad"], None)


def test_a_stale_cursor_is_the_first_page(scoped: Workspace) -> None:
    told("only", survey=a_survey())
    assert texts(found("nonsense")) == ["only"]
