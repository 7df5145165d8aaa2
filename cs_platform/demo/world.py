"""The whole world of one seed: accounts one after the other, none of them kept."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cs_platform.demo import catalogue, usage
from cs_platform.demo.contracts import add_months
from cs_platform.demo.conversations import Talk, make_talks
from cs_platform.demo.firms import Firm, make_firm
from cs_platform.demo.life import Life, live
from cs_platform.demo.people import Person, full_name, make_people
from cs_platform.demo.voices import Voice, past_voices
from cs_platform.demo.words import read_json

_PHRASES = read_json("phrases")
# each account draws from streams of its own, so that one part never shifts another
_FIRM, _PEOPLE, _LIFE, _TALKS, _USAGE, _VOICES = range(6)
_RATES, _MEMBERS = 2**31, 2**31 + 1
_LATEST = 1_000
# events per account and month at which seats have their usual numbers
_USUAL_DENSITY = 1_500 / 18
_YEARS_BEFORE = 2.5


@dataclass(frozen=True)
class Settings:
    """What to make: ``events`` in all over the last ``months`` before ``today`` (exclusive)."""

    accounts: int
    events: int
    months: int
    seed: int
    today: dt.date
    csms: int = 5

    @property
    def since(self) -> dt.date:
        """First day of usage."""
        return add_months(self.today, -self.months)


@dataclass(frozen=True)
class Member:
    """Somebody of the firm that uses the product."""

    name: str
    mail: str
    language: str
    role: str
    load: float = 1.0


@dataclass(frozen=True)
class Customer:
    """An account with everything but its usage."""

    life: Life
    people: tuple[Person, ...]
    owner: int
    # who looked after it before, and since when the present owner does
    first_owner: int
    handed_over_on: dt.date | None
    handover_note: str
    goals: str
    talks: list[Talk]

    @property
    def firm(self) -> Firm:
        return self.life.firm

    def owner_on(self, day: dt.date) -> int:
        """Index of the member who looked after the account on ``day``."""
        is_new = self.handed_over_on is None or day >= self.handed_over_on
        return self.owner if is_new else self.first_owner


@dataclass(frozen=True)
class World:
    """A pure function of its settings: the same settings give the same world, byte for byte."""

    settings: Settings

    def _rng(self, number: int, stream: int) -> np.random.Generator:
        return np.random.default_rng((self.settings.seed, number, stream))

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """A CS manager who owns the workspace, the CSMs, an agent and a viewer, in this order.

        The second CSM looks after too many accounts: contacts are rarer there.
        """
        rng = self._rng(_MEMBERS, 0)
        roles = ["owner", *(["csm"] * self.settings.csms), "agent", "viewer"]
        members, taken = [], set()
        for index, role in enumerate(roles):
            language, country = ("en", "US") if index in (3, 5) else ("ja", "JP")
            name, _, mail = full_name(language, country, rng)
            while mail in taken:
                name, _, mail = full_name(language, country, rng)
            taken.add(mail)
            load = 1.7 if index == 2 else float(rng.uniform(0.75, 1.15))
            members.append(Member(name, mail, language, role, load))
        return tuple(members)

    @cached_property
    def rates(self) -> list[catalogue.Rate]:
        """Exchange rates from before the first contract to today."""
        start = self.settings.since - dt.timedelta(days=round(365 * _YEARS_BEFORE) + 31)
        return catalogue.exchange_rates(start, self.settings.today, self._rng(_RATES, 0))

    def firm(self, number: int) -> Firm:
        """Firm ``number``, counted from 0."""
        density = self.settings.events / (self.settings.accounts * self.settings.months)
        seat_scale = min(3.0, max(0.15, density / _USUAL_DENSITY))
        return make_firm(number, self._rng(number, _FIRM), seat_scale)

    def owner(self, number: int) -> int:
        """Index in ``members`` of who looks after account ``number``; the manager has some too."""
        return number * 7 % (self.settings.csms + 1)

    def life(self, number: int) -> Life:
        """The account's life; about half began before the usage window."""
        settings, rng = self.settings, self._rng(number, _LIFE)
        window = (settings.today - settings.since).days
        if rng.random() < 0.5:
            ago = window + int(rng.random() * 365 * _YEARS_BEFORE)
        else:
            ago = 10 + int(rng.random() * max(1, window - 10))
        starts_on = settings.today - dt.timedelta(days=ago)
        load = self.members[self.owner(number)].load
        return live(self.firm(number), starts_on, settings.today, load, rng)

    def customer(self, number: int) -> Customer:
        """Account ``number`` with contacts and conversations (those of the window)."""
        life, rng = self.life(number), self._rng(number, _PEOPLE)
        people = make_people(life.firm, rng)
        language = life.firm.language
        owner = first_owner = self.owner(number)
        handed_over_on = None
        age = (life.in_use[-1][1] - life.starts_on).days
        if age > 200 and rng.random() < 0.12:
            first_owner = (owner + 1) % (self.settings.csms + 1)
            handed_over_on = life.starts_on + dt.timedelta(days=int(rng.integers(90, age - 60)))
        talks = make_talks(life, people, self.settings.since, self._rng(number, _TALKS))
        return Customer(
            life=life,
            people=people,
            owner=owner,
            first_owner=first_owner,
            handed_over_on=handed_over_on,
            handover_note=str(rng.choice(_PHRASES["handover"][language])),
            goals=str(rng.choice(_PHRASES["goals"][language])),
            talks=talks,
        )

    def customers(self, start: int = 0, end: int | None = None) -> Iterator[Customer]:
        """Accounts from number ``start`` up to ``end`` (exclusive)."""
        for number in range(start, self.settings.accounts if end is None else end):
            yield self.customer(number)

    def voices(self, number: int, customer: Customer) -> list[Voice]:
        """What the people of account ``number`` answered in earlier rounds and after support."""
        rng = self._rng(number, _VOICES)
        return past_voices(customer.life, customer.people, customer.talks, self.settings.today, rng)

    def answering(self, number: int, place: int) -> np.random.Generator:
        """The dice of person ``place`` of account ``number`` in the latest round."""
        return self._rng(number, _LATEST + place)

    def shares(self) -> npt.NDArray[np.int64]:
        """Events of each account: in proportion to its use, exactly ``events`` in all."""
        settings = self.settings
        weight = np.fromiter(
            (
                usage.intensity(self.life(number), settings.since, settings.today)
                for number in range(settings.accounts)
            ),
            dtype=np.float64,
            count=settings.accounts,
        )
        total = weight.sum()
        if total <= 0:
            return np.zeros(settings.accounts, dtype=np.int64)
        bounds = np.rint(np.cumsum(weight) / total * settings.events).astype(np.int64)
        shares: npt.NDArray[np.int64] = np.diff(bounds, prepend=np.int64(0))
        return shares

    def events(self, number: int, count: int) -> Iterator[usage.Event]:
        """``count`` usage events of account ``number`` (its entry of ``shares``), by time."""
        settings = self.settings
        yield from usage.make_events(
            self.life(number), settings.since, settings.today, count, self._rng(number, _USAGE)
        )
