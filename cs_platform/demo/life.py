"""One account from its first contract to today, or to its end."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from cs_platform.demo import catalogue
from cs_platform.demo.contracts import DAY, Contract, Ledger, Terms
from cs_platform.demo.engagement import Engagement, level
from cs_platform.demo.firms import Firm
from cs_platform.demo.words import read_json

WEEK = dt.timedelta(days=7)
_PHRASES = read_json("phrases")
# logit of leaving at a decision, at engagement 0
_YEARLY_BASE = -2.2
_MONTHLY_BASE = -4.2
_RENEWAL_SEASON = dt.timedelta(days=130)


@dataclass(frozen=True)
class Touch:
    """A contact with the customer, and what was going on at that time."""

    day: dt.date
    situation: str
    engagement: float


@dataclass(frozen=True)
class Life:
    """What became of an account; ``engagement[i]`` is the hidden level of its i-th week."""

    firm: Firm
    fit: str
    starts_on: dt.date
    engagement: tuple[float, ...]
    contracts: tuple[Contract, ...]
    touches: tuple[Touch, ...]
    stages: tuple[tuple[dt.date, str], ...]
    onboarding_due_on: dt.date
    onboarding_completed_on: dt.date | None
    notice_on: dt.date | None
    # days on which the product could be used, half-open
    in_use: tuple[tuple[dt.date, dt.date], ...]
    decisions: tuple[tuple[dt.date, bool], ...]

    def use_in_week(self, week: int) -> float:
        """Share of full use, 0–1: engagement, the weeks of getting started, notice given."""
        if week >= len(self.engagement):
            return 0.0
        start = min(1.0, 0.25 + week / 10)
        day = self.starts_on + week * WEEK
        leaving = 0.45 if self.notice_on is not None and day >= self.notice_on else 1.0
        return level(self.engagement[week]) * start * leaving


@dataclass
class _Story:
    """The simulation: a week at a time, decisions on the days on which they fall."""

    firm: Firm
    starts_on: dt.date
    today: dt.date
    load: float
    rng: np.random.Generator
    touches: list[Touch] = field(default_factory=list)
    decisions: list[tuple[dt.date, bool]] = field(default_factory=list)
    in_use: list[tuple[dt.date, dt.date]] = field(default_factory=list)
    stages: list[tuple[dt.date, str]] = field(default_factory=list)
    past: list[Ledger] = field(default_factory=list)
    side: Ledger | None = None
    leaves_on: dt.date | None = None
    returns_on: dt.date | None = None
    decide_on: dt.date | None = None
    is_saved: bool = False
    raised_on: dt.date | None = None
    value_since: int = 0

    def __post_init__(self) -> None:
        fit = float(self.rng.normal(0, 1))
        self.fit = "good" if fit > 0.2 else "partial" if fit > -1.0 else "poor"
        self.process = Engagement(fit, self.firm.tier, self.load, self.rng)
        usual = 75 if self.firm.segment == "enterprise" else 50
        self.due_on = self.starts_on + dt.timedelta(days=usual)
        takes = usual * 0.8 * float(np.exp(self.rng.normal(-0.25 * fit, 0.4)))
        done_on = self.starts_on + dt.timedelta(days=round(takes))
        self.completed_on = done_on if takes < 190 and done_on < self.today else None
        self.main = self._first_contract()
        self._move("onboarding", self.starts_on)
        self._plan_decision()

    def _first_contract(self) -> Ledger:
        firm, rng = self.firm, self.rng
        is_yearly = rng.random() < {"startup": 0.4, "small": 0.6}.get(firm.segment, 0.9)
        currency = catalogue.CURRENCY[firm.country]
        plan = catalogue.offer("core", catalogue.PLAN_BY_SEGMENT[firm.segment])
        discount = float(rng.choice((0, 0, 0.05, 0.1, 0.15)))
        terms = Terms(
            product="core",
            plan=plan.code,
            seats=firm.seats,
            unit_price=catalogue.price(plan, currency, discount),
            currency=currency,
            billing_months=12 if is_yearly else 1,
            term_months=12 if is_yearly else None,
            term_ends_on=None,
            auto_renew=not is_yearly or bool(rng.random() < 0.8),
            notice_deadline_on=None,
        )
        notice_days = int(rng.choice((30, 60, 90) if firm.segment == "enterprise" else (30, 60)))
        ledger = Ledger(f"{firm.external_id}-s1", terms, self.starts_on, notice_days)
        ledger.open("new")
        return ledger

    def _move(self, stage: str, day: dt.date) -> None:
        if day <= self.today and (not self.stages or self.stages[-1][1] != stage):
            self.stages.append((max(day, self.stages[-1][0] if self.stages else day), stage))

    def _plan_decision(self) -> None:
        deadline = self.main.terms.notice_deadline_on
        if deadline is not None:
            self.decide_on = deadline - dt.timedelta(days=int(self.rng.integers(0, 15)))
        else:
            last = self.decide_on or self.main.starts_on + dt.timedelta(days=60)
            self.decide_on = last + dt.timedelta(days=30)

    def run(self) -> Life:
        day = self.starts_on
        use_from = self.starts_on
        while day <= self.today:
            is_contact = self.process.step(is_renewal_near=self._is_renewal_near(day))
            self._talk(day, is_contact)
            self._week_of_contract(day)
            if self.leaves_on is not None and day + WEEK > self.leaves_on:
                self.in_use.append((use_from, self.leaves_on + DAY))
                if self.returns_on is None or self.returns_on > self.today:
                    break
                day, use_from = self._return(self.returns_on)
                continue
            day += WEEK
        else:
            self.in_use.append((use_from, self.today))
        return self._told()

    def _return(self, day: dt.date) -> tuple[dt.date, dt.date]:
        self.past.append(self.main)
        if self.side is not None:
            self.past.append(self.side)
            self.side = None
        before = self.main
        self.main = Ledger(f"{self.firm.external_id}-s3", before.terms, day, before.notice_days)
        self.main.open("reactivation")
        self.process.champion_left_week = None
        weeks_away = (day - self.starts_on).days // 7 - len(self.process.weeks)
        self.process.weeks += [0.9] * max(0, weeks_away)
        self.leaves_on = self.returns_on = self.decide_on = None
        self._move("adoption", day)
        self._plan_decision()
        return self.starts_on + len(self.process.weeks) * WEEK, day

    def _is_renewal_near(self, day: dt.date) -> bool:
        deadline = self.main.terms.notice_deadline_on
        return deadline is not None and dt.timedelta() <= deadline - day <= _RENEWAL_SEASON

    def _talk(self, day: dt.date, is_contact: bool) -> None:
        if not is_contact:
            return
        on = day + dt.timedelta(days=int(self.rng.integers(0, 5)))
        if on >= self.today:
            return
        week, now = len(self.process.weeks), self.process.weeks[-1]
        term_end = self.main.terms.term_ends_on
        chance = self.rng.random()
        if week == 1:
            situation = "kickoff"
        elif self.main.notice_on is not None:
            situation = "notice"
        elif week < 9:
            situation = "training"
        elif self.process.champion_left_week is not None and chance < 0.4:
            situation = "champion_left"
        elif term_end is not None and (term_end - on).days < 90:
            situation = "renewal"
        elif now < -0.2:
            situation = "low_usage" if chance < 0.6 else "trouble"
        elif now > 1.1:
            situation = "praise" if chance < 0.4 else "expansion" if chance < 0.6 else "regular"
        else:
            situation = "question" if chance < 0.25 else "regular"
        self.touches.append(Touch(on, situation, now))

    def _week_of_contract(self, day: dt.date) -> None:
        process, end = self.process, day + WEEK
        if self.completed_on is not None and day <= self.completed_on < end:
            self._move("adoption", self.completed_on)
        if len(process.weeks) > 20 and process.recent() > 0.6 and self.stages[-1][1] == "adoption":
            self._move("value", day)
        while (
            self.decide_on is not None
            and self.decide_on < end
            and self.decide_on <= self.today
            and self.leaves_on is None
        ):
            self._decide(self.decide_on)
        term_end = self.main.terms.term_ends_on
        if term_end is not None and self.leaves_on is None:
            if term_end - dt.timedelta(days=90) < end and self.stages[-1][1] in (
                "value",
                "adoption",
            ):
                self._move("renewal", max(day, term_end - dt.timedelta(days=90)))
            if term_end < end and term_end < self.today:
                self._renew(term_end)
        if self.leaves_on is None and self.decide_on is not None:
            self._grow(day)

    def _decide(self, on: dt.date) -> None:
        is_yearly = self.main.terms.term_ends_on is not None
        base = _YEARLY_BASE if is_yearly else _MONTHLY_BASE
        if self.raised_on is not None and (on - self.raised_on).days < 120:
            base += 0.3
        leaves = bool(self.rng.random() < self.process.risk(base))
        self.decisions.append((on, leaves))
        language = self.firm.language
        if not leaves:
            if is_yearly:
                self.decide_on = None
            else:
                self._plan_decision()
            return
        self.main.give_notice(on, self._pick(_PHRASES["notice"][language]))
        if is_yearly and self.rng.random() < 0.12:
            back_on = on + dt.timedelta(days=int(self.rng.integers(8, 22)))
            if back_on <= self.today:
                self.main.withdraw_notice(back_on, self._pick(_PHRASES["saved"][language]))
                self.process.weeks[-1] += 0.8
                self.decide_on = None
                return
        last_paid_on = self.main.terms.term_ends_on or on + dt.timedelta(days=30)
        self.leaves_on = last_paid_on
        if last_paid_on < self.today:
            self._end(last_paid_on)

    def _end(self, last_paid_on: dt.date) -> None:
        reason = self._reason()
        competitor = (
            self._pick(_PHRASES["competitors"]) if reason in ("competitor", "features") else ""
        )
        note = self._pick(_PHRASES["churn"][self.firm.language][reason])
        self.main.end(last_paid_on, reason, competitor, note)
        if self.side is not None and self.side.ended_on is None:
            self.side.end(last_paid_on, reason, competitor, note)
        self._move("churned", last_paid_on + DAY)
        if self.rng.random() < 0.09:
            self.returns_on = last_paid_on + dt.timedelta(days=int(self.rng.integers(45, 200)))

    def _reason(self) -> str:
        reasons: tuple[str, ...]
        if self.process.champion_left_week is not None:
            reasons = ("adoption", "adoption", "competitor", "budget")
        elif self.process.silent_weeks > 9:
            reasons = ("support", "adoption", "competitor", "unknown")
        elif self.fit == "poor":
            reasons = ("features", "competitor", "quality", "price")
        else:
            reasons = ("price", "budget", "competitor", "business_closed", "other")
        return self._pick(reasons)

    def _renew(self, term_end: dt.date) -> None:
        # who has to say yes is sometimes late in saying it
        is_waiting = (self.today - term_end).days < 20 and not self.main.terms.auto_renew
        if is_waiting and self.rng.random() < 0.6:
            return
        raised = None
        if self.rng.random() < 0.25:
            factor = Decimal("1.05") if self.rng.random() < 0.6 else Decimal("1.08")
            step = Decimal(100 if self.main.terms.currency == "JPY" else 1)
            raised = (self.main.terms.unit_price * factor / step).quantize(Decimal(1)) * step
            self.raised_on = term_end + DAY
        self.main.renew(raised)
        if self.side is not None and self.side.ended_on is None:
            self.side.renew()
        mood = self.process.recent()
        seats = self.main.terms.seats
        if mood < 0.1 and self.rng.random() < 0.4 and seats > 3:
            fewer = min(seats - 1, round(seats * float(self.rng.uniform(0.6, 0.9))))
            self._set_seats("contraction", term_end + DAY, fewer)
        self._move("value" if mood > 0.3 else "adoption", term_end + DAY)
        self._plan_decision()

    def _grow(self, day: dt.date) -> None:
        mood, week = self.process.recent(), len(self.process.weeks)
        if week < 20 or mood < 0.8 or day + WEEK > self.today:
            return
        chance = self.rng.random()
        if chance < 0.010:
            more = max(1, round(self.main.terms.seats * float(self.rng.uniform(0.1, 0.35))))
            self._set_seats("upsell", day, self.main.terms.seats + more)
        elif chance < 0.012 and self.main.terms.plan == "starter":
            plan = catalogue.offer("core", "business")
            price = catalogue.price(plan, self.main.terms.currency, 0.1)
            if price > self.main.terms.unit_price:
                self.main.resize("upsell", day, plan=plan.code, unit_price=price)
                self._move("expansion", day)
        elif chance < 0.016 and self.side is None and self.firm.segment != "startup":
            self._sell_insight(day)

    def _set_seats(self, kind: str, day: dt.date, seats: int) -> None:
        self.main.resize(kind, day, seats=seats)
        if self.side is not None and self.side.ended_on is None:
            self.side.resize(kind, day, seats=seats)
        if kind == "upsell":
            self._move("expansion", day)

    def _sell_insight(self, day: dt.date) -> None:
        plan = catalogue.offer("insight", "standard")
        terms = replace(
            self.main.terms,
            product="insight",
            plan=plan.code,
            unit_price=catalogue.price(plan, self.main.terms.currency, 0),
        )
        number = 4 if self.past else 2
        self.side = Ledger(f"{self.firm.external_id}-s{number}", terms, day, self.main.notice_days)
        # the second product ends with the first, so that both are renewed at once
        self.side.record("cross_sell", day)

    def _pick(self, choices: Sequence[str]) -> str:
        return choices[int(self.rng.integers(0, len(choices)))]

    def _told(self) -> Life:
        ledgers = [*self.past, self.main] + ([self.side] if self.side is not None else [])
        return Life(
            firm=self.firm,
            fit=self.fit,
            starts_on=self.starts_on,
            engagement=tuple(self.process.weeks),
            contracts=tuple(ledger.closed() for ledger in ledgers),
            touches=tuple(self.touches),
            stages=tuple(self.stages),
            onboarding_due_on=self.due_on,
            onboarding_completed_on=self.completed_on,
            notice_on=self.main.notice_on,
            in_use=tuple(self.in_use),
            decisions=tuple(self.decisions),
        )


def live(
    firm: Firm, starts_on: dt.date, today: dt.date, load: float, rng: np.random.Generator
) -> Life:
    """Live the account's life from ``starts_on`` to ``today`` (exclusive).

    ``load`` is how thinly its owner is spread: 1 is ordinary, more means fewer contacts.
    """
    return _Story(firm, starts_on, today, load, rng).run()
