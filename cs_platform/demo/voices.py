"""What customers answer when they are asked: caused, like all else, by what they get out of it."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cs_platform.demo.conversations import Talk
from cs_platform.demo.engagement import level
from cs_platform.demo.life import Life
from cs_platform.demo.people import Person
from cs_platform.demo.words import read_json

_COMMENTS = read_json("comments")
# days before today on which everybody was asked to recommend us
NPS_ROUNDS = (500, 380, 200)
_ANSWERING = 0.42
_CSAT_CHANCE = 0.55
_CES_CHANCE = 0.4
_SUPPORT = {"call_in", "chat"}


@dataclass(frozen=True)
class Voice:
    """One answer. ``kind`` is nps, csat or ces (1–5, low is good); the time is in UTC."""

    external_id: str
    kind: str
    person: Person
    score: int
    comment: str
    happened_at: dt.datetime
    touchpoint: str = ""


def mood(life: Life, day: dt.date) -> float | None:
    """How content the customer is on a day, 0–1; None while it does not use the product."""
    if not any(start <= day < end for start, end in life.in_use):
        return None
    week = min((day - life.starts_on).days // 7, len(life.engagement) - 1)
    return level(life.engagement[week])


def recommendation(
    life: Life, person: Person, day: dt.date, rng: np.random.Generator
) -> tuple[int, str] | None:
    """Score 0–10 and comment of somebody asked on ``day``; None where no answer comes.

    The content answer more often; the champion is kinder than the others.
    """
    content = mood(life, day)
    dice = rng.random(3)
    if content is None or dice[0] > _ANSWERING * (0.6 + 0.6 * content):
        return None
    mean = 3.2 + 6.2 * content + (0.9 if person.is_champion else 0.0)
    score = int(np.clip(round(float(rng.normal(mean, 1.5))), 0, 10))
    tone = "good" if score >= 9 else "middling" if score >= 7 else "bad"
    return score, _comment(tone, person.language, dice[1:], rng)


def past_voices(life: Life, people: tuple[Person, ...], talks: list[Talk], today: dt.date,
                rng: np.random.Generator) -> list[Voice]:  # fmt: skip
    """Rounds of NPS that are over, and CSAT and CES after calls and chats."""
    voices = []
    for number, ago in enumerate(NPS_ROUNDS, 1):
        for person in people:
            day = today - dt.timedelta(days=ago - int(rng.integers(0, 15)))
            said = recommendation(life, person, day, rng)
            if said is not None:
                at = _at(day, rng)
                name = f"{person.external_id}-nps{number}"
                voices.append(Voice(name, "nps", person, *said, at))
    for talk in talks:
        if talk.kind in _SUPPORT and talk.person is not None:
            voices += _after_support(life, talk, talk.person, rng)
    return voices


def _after_support(life: Life, talk: Talk, person: Person, rng: np.random.Generator) -> list[Voice]:
    content = mood(life, talk.happened_at.date())
    dice = rng.random(4)
    if content is None:
        return []
    went = {"positive": 0.6, "neutral": 0.1, "negative": -1.2}.get(talk.sentiment, 0.0)
    found = []
    at = talk.happened_at + dt.timedelta(hours=1 + float(dice[0]) * 20)
    if dice[1] < _CSAT_CHANCE:
        mean = 3.1 + 1.3 * content + went
        score = int(np.clip(round(float(rng.normal(mean, 0.8))), 1, 5))
        tone = "good" if score >= 4 else "middling" if score == 3 else "bad"
        comment = _comment(tone, person.language, rng.random(2), rng)
        name = f"{talk.external_id}-csat"
        found.append(Voice(name, "csat", person, score, comment, at, "support"))
    if dice[2] < _CES_CHANCE:
        mean = 2.9 - 0.9 * content - 0.8 * went
        score = int(np.clip(round(float(rng.normal(mean, 0.8))), 1, 5))
        name = f"{talk.external_id}-ces"
        found.append(Voice(name, "ces", person, score, "", at, "support"))
    return found


def _comment(tone: str, language: str, dice: NDArray[np.float64], rng: np.random.Generator) -> str:
    if dice[0] > (0.75 if tone == "bad" else 0.5):
        return ""
    texts = _COMMENTS[tone]["ja" if language == "ja" else "en"]
    return str(texts[int(rng.integers(0, len(texts)))])


def _at(day: dt.date, rng: np.random.Generator) -> dt.datetime:
    """Some minute of a working day in Japan."""
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(
        minutes=int(rng.integers(0, 9 * 60))
    )
