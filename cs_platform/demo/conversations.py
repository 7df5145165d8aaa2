"""Interactions: who talked to whom about what, and what was promised."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from cs_platform.demo.calendar import next_workday
from cs_platform.demo.firms import UTC_OFFSET
from cs_platform.demo.life import Life
from cs_platform.demo.people import Person
from cs_platform.demo.words import read_json

_TALKS = read_json("phrases")["talks"]
_KINDS = {
    "kickoff": ("meeting",),
    "training": ("meeting", "meeting", "email"),
    "regular": ("meeting", "call_out", "email"),
    "question": ("call_in", "chat", "email"),
    "praise": ("meeting", "email"),
    "expansion": ("meeting", "call_in", "email"),
    "low_usage": ("call_out", "email", "meeting"),
    "trouble": ("call_in", "email", "call_in"),
    "champion_left": ("meeting", "email", "call_out"),
    "renewal": ("meeting", "call_out", "meeting"),
    "notice": ("call_out", "meeting"),
    "note": ("note",),
}
_MINUTES = {"meeting": (30, 75), "call_in": (4, 25), "call_out": (5, 30), "chat": (5, 20)}


@dataclass(frozen=True)
class Talk:
    """One interaction, times in UTC."""

    external_id: str
    happened_at: dt.datetime
    kind: str
    duration_minutes: int | None
    person: Person | None
    sentiment: str
    summary: str
    customer_words: str
    next_step: str
    next_step_on: dt.date | None


def _sentiment(situation: str, engagement: float, rng: np.random.Generator) -> str:
    if situation == "note":
        return ""
    if situation in ("trouble", "notice"):
        return "negative"
    if situation in ("praise", "expansion"):
        return "positive"
    mood = engagement + float(rng.normal(0, 0.6))
    return "positive" if mood > 1.0 else "negative" if mood < -0.5 else "neutral"


def make_talks(
    life: Life, people: tuple[Person, ...], since: dt.date, rng: np.random.Generator
) -> list[Talk]:
    """The account's interactions from ``since`` on, in order of time."""
    firm, talks = life.firm, []
    touches = [(touch.day, touch.situation, touch.engagement) for touch in life.touches]
    for touch in life.touches:
        if rng.random() < 0.06:
            touches.append((touch.day + dt.timedelta(days=1), "note", touch.engagement))
    last_day = life.in_use[-1][1]
    for number, (day, situation, engagement) in enumerate(sorted(touches), 1):
        dice = rng.random(6)
        on = next_workday(day, firm.country)
        if on < since or on >= last_day:
            continue
        kinds = _KINDS[situation]
        kind = kinds[int(dice[0] * len(kinds))]
        texts = _TALKS[situation][firm.language]
        summary, words, step = texts[int(dice[1] * len(texts))]
        low, high = _MINUTES.get(kind, (0, 0))
        # our people work in Japan: talks with the West are held in their evening
        hour = 9 + dice[2] * 8 if UTC_OFFSET[firm.country] >= 8 else 16 + dice[2] * 5
        moment = dt.datetime.combine(on, dt.time(), dt.UTC) + dt.timedelta(
            minutes=round((hour - 9) * 12) * 5
        )
        in_days = dt.timedelta(days=4 + int(dice[3] * 17))
        talks.append(
            Talk(
                external_id=f"{firm.external_id}-i{number}",
                happened_at=moment,
                kind=kind,
                duration_minutes=int(low + dice[4] * (high - low)) if high else None,
                person=None if kind == "note" else people[int(dice[5] ** 1.5 * len(people))],
                sentiment=_sentiment(situation, engagement, rng),
                summary=summary,
                customer_words=words if kind in ("meeting", "call_in", "call_out", "chat") else "",
                next_step=step,
                next_step_on=next_workday(on + in_days, "JP") if step else None,
            )
        )
    return talks
