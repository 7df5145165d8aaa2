"""Invented people: names with readings, departments, titles, fictional telephone numbers."""

from dataclasses import dataclass

import numpy as np

from cs_platform.demo.firms import Firm
from cs_platform.demo.words import read_json

_WORDS = read_json("people")


@dataclass(frozen=True)
class Person:
    """A contact at a customer, and the user id of that person's usage events."""

    external_id: str
    name: str
    name_reading: str
    email: str
    phone: str
    department: str
    title: str
    language: str
    consent: str
    is_champion: bool
    is_decision_maker: bool
    user_id: str


def _fictional_phone(country: str, rng: np.random.Generator) -> str:
    """A number that rings nowhere: unassigned or set aside for fiction."""
    four, two = int(rng.integers(0, 10_000)), int(rng.integers(0, 100))
    if country == "JP":
        area = ("3", "6", "52", "92")[int(rng.integers(0, 4))]
        return f"+81-{area}-0000-{four:04d}"
    return {
        "US": f"+1-{(212, 312, 415, 512)[two % 4]}-555-01{two:02d}",
        "GB": f"+44-20-7946-0{four % 1000:03d}",
        "DE": f"+49-30-23125-{four % 1000:03d}",
        "SG": f"+65-0000-{four:04d}",
        "AU": f"+61-2-5550-{four:04d}",
        "FR": f"+33-1-99-00-{two:02d}-{four % 100:02d}",
    }[country]


def full_name(language: str, country: str, rng: np.random.Generator) -> tuple[str, str, str]:
    """(name, reading, romanised "given.family") of somebody."""
    pool = "JP" if language == "ja" else country if country in ("DE", "FR", "SG") else "US"
    givens, families = _WORDS[f"{pool} given"], _WORDS[f"{pool} family"]
    given = givens[int(rng.integers(0, len(givens)))]
    family = families[int(rng.integers(0, len(families)))]
    if pool == "JP":
        return f"{family[0]} {given[0]}", f"{family[1]} {given[1]}", f"{given[2]}.{family[2]}"
    mail = f"{given[0]}.{family[0]}".lower().replace(" ", "")
    return f"{given[0]} {family[0]}", f"{given[1]}・{family[1]}", mail


def make_people(firm: Firm, rng: np.random.Generator, density: float = 1.0) -> tuple[Person, ...]:
    """Contacts of a firm: one to seven, the first the champion, the second the decision-maker."""
    mean = {"enterprise": 5.5, "mid_market": 3.5, "small": 2.0, "startup": 1.8}[firm.segment]
    count = int(np.clip(1 + rng.poisson((mean - 1) * min(density, 1.0)), 1, min(7, firm.seats)))
    roles = _WORDS[f"roles {firm.language}"]
    order = rng.permutation(len(roles))
    people, taken = [], set()
    for index in range(count):
        name, reading, mail = full_name(firm.language, firm.country, rng)
        if mail in taken:
            mail = f"{mail}{index + 1}"
        taken.add(mail)
        department, title = roles[int(order[index % len(roles)])]
        people.append(
            Person(
                external_id=f"{firm.external_id}-c{index + 1}",
                name=name,
                name_reading=reading,
                email=f"{mail}@{firm.domain}",
                phone=_fictional_phone(firm.country, rng),
                department=department,
                title=title,
                language=firm.language,
                consent=("given", "given", "given", "unknown", "refused")[int(rng.integers(0, 5))],
                is_champion=index == 0,
                is_decision_maker=index == min(1, count - 1),
                user_id=f"{firm.external_id}-u{index + 1}",
            )
        )
    return tuple(people)
