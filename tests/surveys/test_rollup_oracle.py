"""Sums of answers against the same rule in plain Python; what was known of them on a day."""

import datetime as dt
from collections import Counter
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Workspace
from cs_platform.core.clock import local_date
from metrics.surveys import scales
from metrics.surveys.models import Response, ResultFigure, Span
from metrics.surveys.queries import results
from metrics.surveys.rollup import roll_up_results
from tests.surveys.answers import NOW, a_contact, a_survey, an_account, answer, day
from tests.surveys.test_rollup import mark, rolled_up


def known_then(span: str, moment: dt.datetime) -> dict[tuple[dt.date, int], int]:
    """(period, score) → people, of NPS as known at the end of a day."""
    found = results.known_counts(span, since=results.EVER, as_of=moment.date())
    months = found.get(scales.NPS, {})
    return {(start, score): n for start, by in months.items() for score, n in by.items()}


def test_what_was_known_on_a_day_stays_so(scoped: Workspace) -> None:
    """Anna's 3 of January gives way to a 9 given before February and known after it; Ben's 5 stays.

    Her own 5, known last of all, was never her latest of January.
    """
    survey, account = a_survey(), an_account("acme")
    anna, ben = a_contact(account, "anna"), a_contact(account, "ben")
    answer(survey, 5, contact=ben, at=day("2026-01-04"))
    answer(survey, 3, contact=anna, at=day("2026-01-05"))
    rolled_up()
    answer(survey, 9, contact=anna, at=day("2026-01-20"), known_at=day("2026-02-02"))
    answer(survey, 5, contact=anna, at=day("2026-01-10"), known_at=day("2026-02-03"))
    answer(survey, 0, contact=anna, at=day("2026-02-04"))
    rolled_up()
    january, february = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    then = {
        text: known_then(Span.MONTH, day(text))
        for text in ("2026-01-04", "2026-01-05", "2026-02-01", "2026-02-02", "2026-02-04")
    }
    assert then == {
        "2026-01-04": {(january, 5): 1},
        "2026-01-05": {(january, 5): 1, (january, 3): 1},
        "2026-02-01": {(january, 5): 1, (january, 3): 1},
        "2026-02-02": {(january, 5): 1, (january, 9): 1},
        "2026-02-04": {(january, 5): 1, (january, 9): 1, (february, 0): 1},
    }
    # both months are of one fiscal quarter
    assert known_then(Span.QUARTER, day("2026-02-03")) == {(january, 5): 1, (january, 9): 1}
    assert known_then(Span.QUARTER, day("2026-02-04")) == {(january, 5): 1, (january, 0): 1}


PEOPLE = ["c0", "c1", "c2", "r0", "anonymous"]
events = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.integers(0, 1),  # the survey
        st.integers(0, 10),
        st.integers(0, 500),  # days before now
        st.booleans(),  # robot
        st.sampled_from([0, 0, 3, 40, 200]),  # days until it came to be known
    ),
    max_size=14,
)


def expected(rows: list[Response], scope: int, span: str, zone: str = "Asia/Tokyo") -> Counter:
    """(period, score) → people, by the words of the definition."""

    def start(found: Response) -> dt.date:
        on = local_date(found.happened_at, zone)
        if span == Span.EVER:
            return results.EVER
        if span == Span.MONTH:
            return on.replace(day=1)
        since_april = (on.month - 4) % 12
        back = since_april % 3 if span == Span.QUARTER else since_april
        months = on.year * 12 + on.month - 1 - back
        return dt.date(months // 12, months % 12 + 1, 1)

    latest: dict[Any, Response] = {}
    for found in sorted(rows, key=lambda r: (r.happened_at, r.pk)):
        if found.is_suspected_robot or (scope and found.survey_id != scope):
            continue
        person = found.contact_id or (
            (found.survey_id, found.respondent) if found.respondent else -found.pk
        )
        latest[person, start(found)] = found
    return Counter((period, found.score) for (_person, period), found in latest.items())


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(first=events, later=events, changes=st.lists(st.integers(0, 13), max_size=3))
def test_sums_kept_step_by_step_are_those_counted_at_once(
    first: list[Any], later: list[Any], changes: list[int], scoped: Workspace
) -> None:
    with transaction.atomic():
        surveys = [a_survey(), a_survey()]
        account = an_account("acme")
        people = {name: a_contact(account, name) for name in PEOPLE[:3]}
        for batch in (first, later):
            for who, which, score, ago, is_robot, late in batch:
                at = NOW - dt.timedelta(days=ago)
                answer(
                    surveys[which], score, at=at, known_at=at + dt.timedelta(days=late),
                    contact=people.get(who), respondent=who if who == "r0" else "",
                    is_suspected_robot=is_robot,
                )  # fmt: skip
            roll_up_results(NOW, at_once=5)
            rolled_up()
        rows = list(Response.objects.order_by("pk"))
        for index in changes:
            if index < len(rows):
                rows[index].score = 10 - rows[index].score
                rows[index].is_suspected_robot = not rows[index].is_suspected_robot
                rows[index].save()
                mark(rows[index])
        rows = list(Response.objects.order_by("pk"))
        for scope in (0, surveys[0].pk, surveys[1].pk):
            for span in Span.values:
                stored = ResultFigure.objects.filter(scope=scope, span=span, n__gt=0)
                for dimension in ("", "channel"):
                    kept = {
                        (figure.starts_on, figure.score): figure.n
                        for figure in stored.filter(dimension=dimension)
                    }
                    assert kept == dict(expected(rows, scope, span)), (scope, span, dimension)
        assert not ResultFigure.objects.filter(n__lt=0).exists()
        for back in range(-210, 510, 30):
            end = NOW - dt.timedelta(days=back)
            known = [row for row in rows if max(row.known_at, row.happened_at) <= end]
            for span in (Span.MONTH, Span.QUARTER):
                assert known_then(span, end) == dict(expected(known, 0, span)), (span, back)
        transaction.set_rollback(True)
