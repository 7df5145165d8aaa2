"""The workers' figures: the outlook of a quarter, and how forecasts of closed ones held."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import day_end, local_date
from health.renewals.actions.derive import take_turn
from health.renewals.models import (
    CalibrationBin,
    Forecaster,
    QuarterOutlook,
    Renewal,
    RenewalsClock,
)
from health.renewals.outlook import (
    Expectation,
    Judged,
    Part,
    Position,
    expected_of,
    judged,
    money,
)
from health.renewals.quarters import DAYS_TO_CLOSE, DAYS_TO_SETTLE, Quarter


def keep_outlook(*, now: dt.datetime, quarter: Quarter) -> int:
    """Work out and keep what the quarter is expected to keep, as of today.

    By every forecaster, for all and cut by owner and by segment as they are now. Kept once per
    day: a later run of the same day replaces it. Nobody waits while it is worked out: the turn is
    taken to write it, and one that a later look has overtaken is not written. Returns the number
    of rows.
    """
    workspace = current_workspace()
    day = local_date(now, workspace.timezone)
    params = {
        "now": now,
        "today": day,
        "starts_on": quarter.starts_on,
        "ends_on": quarter.ends_on,
    }
    unrated = _unrated(params)
    rows = [
        QuarterOutlook(
            starts_on=quarter.starts_on,
            ends_on=quarter.ends_on,
            day=day,
            forecaster=forecaster,
            cut=cut,
            value=value,
            computed_at=now,
            unrated=unrated.get((cut, value), {}),
            **_columns(expected_of([view[forecaster] for view in views])),
        )
        for (cut, value), views in _views(sql.rows("renewals/quarter_positions", params)).items()
        for forecaster in Forecaster.values
    ]
    of_day = QuarterOutlook.objects.filter(starts_on=quarter.starts_on, day=day)
    with transaction.atomic():
        take_turn()
        if of_day.filter(computed_at__gt=now).exists():
            return 0
        # a group nobody is left in must not stay from earlier in the day
        of_day.delete()
        QuarterOutlook.objects.bulk_create(rows, batch_size=1000)
    return len(rows)


def _views(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Judged]]]:
    """Every position by every forecaster, for all, for its owner and for its segment."""
    found: dict[tuple[str, str], list[dict[str, Judged]]] = defaultdict(list)
    found[QuarterOutlook.Cut.ALL, ""] = []
    for row in rows:
        view = judged(_position(row))
        owner = "" if row["owner_id"] is None else str(row["owner_id"])
        found[QuarterOutlook.Cut.ALL, ""].append(view)
        found[QuarterOutlook.Cut.OWNER, owner].append(view)
        found[QuarterOutlook.Cut.SEGMENT, row["segment"]].append(view)
    return found


def _unrated(params: dict[str, Any]) -> dict[tuple[str, str], dict[str, int]]:
    """Open renewals of the quarter in currencies without a rate, for the same groups."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in sql.rows("renewals/quarter_unrated", params):
        owner = "" if row["owner_id"] is None else str(row["owner_id"])
        for group in (
            (QuarterOutlook.Cut.ALL, ""),
            (QuarterOutlook.Cut.OWNER, owner),
            (QuarterOutlook.Cut.SEGMENT, row["segment"]),
        ):
            found[group][row["currency"]] += row["renewals"]
    return found


def _position(row: dict[str, Any]) -> Position:
    contracts = json.loads(row["parts"], parse_float=Decimal) if row["parts"] else []
    return Position(
        start=row["start"],
        kept=row["kept"],
        known=row["known"],
        expansion=row["expansion"],
        accounts=row["accounts"],
        parts=[
            Part(
                amount=Decimal(amount),
                model=None if model is None else float(model),
                csm=csm,
                csm_amount=None if csm_amount is None else Decimal(csm_amount),
                final=final,
                final_amount=None if final_amount is None else Decimal(final_amount),
            )
            for amount, bets in contracts
            for _renewal, model, csm, csm_amount, final, final_amount in bets
        ],
    )


def _columns(found: Expectation) -> dict[str, Any]:
    plain = ("accounts", "start", "booked", "lost", "expansion", "open", "due", "judged")
    columns: dict[str, Any] = {name: getattr(found, name) for name in plain}
    columns |= {
        "renewing_low": round(found.renewing.low),
        "renewing_mid": found.renewing.mid,
        "renewing_high": round(found.renewing.high),
        "keeping_low": money(found.keeping.low),
        "keeping_mid": money(found.keeping.mid),
        "keeping_high": money(found.keeping.high),
    }
    for name in ("grr", "nrr"):
        share = getattr(found, name)
        for bound in ("low", "mid", "high"):
            columns[f"{name}_{bound}"] = share and getattr(share, bound)
    return columns


def closed_quarters(*, now: dt.datetime) -> list[Quarter]:
    """The quarters with renewals that are over for so long that all is decided, oldest first."""
    workspace = current_workspace()
    first_month = workspace.fiscal_year_start_month
    today = local_date(now, workspace.timezone)
    earliest = (
        Renewal.objects.filter(is_void=False)
        .order_by("term_ends_on")
        .values_list("term_ends_on", flat=True)
        .first()
    )
    if earliest is None:
        return []
    quarter = Quarter.of(earliest, first_month)
    found = []
    while quarter.ends_on + dt.timedelta(days=DAYS_TO_CLOSE) <= today:
        found.append(quarter)
        quarter = quarter.moved(1, first_month)
    return found


def keep_calibrations(*, now: dt.datetime) -> int:
    """Compare the forecasts of closed quarters with what became of them; how many quarters.

    A quarter is looked at until a month after it was closed, for what arrived late; then it
    stands.
    """
    clock = RenewalsClock.objects.first() or RenewalsClock()
    zone = current_workspace().timezone
    due = [q for q in closed_quarters(now=now) if q.starts_on not in clock.settled_quarters]
    for quarter in due:
        keep_calibration(now=now, quarter=quarter)
        if now >= day_end(quarter.last_day + dt.timedelta(days=DAYS_TO_SETTLE), zone):
            clock.settled_quarters.append(quarter.starts_on)
    if due:
        clock.save()
    return len(due)


@transaction.atomic
def keep_calibration(*, now: dt.datetime, quarter: Quarter) -> int:
    """Compare the forecasts that held when the quarter began with what became of its renewals."""
    take_turn()
    CalibrationBin.objects.filter(quarter_on=quarter.starts_on).delete()
    known_until = day_end(quarter.starts_on, current_workspace().timezone)
    return sql.execute(
        "renewals/keep_calibration",
        {
            "now": now,
            "starts_on": quarter.starts_on,
            "ends_on": quarter.ends_on,
            "known_until": known_until,
        },
    )
