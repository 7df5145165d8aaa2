"""Scoring an account the way one would begin: a loop, the ORM, Python's arithmetic.

What it stores is what the product stores of the account, field by field, which the benchmark
checks; only the sums over all accounts are left out.
"""

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass
class Contracts:
    """What is under contract, and what was 180 days ago."""

    mrr: Decimal
    mrr_before: Decimal
    renewal_on: dt.date | None
    notice_given_on: dt.date | None
    billing_months: int | None


@dataclass
class Measured:
    """Raw values by measure, and the two days that are stored as such."""

    raw: dict[str, float | None]
    last_seen_on: dt.date | None
    last_contact_on: dt.date | None


def score(account: Any, version: Any, curves: dict[str, Any], day: dt.date, now: Any) -> None:
    """Measure, grade and store one account, a query or two per measure."""
    contracts = _contracts(account, day)
    measured = _measured(account, contracts, day, now)
    graded = _graded(account, measured, contracts, version=version, curves=curves, day=day)
    _store(account, measured, contracts, graded, version=version, day=day, now=now)


def _half_up(value: float, places: int) -> float:
    return math.floor(value * 10**places + 0.5) / 10**places


def _measured(account: Any, contracts: Contracts, day: dt.date, now: Any) -> Measured:
    from django.db.models import Max, Min, Sum

    from accounts.models import Interaction
    from cs_platform.core.clock import local_date
    from metrics.usage.models import AccountDay, AccountDayEvent, UserDay

    month = day - dt.timedelta(days=28)
    zone = account.workspace.timezone
    days = AccountDay.objects.filter(account_id=account.pk, day__lte=day, known_on__lte=day)
    window = days.filter(day__gte=day - dt.timedelta(days=112))
    recent = days.filter(day__gte=month, day__lt=day).aggregate(n=Sum("events"))["n"] or 0
    before = window.filter(day__lt=month).aggregate(n=Sum("events"), first=Min("day"))
    length = (month - before["first"]).days if before["first"] else 0
    active = days.filter(day__gt=month).values("day").distinct().count()
    logins = days.filter(day__gt=month).aggregate(n=Sum("logins"))["n"] or 0
    logs_in = (window.aggregate(n=Sum("logins"))["n"] or 0) > 0
    last_seen = days.aggregate(last=Max("day"))["last"]
    users = (
        UserDay.objects.filter(account_id=account.pk, day__gt=month, day__lte=day)
        .values("user_id").distinct().count()
    )  # fmt: skip
    features = (
        AccountDayEvent.objects.filter(account_id=account.pk, day__gt=month, day__lte=day)
        .values("name").distinct().count()
    )  # fmt: skip
    contact = (
        Interaction.objects.filter(account=account, happened_at__lte=now)
        .exclude(kind="note").order_by("-happened_at").first()
    )  # fmt: skip
    last_contact = contact and local_date(contact.happened_at, zone)
    raw: dict[str, float | None] = {
        "usage_trend": _half_up(100 * (recent / 28) / (before["n"] / length), 4)
        if length >= 28 else None,
        "active_users": _half_up(100 * users / account.seats, 4)
        if last_seen and account.seats else None,
        "active_days": active if last_seen else None,
        "feature_breadth": features if last_seen else None,
        "login_count": logins if logs_in else None,
        "login_frequency": (_half_up(logins / users / 4, 4) if users else 0) if logs_in else None,
        "last_seen": (day - last_seen).days if last_seen else None,
        "last_contact": (day - last_contact).days if last_contact else None,
        "onboarding_lateness": _lateness(account, day),
        "contract_trend": _half_up(100 * float(contracts.mrr / contracts.mrr_before), 4)
        if contracts.mrr_before else None,
        "renewal_distance": (contracts.renewal_on - day).days if contracts.renewal_on else None,
        **_sentiment(account, now),
    }  # fmt: skip
    return Measured(raw, last_seen, last_contact)


def _lateness(account: Any, day: dt.date) -> float | None:
    started, due = account.onboarding_started_on, account.onboarding_due_on
    completed = account.onboarding_completed_on
    if started is None or due is None or started > day:
        return None
    if completed is None or completed > day:
        return max((day - due).days, 0)
    return max((completed - due).days, 0) if (day - completed).days < 90 else None


def _sentiment(account: Any, now: Any) -> dict[str, float | None]:
    """The mean of the latest answers; in the worlds of these benchmarks nobody has been asked."""
    from metrics.surveys.models import Response

    latest: dict[tuple[str, Any], float] = {}
    answers = Response.objects.filter(
        account=account, kind__in=["nps", "csat", "ces"], score__isnull=False,
        is_suspected_robot=False, happened_at__gt=now - dt.timedelta(days=365),
    )  # fmt: skip
    for answer in answers.order_by("happened_at"):
        graded = answer.score
        if answer.kind == "nps":
            graded = 100 * ((answer.score >= 9) - (answer.score <= 6))
        latest[answer.kind, answer.contact_id] = graded
    found: dict[str, float | None] = {}
    for kind in ("nps", "csat", "ces"):
        grades = [grade for (its_kind, _who), grade in latest.items() if its_kind == kind]
        found[kind] = _half_up(sum(grades) / len(grades), 4) if grades else None
    return found


def _contracts(account: Any, day: dt.date) -> Contracts:
    from accounts.models import ContractEvent, Subscription

    found = Contracts(Decimal(0), Decimal(0), None, None, None)
    for contract in Subscription.objects.filter(account=account):
        ledger = ContractEvent.objects.filter(subscription=contract).exclude(
            kind__in=["void", "one_off"]
        )
        entry = ledger.filter(effective_on__lte=day).order_by("-effective_on", "-pk").first()
        before = (
            ledger.filter(effective_on__lte=day - dt.timedelta(days=180))
            .order_by("-effective_on", "-pk").first()
        )  # fmt: skip
        if before is not None and before.kind != "churn":
            found.mrr_before += before.mrr
        if entry is None or entry.kind == "churn":
            continue
        found.mrr += entry.mrr
        ends_on = _rolled(entry, day)
        if ends_on is not None:
            found.renewal_on = min(ends_on, found.renewal_on or ends_on)
        found.notice_given_on = found.notice_given_on or entry.notice_given_on
        months = entry.billing_months
        found.billing_months = min(months, found.billing_months or months)
    return found


def _rolled(entry: Any, day: dt.date) -> dt.date | None:
    """The end of the term that runs on the day: by years, as terms do in these worlds."""
    until = min(day, entry.notice_given_on or day)
    ends_on: dt.date | None = entry.term_ends_on
    while ends_on is not None and entry.auto_renew and ends_on < until:
        begins_on = ends_on + dt.timedelta(days=1)
        ends_on = begins_on.replace(year=begins_on.year + 1) - dt.timedelta(days=1)
    return ends_on


def _graded(
    account: Any, measured: Measured, contracts: Contracts, *, version: Any,
    curves: dict[str, Any], day: dt.date,
) -> dict[str, Any]:  # fmt: skip
    from health.models import ScoreDay

    raw = measured.raw
    points = {
        entry["key"]: None
        if raw[entry["key"]] is None
        else _half_up(curves[entry["key"]].at(raw[entry["key"]]), 4)
        for entry in version.measures
    }
    weights = {entry["key"]: float(entry["weight"]) for entry in version.measures}
    weight = sum(weights[key] for key, value in points.items() if value is not None)
    earned = sum(weights[key] * value for key, value in points.items() if value is not None)
    coverage = _half_up(weight / sum(weights.values()), 4)
    average = None
    if weight and coverage >= version.minimum_coverage:
        average = math.floor(_half_up(earned / weight, 6) + 0.5)
    facts = {"notice_given": int(contracts.notice_given_on is not None), **raw}
    held = sorted(
        (rule["cap"], rule["key"])
        for rule in version.exceptions
        if average is not None and rule["cap"] < average
        and (facts[rule["fact"]] or 0) >= rule["at_least"]
    )  # fmt: skip
    value = held[0][0] if held else average
    band = _band(value, version)
    earlier = {
        ago: ScoreDay.objects.filter(
            account_id=account.pk, day=day - dt.timedelta(days=ago), series=0
        ).first()
        for ago in (7, 30)
    }
    change = {
        ago: value - past.score if past and past.score is not None and value is not None else None
        for ago, past in earlier.items()
    }
    probability = _probability(band, change[30], contracts, day)
    costs = sorted(
        (-weights[key] * (100 - value), key)
        for key, value in points.items()
        if value is not None and value < 100
    )
    reasons = [
        {"measure": key, "raw": raw[key], "points": points[key],
         "cost": _half_up(-lost / (coverage * sum(weights.values())), 1)}
        for lost, key in costs[:3]
    ]  # fmt: skip
    return {
        "version_id": version.pk, "points": list(points.values()), "coverage": coverage,
        "score": value, "band": band,
        "week_band": earlier[7].band if earlier[7] else None,
        "exceptions": [key for _cap, key in held], "score_7d": change[7], "score_30d": change[30],
        "churn_probability": float(probability),
        "expected_loss": round(probability * contracts.mrr * 12, 4),
        "reasons": [reason for reason in reasons if reason["cost"] >= 1],
    }  # fmt: skip


def _band(score: float | None, version: Any) -> str:
    if score is None:
        return ""
    if score >= version.green_from:
        return "green"
    return "yellow" if score >= version.yellow_from else "red"


def _probability(band: str, change: float | None, contracts: Contracts, day: dt.date) -> Decimal:
    from health import prior

    trend = 1.0
    if change is not None:
        if change <= prior.STEEP_FALL:
            trend = prior.STEEP_FALL_FACTOR
        elif change <= prior.FALL:
            trend = prior.FALL_FACTOR
        elif change >= prior.RISE:
            trend = prior.RISE_FACTOR
    renewal = prior.MONTHLY
    if contracts.renewal_on is not None:
        ahead = (contracts.renewal_on - day).days
        if not (contracts.billing_months == 1 and ahead <= prior.MONTHLY_DAYS):
            steps = [factor for days, factor in prior.RENEWAL if ahead <= days]
            renewal = steps[0] if steps else prior.RENEWAL_LATER
    found = Decimal(str(prior.BAND[band])) * Decimal(str(trend)) * Decimal(str(renewal))
    found = min(max(found, Decimal(str(prior.LOWEST))), Decimal(str(prior.HIGHEST)))
    if contracts.notice_given_on is not None:
        found = max(found, Decimal(str(prior.NOTICE)))
    return round(found, 4)


def _store(
    account: Any, measured: Measured, contracts: Contracts, graded: dict[str, Any], *,
    version: Any, day: dt.date, now: Any,
) -> None:  # fmt: skip
    from health.models import AccountCurrent, RiskState, ScoreDay

    state = RiskState.objects.filter(account=account).first()
    held = {
        "score": graded["score"], "coverage": graded["coverage"], "band": graded["band"],
        "exceptions": graded["exceptions"], "churn_probability": graded["churn_probability"],
        "expected_loss": graded["expected_loss"], "owner_id": account.owner_id,
        "segment": account.segment, "stage": account.stage, "mrr": contracts.mrr,
        "renewal_on": contracts.renewal_on, "is_flagged": bool(state and state.is_flagged),
        "version_id": graded["version_id"], "computed_at": now,
    }  # fmt: skip
    yesterday = ScoreDay.objects.filter(
        account_id=account.pk, day=day - dt.timedelta(days=1), series=0
    ).first()
    ScoreDay.objects.update_or_create(
        account_id=account.pk, day=day, series=0, workspace_id=account.workspace_id,
        defaults={**held, "week_band": graded["week_band"], "raw": list(measured.raw.values()),
                  "points": graded["points"], "is_closed": False},
    )  # fmt: skip
    current = AccountCurrent.objects.filter(account=account).first()
    past = [None] * 31 if current is None else current.spark
    gone = min((day - current.day).days, 31) if current else 0
    spark = [*past, *[None] * gone][gone : gone + 29]
    spark += [yesterday and yesterday.score, graded["score"]]
    is_shown = graded["band"] in ("red", "yellow") or held["is_flagged"]
    AccountCurrent.objects.update_or_create(
        account=account,
        defaults={
            **held, "name": account.name, "name_reading": account.name_reading,
            "external_id": account.external_id, "tier": account.tier,
            "country": account.country, "arr": contracts.mrr * 12,
            "urgency_on": contracts.renewal_on, "notice_given_on": contracts.notice_given_on,
            "billing_months": contracts.billing_months,
            "band_1d": _band(spark[29], version), "band_7d": _band(spark[23], version),
            "score_7d": graded["score_7d"], "score_30d": graded["score_30d"], "spark": spark,
            "reasons": graded["reasons"] if is_shown else [],
            "last_seen_on": measured.last_seen_on, "last_contact_on": measured.last_contact_on,
            "day": day,
        },
    )  # fmt: skip
