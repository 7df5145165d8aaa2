"""How figures are written; every expectation was written down by hand."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from cs_platform.core.templatetags import formats

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("written", "en", "ja"),
    [
        (lambda: formats.number(1234567), "1,234,567", "1,234,567"),
        (lambda: formats.number(Decimal("1234.56"), 1), "1,234.6", "1,234.6"),
        (lambda: formats.number(-3), f"{MINUS}3", f"{MINUS}3"),
        (lambda: formats.number(None), "—", "—"),
        (lambda: formats.number(0), "0", "0"),
        (lambda: formats.percent(0.256), "26%", "26%"),
        (lambda: formats.percent(Decimal("1.0421"), 1), "104.2%", "104.2%"),
        (lambda: formats.signed(3.24, 1), "+3.2", "+3.2"),
        (lambda: formats.signed(-1.5, 1), f"{MINUS}1.5", f"{MINUS}1.5"),
        (lambda: formats.signed(-0.04, 1), "0.0", "0.0"),
        (lambda: formats.points(0.012), "+1.2 pt", "+1.2ポイント"),
        (lambda: formats.money(Decimal("1234567.5"), "JPY"), "¥1,234,568", "￥1,234,568"),
        (lambda: formats.money(Decimal("-1234.5"), "USD"), f"{MINUS}$1,234.50", f"{MINUS}$1,234.50"),  # noqa: E501
        (lambda: formats.money_short(48_200_000, "JPY"), "¥48.2M", "￥4820万"),
        (lambda: formats.money_short(9_999, "JPY"), "¥9,999", "￥9,999"),
        (lambda: formats.day(dt.date(2026, 11, 3)), "Nov 3, 2026", "2026/11/03"),
        (lambda: formats.day(None), "—", "—"),
        (lambda: formats.month_short(dt.date(2026, 9, 30)), "Sep 2026", "2026年9月"),
        (lambda: formats.exchange_rate(Decimal("161.600000")), "161.60", "161.60"),
        (lambda: formats.exchange_rate(Decimal("0.006189")), "0.006189", "0.006189"),
        (lambda: formats.tier("mid_touch"), "Mid touch", "ミドルタッチ"),
        (lambda: formats.tier("platinum"), "platinum", "platinum"),
        (lambda: formats.labelled("Due", 3), "Due: 3", "Due：3"),
        (lambda: formats.listed(["a", "b"]), "a, b", "a、b"),
    ],
)  # fmt: skip
def test_figures(written: Any, en: str, ja: str) -> None:
    with translation.override("en"):
        assert written() == en
    with translation.override("ja"):
        assert written() == ja


def test_moments_are_told_in_the_zone_of_the_workspace() -> None:
    moment = dt.datetime(2026, 11, 3, 20, 5, tzinfo=dt.UTC)
    with timezone.override("Asia/Tokyo"), translation.override("ja"):
        assert formats.moment(moment) == "2026/11/04 05:05"
        assert formats.day(moment) == "2026/11/04"
    with timezone.override("America/New_York"), translation.override("en"):
        assert formats.moment(moment) == "Nov 3, 2026, 15:05"
        assert formats.clock_time(moment) == "15:05:00"


@pytest.mark.parametrize(
    ("distance", "en", "ja"),
    [
        (dt.timedelta(minutes=-3), "3 minutes ago", "3分前"),
        (dt.timedelta(days=-13), "13 days ago", "13日前"),
        (dt.timedelta(days=45), "in 45 days", "45日後"),
        (dt.timedelta(days=-400), "13 months ago", "13か月前"),
    ],
)
def test_distances(
    monkeypatch: pytest.MonkeyPatch, distance: dt.timedelta, en: str, ja: str
) -> None:
    now = dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC)
    monkeypatch.setattr("cs_platform.core.clock.now", lambda: now)
    for language, expected in (("en", en), ("ja", ja)):
        with translation.override(language):
            assert f">{expected}</time>" in formats.ago(now + distance)


def test_a_day_is_counted_from_the_local_today(monkeypatch: pytest.MonkeyPatch) -> None:
    late = dt.datetime(2026, 11, 3, 20, tzinfo=dt.UTC)  # already the 4th in Tokyo
    monkeypatch.setattr("cs_platform.core.clock.now", lambda: late)
    with timezone.override("Asia/Tokyo"), translation.override("en"):
        assert ">today</time>" in formats.ago(dt.date(2026, 11, 4))
        assert ">1 day ago</time>" in formats.ago(dt.date(2026, 11, 3))
