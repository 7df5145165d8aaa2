"""Past days: asked for, waited for, and shown as they were known."""

import datetime as dt
from collections.abc import Callable

from django.test import Client

from cs_platform.core import clock, tenancy
from metrics.kpis.actions.as_of import MOST_WAITING
from metrics.kpis.models import AsOfRequest, Period
from metrics.kpis.periods import month_start
from metrics.surveys.rollup import roll_up_results
from tests.kpis.stored import Shelf, start, text_of
from tests.surveys.answers import a_survey, answer


class TestPastDays:
    def test_a_day_not_computed_yet_is_asked_for_once_and_survives_a_reload(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        start(stocked)
        client = client_as("viewer")
        asked = stocked.today - dt.timedelta(days=10)
        for _load in range(2):
            text = text_of(client.get(f"{url('metric', 'grr')}?as_of={asked}"))
            assert "Computing the figures as of" in text
        with tenancy.scope(stocked.workspace.pk):
            request = AsOfRequest.objects.get()
            assert request.as_of == asked
            request.state = AsOfRequest.State.FAILED
            request.save()
        # the next load asks again
        assert "Waiting for a worker" in text_of(client.get(f"{url('metrics')}?as_of={asked}"))
        period = stocked.period(series=Period.Series.AS_OF, as_of=asked)
        stocked.figures(period, grr=0.77)
        answer = client.get(f"{url('metric', 'grr')}?as_of={asked}")
        assert answer.context["card"].value == "77.0%"
        assert "As it would have been shown at the end of" in text_of(answer)

    def test_periods_without_a_figure_keep_their_place_in_the_trend(
        self, shelf: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        shelf.figures(shelf.period("month"))
        shelf.period("month", back=1)
        shelf.figures(shelf.period("month", back=2))
        answer = client_as("viewer").get(url("metric", "grr") + "?period=month")
        text_of(answer)
        chart = answer.context["trend"]
        assert len(chart.rows) == 3
        assert chart.figure["layout"]["xaxis"]["categoryarray"] == [row[0] for row in chart.rows]

    def test_looking_at_pages_cannot_queue_work_without_end(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        start(stocked)
        client = client_as("viewer")
        days = [stocked.today - dt.timedelta(days=10 + n) for n in range(MOST_WAITING + 3)]
        for asked in days:
            text = text_of(client.get(f"{url('metrics')}?as_of={asked}"))
        assert f"{MOST_WAITING} other past days are being computed" in text
        assert 'hx-trigger="every 2s"' not in text
        assert "No figures yet" not in text
        japanese = text_of(
            client.get(f"{url('metrics')}?as_of={days[-1]}", headers={"Accept-Language": "ja"})
        )
        assert f"ほかに{MOST_WAITING}件の過去の日付を計算しています" in japanese
        with tenancy.scope(stocked.workspace.pk):
            assert AsOfRequest.objects.count() == MOST_WAITING

    def test_days_that_cannot_be(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        start(stocked)
        client = client_as("viewer")
        for text in ("soon", "2026-02-30", "9999-01-01", "1000-01-01", "%00"):
            answer = client.get(f"{url('metrics')}?as_of={text}")
            assert answer.context["lens"].problem, text
            assert answer.context["period"] is not None
        answer = client.get(f"{url('metrics')}?as_of=2001-01-01")
        assert "Nobody was a customer" in text_of(answer)
        with tenancy.scope(stocked.workspace.pk):
            assert not AsOfRequest.objects.exists()

    def test_satisfaction_ends_with_the_day(
        self, stocked: Shelf, client_as: Callable[..., Client], url: Callable[..., str]
    ) -> None:
        """What was answered later in the same month, or came to be known later, is not told."""
        zone = stocked.workspace.timezone
        first = month_start(stocked.today, -1)
        with tenancy.scope(stocked.workspace.pk):
            survey = a_survey()
            for score, given, known in ((9, 0, 0), (9, 1, 1), (2, 1, 9), (2, 8, 8)):
                at, known_at = (
                    clock.day_start(first + dt.timedelta(days=days), zone)
                    for days in (given, known)
                )
                answer(survey, score, at=at, known_at=known_at)
            roll_up_results(stocked.now)
        client = client_as("viewer")
        for days, people in ((0, 1), (5, 2), (8, 3), (9, 4)):
            asked = (first + dt.timedelta(days=days)).isoformat()
            page = client.get(url("metrics_satisfaction"), {"as_of": asked, "period": "month"})
            (nps,) = page.context["scales"]
            assert nps["n"] == people, asked
        before = (first - dt.timedelta(days=1)).isoformat()
        page = client.get(url("metrics_satisfaction"), {"as_of": before})
        assert page.context["scales"] == []
        # the day is named, and is no work for those who compute KPIs
        text = text_of(page)
        assert f'value="{before}"' in text
        assert "with what was known then" in text
        with tenancy.scope(stocked.workspace.pk):
            assert not AsOfRequest.objects.exists()
