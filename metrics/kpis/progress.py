"""How far a goal has come: pure arithmetic, every value in the KPI's own unit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """``is_met`` says whether the value satisfies the goal now; ``share`` is the way gone from
    the baseline to the target, 0–1, None where there is no value or nothing to measure from."""

    is_met: bool | None
    share: float | None


def progress(
    value: float | None, *, target: float, baseline: float | None, is_at_least: bool
) -> Progress:
    """The state of a goal at ``value`` (None: there is no figure).

    A goal that was met when it was set has no way to go: its share is 1 while it is met, and 0
    when it no longer is.
    """
    if value is None:
        return Progress(None, None)
    is_met = value >= target if is_at_least else value <= target
    if is_met:
        return Progress(True, 1.0)
    if baseline is None:
        return Progress(False, None)
    way = target - baseline
    if way == 0 or (way > 0) is not is_at_least:
        return Progress(False, 0.0)
    return Progress(False, min(max((value - baseline) / way, 0.0), 1.0))
