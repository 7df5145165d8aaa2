"""Scoring an account the way one would begin: a loop, the ORM, Python's arithmetic."""

import datetime as dt
from typing import Any


def score(account: Any, version: Any, curves: dict[str, Any], day: dt.date, now: Any) -> None:
    """Measure, grade and store one account, a query per measure."""
    from health.models import AccountCurrent, ScoreDay

    raw = _raw(account, day)
    points = {
        entry["key"]: None
        if raw[entry["key"]] is None
        else curves[entry["key"]].at(raw[entry["key"]])
        for entry in version.measures
    }
    weights = {entry["key"]: entry["weight"] for entry in version.measures}
    weight = sum(weights[key] for key, value in points.items() if value is not None)
    coverage = weight / sum(weights.values())
    average = (
        sum(weights[key] * value for key, value in points.items() if value is not None) / weight
        if weight
        else None
    )
    ScoreDay.objects.update_or_create(
        account_id=account.pk, day=day, series=1,
        defaults={
            "workspace_id": account.workspace_id, "version_id": version.pk, "stage": account.stage,
            "score": None if average is None else round(average), "coverage": coverage,
            "band": "", "raw": list(raw.values()), "points": list(points.values()),
            "is_closed": False, "computed_at": now,
        },
    )  # fmt: skip
    AccountCurrent.objects.filter(account=account).update(score=average, computed_at=now)


def _raw(account: Any, day: dt.date) -> dict[str, float | None]:
    from django.db.models import Max, Min, Sum

    from accounts.models import Interaction, Subscription
    from metrics.usage.models import AccountDay, AccountDayEvent, UserDay

    month = day - dt.timedelta(days=28)
    days = AccountDay.objects.filter(account_id=account.pk, day__lte=day, known_on__lte=day)
    recent = days.filter(day__gt=month).aggregate(events=Sum("events"), logins=Sum("logins"))
    before = days.filter(day__lte=month, day__gt=day - dt.timedelta(days=112)).aggregate(
        events=Sum("events"), first=Min("day")
    )
    active = days.filter(day__gt=month).values("day").distinct().count()
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
        Interaction.objects.filter(account=account).exclude(kind="note").order_by("-happened_at")
    ).first()
    contracts = list(Subscription.objects.filter(account=account, ended_on=None))
    logins, events = recent["logins"] or 0, recent["events"] or 0
    baseline = (before["events"] or 0) / (month - before["first"]).days if (
        before["first"] and before["first"] < month
    ) else 0  # fmt: skip
    due = account.onboarding_due_on
    return {
        "usage_trend": 100 * events / 28 / baseline if baseline else None,
        "active_users": 100 * users / account.seats if account.seats else None,
        "active_days": active,
        "feature_breadth": features,
        "login_count": logins,
        "login_frequency": logins / users / 4 if users else 0,
        "last_seen": (day - last_seen).days if last_seen else None,
        "last_contact": (day - contact.happened_at.date()).days if contact else None,
        "onboarding_lateness": max((day - due).days, 0) if due else None,
        "contract_trend": 100 if contracts else None,
        "renewal_distance": min(
            ((c.term_ends_on - day).days for c in contracts if c.term_ends_on), default=None
        ),
        # nobody has been asked in the worlds of these benchmarks
        "nps": None,
        "csat": None,
        "ces": None,
    }
