"""The definitions of the default scorecard once more, in plain Python over plain facts.

Written from the words of the definitions, not from the SQL: slow, and meant to be read.
"""

import datetime as dt
import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from cs_platform.core.clock import local_date
from tests.health.world import LOGIN, TOKYO, Entry, Firm

WEIGHTS = [20, 15, 10, 10, 5, 10, 15, 10, 10, 10, 5, 10, 5, 5]
BREAK_POINTS: list[list[tuple[float, float]] | None] = [
    [(0, 0), (50, 25), (80, 60), (100, 85), (120, 100)],
    [(0, 0), (20, 30), (50, 70), (80, 100)],
    [(0, 0), (4, 30), (10, 65), (20, 100)],
    None,
    None,
    [(0, 0), (1, 40), (3, 80), (5, 100)],
    [(3, 100), (7, 80), (14, 50), (30, 10), (45, 0)],
    [(14, 100), (30, 85), (60, 50), (90, 20), (120, 0)],
    [(0, 100), (14, 60), (30, 30), (60, 0)],
    [(50, 0), (80, 40), (100, 75), (120, 100)],
    [(0, 20), (30, 50), (90, 80), (180, 100)],
    [(-100, 0), (0, 50), (50, 85), (100, 100)],
    [(1, 0), (3, 40), (4, 75), (5, 100)],
    [(1, 100), (2, 80), (3, 50), (4, 20), (5, 0)],
]
SCORED_STAGES = {"onboarding", "adoption", "value", "renewal", "expansion"}


@dataclass
class Verdict:
    raw: list[float | None]
    points: list[float | None]
    coverage: float
    score: int | None
    band: str
    exceptions: list[str]
    probability: float
    expected_loss: Decimal
    mrr: Decimal


def half_up(value: float, places: int) -> float:
    return math.floor(value * 10**places + 0.5) / 10**places


def raw_values(firm: Firm, day: dt.date, until: dt.datetime) -> list[float | None]:
    uses = [
        (local_date(u.happened_at, TOKYO), u)
        for u in firm.uses
        if u.known_at <= until and u.happened_at <= until
    ]
    in_28 = [(d, u) for d, u in uses if (day - d).days < 28]
    last_seen = max((d for d, _ in uses), default=None)

    trend = None
    recent = [u for d, u in uses if 1 <= (day - d).days <= 28]
    before = [(d, u) for d, u in uses if 29 <= (day - d).days <= 112]
    if before:
        length = (day - min(d for d, _ in before)).days - 28
        if length >= 28:
            trend = half_up(100 * (len(recent) / 28) / (len(before) / length), 4)

    users = {u.user for _, u in in_28}
    logins = [u for _, u in in_28 if u.name == LOGIN]
    has_logged_in = any(u.name == LOGIN and (day - d).days <= 112 for d, u in uses)
    frequency = len(logins) / len(users) / 4 if users else 0.0

    contacts = [c for c in firm.contacts if c.kind != "note" and c.happened_at <= until]
    contacts = [c for c in contacts if c.known_at <= until]
    last_contact = max((local_date(c.happened_at, TOKYO) for c in contacts), default=None)

    late = None
    if firm.started_on and firm.started_on <= day and firm.due_on:
        if firm.completed_on is None or firm.completed_on > day:
            late = max(0, (day - firm.due_on).days)
        elif (day - firm.completed_on).days < 90:
            late = max(0, (firm.completed_on - firm.due_on).days)

    active = states(firm, day, until)
    mrr = sum((e.mrr for e in active), Decimal(0))
    mrr_before = sum((e.mrr for e in states(firm, day - dt.timedelta(days=180), until)), Decimal(0))
    ends = [e.term_ends_on for e in active if e.term_ends_on]

    return [
        trend,
        half_up(100 * len(users) / firm.seats, 4) if uses and firm.seats else None,
        float(len({d for d, _ in in_28})) if uses else None,
        float(len({u.name for _, u in in_28})) if uses else None,
        float(len(logins)) if has_logged_in else None,
        half_up(frequency, 4) if has_logged_in else None,
        float((day - last_seen).days) if last_seen else None,
        float((day - last_contact).days) if last_contact else None,
        float(late) if late is not None else None,
        half_up(100 * float(mrr) / float(mrr_before), 4) if mrr_before else None,
        float((min(ends) - day).days) if ends else None,
        *sentiment(firm, day, until),
    ]


def sentiment(firm: Firm, day: dt.date, until: dt.datetime) -> list[float | None]:
    """NPS, CSAT and CES of the account's people, each with the latest grade of a year."""
    latest: dict[tuple[str, object], float] = {}
    for number, one in enumerate(sorted(firm.grades, key=lambda g: g.happened_at)):
        age = (day - local_date(one.happened_at, TOKYO)).days
        if one.is_robot or one.happened_at > until or one.known_at > until or age >= 365:
            continue
        said = one.score
        if one.changed and one.changed[1] <= until:
            said = one.changed[0]
        graded = {
            "nps": 100.0 if said >= 9 else -100.0 if said <= 6 else 0.0,
            "csat": float(said),
            "ces": 1 + 4 * (7 - said) / 6 if one.scale == 7 else float(said),
        }[one.kind]
        latest[one.kind, one.person or number] = graded
    found: list[float | None] = []
    for kind in ("nps", "csat", "ces"):
        grades = [value for (its_kind, _), value in latest.items() if its_kind == kind]
        found.append(half_up(sum(grades) / len(grades), 4) if grades else None)
    return found


def states(firm: Firm, day: dt.date, until: dt.datetime) -> list[Entry]:
    """The last known entry of every contract that is in force on the day."""
    latest: dict[str, Entry] = {}
    for entry in firm.ledger:
        if entry.effective_on <= day and entry.known_at <= until:
            held = latest.get(entry.contract)
            if held is None or entry.effective_on >= held.effective_on:
                latest[entry.contract] = entry
    return [e for e in latest.values() if e.kind != "churn"]


def percentiles(values: list[float]) -> list[float]:
    values = sorted(values)
    found = []
    for n in range(101):
        place = n / 100 * (len(values) - 1)
        low = math.floor(place)
        high = min(low + 1, len(values) - 1)
        found.append(values[low] + (values[high] - values[low]) * (place - low))
    return found


def ranks(bounds: list[float]) -> list[tuple[float, float]]:
    return [
        (v, 100 * (sum(b < v for b in bounds) + sum(b <= v for b in bounds)) / 2 / len(bounds))
        for v in sorted(set(bounds))
    ]


def points_of(raw: float | None, line: list[tuple[float, float]] | None) -> float | None:
    if raw is None or not line:
        return None
    if raw <= line[0][0]:
        return half_up(line[0][1], 4)
    for (x0, y0), (x1, y1) in pairwise(line):
        if raw <= x1:
            return half_up(y0 + (y1 - y0) * (raw - x0) / (x1 - x0), 4)
    return half_up(line[-1][1], 4)


def judge(
    firms: list[Firm], day: dt.date, until: dt.datetime, before: dict[str, int] | None = None
) -> dict[str, Verdict]:
    """The verdict on every scored firm; ``before`` are the scores of 30 days ago."""
    scored = [f for f in firms if f.stage in SCORED_STAGES]
    raws = {f.name: raw_values(f, day, until) for f in scored}
    lines = list(BREAK_POINTS)
    for i, line in enumerate(BREAK_POINTS):
        if line is None:
            peers = [r[i] for r in raws.values() if r[i] is not None]
            lines[i] = ranks(percentiles(peers)) if peers else []
    return {
        f.name: _verdict(f, raws[f.name], lines, day, until, (before or {}).get(f.name))
        for f in scored
    }


def _verdict(firm, raw, lines, day, until, score_before) -> Verdict:
    points = [points_of(r, line) for r, line in zip(raw, lines, strict=True)]
    weight = sum(w for w, p in zip(WEIGHTS, points, strict=True) if p is not None)
    earned = sum(w * p for w, p in zip(WEIGHTS, points, strict=True) if p is not None)
    coverage = half_up(weight / sum(WEIGHTS), 4)
    active = states(firm, day, until)
    notice = any(e.notice_given_on for e in active)
    score, exceptions = None, []
    if weight and coverage >= 0.35:
        score = int(half_up(half_up(earned / weight, 6), 0))
        if notice and score > 30:
            exceptions.append("notice_given")
        if raw[6] is not None and raw[6] >= 45 and score > 39:
            exceptions.append("silent")
        score = min([score] + [{"notice_given": 30, "silent": 39}[e] for e in exceptions])
    band = ""
    if score is not None:
        band = "green" if score >= 70 else "yellow" if score >= 40 else "red"
    probability = _prior(band, active, raw[10], notice, score, score_before)
    mrr = sum((e.mrr for e in active), Decimal(0))
    loss = (probability * mrr * 12).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return Verdict(raw, points, coverage, score, band, exceptions, float(probability), loss, mrr)


def _prior(band, active, renewal, notice, score, score_before) -> Decimal:
    chance = {"green": "0.05", "yellow": "0.20", "red": "0.45", "": "0.12"}[band]
    p = Decimal(chance)
    if score is not None and score_before is not None:
        change = score - score_before
        if change <= -20:
            p *= Decimal("1.5")
        elif change <= -10:
            p *= Decimal("1.25")
        elif change >= 10:
            p *= Decimal("0.8")
    billing = min((e.billing_months for e in active), default=None)
    if renewal is None or (billing == 1 and renewal <= 31):
        p *= Decimal("0.5")
    elif renewal <= 30:
        p *= Decimal("1.5")
    elif renewal <= 90:
        p *= Decimal("1.25")
    elif renewal > 180:
        p *= Decimal("0.75")
    p = min(max(p, Decimal("0.01")), Decimal("0.95"))
    if notice:
        p = max(p, Decimal("0.9"))
    return p.quantize(Decimal("0.0001"), ROUND_HALF_UP)
