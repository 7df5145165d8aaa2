"""Stored figures as pages show them: a quarter's outlook, and how forecasts held."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from health.renewals.models import CalibrationBin, Forecaster, QuarterOutlook
from health.renewals.quarters import QUARTERS_NEEDED
from metrics.statistics import Estimate, share


@dataclass(frozen=True)
class CutRow:
    """An owner or a segment in a quarter, with each forecaster's outlook beside the others."""

    value: str
    model: QuarterOutlook
    csm: QuarterOutlook
    final: QuarterOutlook


@dataclass(frozen=True)
class Outlook:
    """A quarter as of ``day``: whole, and cut."""

    day: dt.date
    computed_at: dt.datetime
    whole: CutRow
    rows: list[CutRow]


def kept_quarters() -> list[tuple[dt.date, dt.date]]:
    """First day, and first day after, of the quarters with an outlook, latest first."""
    return list(
        QuarterOutlook.objects.filter(cut=QuarterOutlook.Cut.ALL, forecaster=Forecaster.FINAL)
        .order_by("-starts_on")
        .values_list("starts_on", "ends_on")
        .distinct()[:12]
    )


def outlook(starts_on: dt.date, cut: str, *, until: dt.date) -> Outlook | None:
    """The latest outlook of a quarter up to a day; None where there is none."""
    of_quarter = QuarterOutlook.objects.filter(starts_on=starts_on, day__lte=until)
    day = of_quarter.order_by("-day").values_list("day", flat=True).first()
    if day is None:
        return None
    wanted = {QuarterOutlook.Cut.ALL, cut}
    grouped: dict[tuple[str, str], dict[str, QuarterOutlook]] = {}
    for row in of_quarter.filter(day=day, cut__in=wanted):
        grouped.setdefault((row.cut, row.value), {})[row.forecaster] = row
    rows = {key: CutRow(key[1], **found) for key, found in grouped.items()}
    whole = rows.pop((QuarterOutlook.Cut.ALL, ""))
    ordered = sorted(rows.values(), key=lambda row: (-row.model.open, -row.model.start, row.value))
    return Outlook(day, whole.model.computed_at, whole, ordered)


@dataclass(frozen=True)
class CalibrationRow:
    """Renewals forecast within a tenth of the scale: what was said on average, what came."""

    low: float
    high: float
    said: float
    came: Estimate

    @property
    def is_off(self) -> bool:
        """Whether what was said lies outside the interval of what came."""
        return not self.came.low <= self.said <= self.came.high


@dataclass(frozen=True)
class Calibration:
    """How one forecaster's forecasts at the beginning of quarters held.

    ``bias`` is forecast less outcome: above 0 too hopeful. ``bias`` and ``error`` are of the
    probability, ``brier`` its mean squared error; the amounts are of all those quarters together.
    """

    forecaster: str
    label: str
    quarters: int
    n: int
    bias: float
    error: float
    brier: float
    expected: Decimal
    actual: Decimal
    rows: list[CalibrationRow]

    @property
    def is_enough(self) -> bool:
        """Whether there are as many closed quarters as it takes."""
        return self.quarters >= QUARTERS_NEEDED

    @property
    def bias_points(self) -> float:
        """The bias in points of a hundred."""
        return 100 * self.bias

    @property
    def error_points(self) -> float:
        """The mean absolute error in points of a hundred."""
        return 100 * self.error

    @property
    def off_by(self) -> Decimal | None:
        """How far the amount expected was off, as a share of what came; None where nothing did."""
        return (self.expected - self.actual) / self.actual if self.actual else None


def calibrations() -> list[Calibration]:
    """Every forecaster's calibration over all closed quarters; one query."""
    found: dict[str, list[CalibrationBin]] = {name: [] for name in Forecaster.values}
    for kept in CalibrationBin.objects.order_by("forecaster", "tenth"):
        found[kept.forecaster].append(kept)
    return [_calibration(name, bins) for name, bins in found.items()]


def _calibration(name: str, bins: list[CalibrationBin]) -> Calibration:
    n = sum(b.n for b in bins)
    said = sum(b.probability_sum for b in bins)
    came = sum(b.renewed for b in bins)
    rows = []
    for tenth in sorted({b.tenth for b in bins}):
        within = [b for b in bins if b.tenth == tenth]
        count = sum(b.n for b in within)
        estimate = share(sum(b.renewed for b in within), count)
        if estimate is not None:
            mean = sum(b.probability_sum for b in within) / count
            rows.append(CalibrationRow(tenth / 10, (tenth + 1) / 10, mean, estimate))
    return Calibration(
        forecaster=name,
        label=str(Forecaster(name).label),
        quarters=len({b.quarter_on for b in bins}),
        n=n,
        bias=(said - came) / n if n else 0.0,
        error=sum(b.error_sum for b in bins) / n if n else 0.0,
        brier=sum(b.squared_error_sum for b in bins) / n if n else 0.0,
        expected=sum((b.expected for b in bins), Decimal(0)),
        actual=sum((b.actual for b in bins), Decimal(0)),
        rows=rows,
    )
