"""Usage figures against the SQL of *Fighting Churn With Data*, on its own two simulations.

The peer asks the raw events once per metric, for every weekly date; we ask the account-days that
the worker keeps. Both answers must be equal, figure by figure. ``REALDATA_DIR`` holds the data sets
(``fightchurn/socialnet7/event.parquet`` …); without it there is nothing to measure.
"""

import datetime as dt
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import world
from bench.harness import Result, ratio_of_rounds, seconds, told
from bench.people import workspace_with_key
from bench.stack import Stack

_FOLDER = Path(os.environ.get("REALDATA_DIR", "")) / "fightchurn"


@dataclass(frozen=True)
class _Simulation:
    """One data set and what is computed of it, at ``weeks`` weekly dates from ``first`` on."""

    name: str
    first: dt.date
    weeks: int
    metric: str
    events: tuple[int, ...]
    title: str


_SIMULATIONS = (
    _Simulation(
        "socialnet7", dt.date(2020, 2, 9), 15, "counts", tuple(range(8)),
        "eight counts over 28 days, 15 weekly dates of socialnet7",
    ),
    _Simulation(
        "crm5", dt.date(2022, 2, 6), 100, "active_users", (0,),
        "active users over 28 days, 100 weekly dates of crm5",
    ),
)  # fmt: skip


def run(stack: Stack, scale: str) -> list[Result]:
    """Both simulations: a tenth of the accounts, or all of them."""
    if not _FOLDER.is_dir():
        print(f"… peers left out: no {_FOLDER} (set REALDATA_DIR)", flush=True)
        return []
    return [_compared(simulation, scale) for simulation in _SIMULATIONS]


def _compared(simulation: _Simulation, scale: str) -> Result:
    workspace, _key = workspace_with_key(f"bench-{simulation.name}", ["read"], timezone="UTC")
    with told(f"loading {simulation.name}"):
        events = _load(simulation, workspace, every=10 if scale == "small" else 1)
    with told("rolling it up"):
        rolled_up = seconds(lambda: _roll_up(workspace))
    binds = {
        "workspace_id": workspace.pk,
        "first": simulation.first,
        "weeks": simulation.weeks,
    }

    def ours() -> list[tuple[Any, ...]]:
        return _answer(f"our_{simulation.metric}", binds)

    def theirs() -> list[tuple[Any, ...]]:
        found = []
        for kind in simulation.events:
            found += _answer(f"peer_{simulation.metric}", {**binds, "kind": kind})
        return found

    with told(simulation.title):
        if sorted(ours()) != sorted(theirs()):
            raise RuntimeError(f"the figures of {simulation.name} differ")
        value, rounds = ratio_of_rounds(lambda: seconds(theirs), lambda: seconds(ours))
    return Result(
        f"metrics: {simulation.title}", "fightchurn's way: raw events, a query per metric",
        value, "× faster", 2, 8, more_is_better=True, rounds=rounds,
        note=f"{events:,} events, rolled up beforehand in {rolled_up:.0f} s",
    )  # fmt: skip


def _answer(name: str, binds: dict[str, Any]) -> list[tuple[Any, ...]]:
    with world.as_owner() as cursor:
        cursor.execute(world.text(name), binds)
        return list(cursor.fetchall())


def _load(simulation: _Simulation, workspace: Any, *, every: int) -> int:
    """The events of every ``every``-th account, into the peer's table and into ours."""
    import duckdb

    found = duckdb.execute(
        "SELECT account_id, event_time, event_type_id, user_id FROM read_parquet(?)"
        " WHERE account_id % ? = 0",
        [str(_FOLDER / simulation.name / "event.parquet"), every],
    ).df()
    rows = io.BytesIO(found.to_csv(index=False, header=False, float_format="%.0f").encode())
    with world.as_owner() as cursor:
        cursor.execute(world.text("peer_tables"))
        cursor.copy_expert("COPY bench_peer_event FROM STDIN (FORMAT csv)", rows)
        cursor.execute(world.text("peer_indexes"))
        cursor.execute("SELECT count(*) FROM bench_peer_event")
        (events,) = cursor.fetchone()
    if world.is_filled(workspace):
        return int(events)
    with world.as_owner() as cursor:
        cursor.execute(world.text("fill_from_peer"), {"workspace_id": workspace.pk})
        cursor.execute("ANALYZE usage_event")
    return int(events)


def _roll_up(workspace: Any) -> None:
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope
    from metrics.usage.rollup import roll_up_usage

    with scope(workspace.pk):
        roll_up_usage(clock.now())
    with world.as_owner() as cursor:
        cursor.execute("ANALYZE usage_accountdayevent, usage_userday")
