"""Interleaved rounds, ratios, a table and a file of results."""

import json
import math
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Result:
    """One line of the table.

    ``value`` is a ratio against the baseline of the same run, or a time where ``unit`` says so.
    ``floor`` is what must be reached, ``goal`` what is aimed at; ``more_is_better`` gives the
    direction. ``rounds`` are the values of the single rounds, of which ``value`` is the median.
    """

    name: str
    baseline: str
    value: float
    unit: str
    floor: float | None
    goal: float | None
    more_is_better: bool
    rounds: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def verdict(self) -> str:
        """``goal``, ``floor`` or ``below``; empty where nothing was promised at this scale."""
        if self.floor is None or self.goal is None:
            return ""
        better = (lambda a, b: a >= b) if self.more_is_better else (lambda a, b: a <= b)
        if better(self.value, self.goal):
            return "goal"
        return "floor" if better(self.value, self.floor) else "below"


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call, in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio_of_rounds(
    ours: Callable[[], float], baseline: Callable[[], float], rounds: int = 3
) -> tuple[float, list[float]]:
    """Median of ``ours() / baseline()`` over interleaved rounds, and the single ratios.

    Both callables measure themselves and return a rate or a time, so that preparation stays out.
    """
    ratios = []
    for number in range(rounds):
        if number % 2:
            base = baseline()
            ratios.append(ours() / base)
        else:
            mine = ours()
            ratios.append(mine / baseline())
    return statistics.median(ratios), ratios


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


@contextmanager
def told(title: str) -> Iterator[None]:
    """Say what is being measured, and how long that took."""
    print(f"… {title}", flush=True)
    start = time.perf_counter()
    yield
    print(f"  {time.perf_counter() - start:.1f} s", flush=True)


def report(results: list[Result], scale: str) -> None:
    """Print the table and write ``bench/results.json``."""
    width = max((len(r.name) for r in results), default=10)
    print(f"\n{'benchmark':<{width}}  {'value':>10}  {'floor':>8}  {'goal':>8}  verdict  against")
    for r in results:
        floor = "" if r.floor is None else f"{r.floor:g}"
        goal = "" if r.goal is None else f"{r.goal:g}"
        value = f"{r.value:.3g} {r.unit}".strip()
        print(
            f"{r.name:<{width}}  {value:>10}  {floor:>8}  {goal:>8}  {r.verdict:<7}  {r.baseline}"
            + (f"  ({r.note})" if r.note else "")
        )
    RESULTS.write_text(
        json.dumps(
            {
                "scale": scale,
                "python": platform.python_version(),
                "machine": platform.machine(),
                "results": [{**asdict(r), "verdict": r.verdict} for r in results],
            },
            indent=2,
        )
        + "\n"
    )
