"""DuckDB computing what scoring computes, on the same rows: the yardstick of a column store."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from bench import world

_TABLES = {
    "account": "SELECT id, stage, seats, onboarding_started_on, onboarding_due_on"
    " FROM accounts_account WHERE workspace_id = %s",
    "accountday": "SELECT account_id, day, known_on, events, logins"
    " FROM usage_accountday WHERE workspace_id = %s",
    "accountdayevent": "SELECT account_id, day, known_on, name, events"
    " FROM usage_accountdayevent WHERE workspace_id = %s",
    "userday": "SELECT account_id, day, known_on, user_id, events"
    " FROM usage_userday WHERE workspace_id = %s",
    "interaction": "SELECT account_id, kind, happened_at"
    " FROM accounts_interaction WHERE workspace_id = %s",
    "contractevent": "SELECT id, account_id, subscription_id, kind, effective_on, mrr::float8,"
    " billing_months, term_ends_on, term_months, auto_renew, notice_given_on"
    " FROM accounts_contractevent WHERE workspace_id = %s",
}
_FACTORS = """
    CASE
        WHEN renewal_on IS NULL
            OR (billing_months = 1 AND renewal_on - $day <= {prior_monthly_days})
            THEN {prior_monthly_factor}
        WHEN renewal_on - $day <= {prior_near} THEN {prior_near_factor}
        WHEN renewal_on - $day <= {prior_middle} THEN {prior_middle_factor}
        WHEN renewal_on - $day <= {prior_far} THEN {prior_far_factor}
        ELSE {prior_later_factor}
    END"""


class Duck:
    """The workspace's tables in DuckDB, with its own types and as many threads as processors."""

    def __init__(self, workspace: Any) -> None:
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        with tempfile.TemporaryDirectory() as directory, world.as_owner() as cursor:
            for name, query in _TABLES.items():
                path = Path(directory) / name
                bound = cursor.cursor.mogrify(query, [workspace.pk]).decode()
                with path.open("w") as file:
                    cursor.cursor.copy_expert(f"COPY ({bound}) TO STDOUT CSV HEADER", file)
                self.connection.execute(
                    f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', sample_size = -1)"
                )
        self.measures = world.text("duckdb_measures")

    def compute(self, version: Any, day: dt.date) -> None:
        """Measures, percentiles, points, scores, bands and probabilities into a table."""
        from health import prior
        from health.curves import curve, percentile_points
        from health.measures import PERCENTILE

        binds = {"day": day}
        self.connection.execute(self.measures, binds)
        points, weights = {}, {}
        shares = [n / 100 for n in range(101)]
        for entry in version.measures:
            key, knots = entry["key"], entry["points"]
            if knots == PERCENTILE:
                (bounds,) = self.connection.execute(
                    f"SELECT quantile_cont({key}, {shares}) FROM measured"
                ).fetchone()
                knots = percentile_points(bounds, direction=entry["direction"])
            points[key] = _points(key, curve(knots))
            weights[key] = float(entry["weight"])
        total = sum(weights.values())
        earned = " + ".join(f"coalesce(p_{key} * {weight}, 0)" for key, weight in weights.items())
        weight = " + ".join(
            f"CASE WHEN p_{key} IS NULL THEN 0 ELSE {weight} END" for key, weight in weights.items()
        )
        caps = ", ".join(
            f"CASE WHEN {_fact(rule['fact'])} >= {rule['at_least']} THEN {rule['cap']} END"
            for rule in version.exceptions
        )
        # As doubles: a plain 0.05 is a decimal.
        figures = {name: f"{float(value)}::double" for name, value in prior.binds().items()}
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE graded AS
            WITH pointed AS (
                SELECT *, {", ".join(f"{sql} AS p_{key}" for key, sql in points.items())}
                FROM measured WHERE stage IN ({", ".join(f"'{s}'" for s in version.stages)})
            ),
            weighed AS (SELECT *, {earned} AS earned, {weight} AS weight FROM pointed),
            averaged AS (
                SELECT *, floor(weight / {total} * 10000 + 0.5) / 10000 AS coverage,
                    CASE WHEN weight > 0
                        AND floor(weight / {total} * 10000 + 0.5) / 10000
                            >= {version.minimum_coverage}
                    THEN floor(floor(earned / weight * 1000000 + 0.5) / 1000000 + 0.5)
                    END AS average
                FROM weighed
            ),
            scored AS (
                SELECT *, CASE WHEN average IS NOT NULL THEN least(average, {caps}) END AS score
                FROM averaged
            ),
            banded AS (
                SELECT *, CASE WHEN score IS NULL THEN '' WHEN score >= {version.green_from}
                    THEN 'green' WHEN score >= {version.yellow_from} THEN 'yellow'
                    ELSE 'red' END AS band
                FROM scored
            )
            SELECT account_id, score, coverage, band, probability,
                round(probability * mrr * 12, 4) AS expected_loss,
                {", ".join(f"p_{key}" for key in points)}
            FROM (
                SELECT *, round(greatest(least(greatest(
                    CASE band WHEN 'green' THEN {figures["prior_green"]}
                        WHEN 'yellow' THEN {figures["prior_yellow"]}
                        WHEN 'red' THEN {figures["prior_red"]}
                        ELSE {figures["prior_unknown"]} END
                    * {_FACTORS.format(**figures)},
                    {figures["prior_lowest"]}), {figures["prior_highest"]}),
                    CASE WHEN notice_given_on IS NOT NULL THEN {figures["prior_notice"]} ELSE 0 END
                ), 4) AS probability
                FROM banded
            )
            """,
            binds,
        )

    def scores(self) -> dict[int, tuple[Any, ...]]:
        """What was computed, by account."""
        found = self.connection.execute("SELECT account_id, score, band, probability FROM graded")
        return {row[0]: row[1:] for row in found.fetchall()}


def _fact(name: str) -> str:
    return "CASE WHEN notice_given_on IS NULL THEN 0 ELSE 1 END" if name == "notice_given" else name


def _points(column: str, shape: Any) -> str:
    stretches = [
        f"WHEN {column} < {knot} THEN {intercept} + {slope} * {column}"
        for knot, intercept, slope in zip(shape.knots, shape.intercepts, shape.slopes, strict=False)
    ]
    last = f"{shape.intercepts[-1]} + {shape.slopes[-1]} * {column}"
    chosen = f"CASE WHEN {column} IS NULL THEN NULL {' '.join(stretches)} ELSE {last} END"
    return f"floor(({chosen}) * 10000 + 0.5) / 10000"
