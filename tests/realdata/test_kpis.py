"""KPIs of the real data sets against what others have computed of them."""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accounts.models import Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.kpis.actions.compute import compute
from metrics.kpis.lifetime import purchase_value
from metrics.kpis.models import Period, Settings
from metrics.kpis.periods import month_start, span_of
from metrics.kpis.queries.figures import current_figures
from metrics.kpis.queries.lifetime import survival
from metrics.kpis.queries.periods import find_period
from metrics.kpis.queries.revenue import bridge
from metrics.kpis.queries.shapes import FigureView, PeriodView
from metrics.kpis.survival import kaplan_meier
from tests.realdata import crm5, telco
from tests.realdata.loading import import_file

pytestmark = [pytest.mark.realdata, pytest.mark.django_db, pytest.mark.timeout(900)]


def month(workspace: Workspace, day: dt.date) -> PeriodView:
    """Compute the month of a day in the open scope, by what is known now."""
    span = span_of("month", day, workspace.fiscal_year_start_month)
    row, _created = Period.objects.get_or_create(
        kind="month",
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        until_on=span.ends_on,
        series=Period.Series.RESTATED,
    )
    compute([row], now=clock.now())
    found = find_period("month", span.starts_on)
    assert found is not None
    return found


# --- crm5: the book's own figures -----------------------------------------------------------
@pytest.fixture(scope="module")
def crm(realdata: Path, new_workspace: Any) -> Workspace:
    workspace: Workspace = new_workspace("crm5-kpis", "USD")
    results = crm5.load_accounts(realdata, workspace)
    assert not any(result.problems for result in results)
    with scope(workspace.pk):
        # the book takes the state on the first day, that day's changes included
        Settings.objects.create(first_day=Settings.FirstDay.OPENING)
    return workspace


@pytest.fixture(scope="module")
def crm_months(crm: Workspace) -> dict[dt.date, dict[str, FigureView]]:
    found = {}
    with scope(crm.pk):
        for number in range(23):
            start = month_start(dt.date(2022, 2, 1), number)
            found[start] = current_figures(month(crm, start))
    return found


def _golden(realdata: Path, name: str) -> Iterator[tuple[dt.date, dict[str, str]]]:
    path = realdata / "fightchurn" / "crm5" / "golden" / f"crm5_{name}_multi.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield dt.date.fromisoformat(row["start_date"][:10]), row


def test_churn_is_that_of_the_book_month_by_month(crm_months: Any, realdata: Path) -> None:
    golden = dict(_golden(realdata, "churn_rate"))
    assert len(golden) == 20
    for start, found in crm_months.items():
        churn = found["customer-churn"]
        if start in golden:
            wanted = (float(golden[start]["n_churn"]), float(golden[start]["n_start"]))
            assert (churn.numerator, churn.denominator) == wanted, start
            assert churn.figure == pytest.approx(float(golden[start]["churn_rate"]))
        else:
            # the book leaves out months in which nobody churned
            assert churn.numerator == 0, start
    april = crm_months[dt.date(2023, 4, 1)]["customer-churn"]
    assert (april.numerator, april.denominator) == (0, 143)


def test_net_retention_is_that_of_the_book(crm_months: Any, realdata: Path) -> None:
    golden = dict(_golden(realdata, "net_retention"))
    assert set(golden) == set(crm_months)
    for start, found in crm_months.items():
        nrr = found["nrr"]
        assert float(nrr.numerator) == pytest.approx(float(golden[start]["retained_mrr"])), start
        assert float(nrr.denominator) == pytest.approx(float(golden[start]["start_mrr"])), start
    assert crm_months[dt.date(2023, 4, 1)]["nrr"].figure == pytest.approx(1.009308728, abs=1e-9)


def test_revenue_churn_is_that_of_pandas(crm_months: Any, realdata: Path) -> None:
    rows = pd.read_csv(realdata / "fightchurn" / "crm5" / "subscription.csv")
    golden = dict(_golden(realdata, "mrr_churn"))

    def revenue(day: dt.date) -> "pd.Series[float]":
        is_active = (rows["start_date"] <= str(day)) & (rows["end_date"] > str(day))
        return rows[is_active].groupby("account_id")["mrr"].sum()

    for start, found in crm_months.items():
        opening, closing = revenue(start), revenue(month_start(start, 1))
        after = closing.reindex(opening.index).fillna(0)
        lost = (opening - after).clip(lower=0).sum()
        gained = (after - opening).clip(lower=0).sum()
        cancelled = opening[~opening.index.isin(closing.index)].sum()
        gross, net = found["revenue-churn-gross"], found["revenue-churn-net"]
        assert float(gross.numerator) == pytest.approx(lost), start
        assert float(found["revenue-churn-cancelled"].numerator) == pytest.approx(cancelled)
        assert float(net.numerator) == pytest.approx(lost - gained)
        assert float(golden[start]["churn_mrr"]) == pytest.approx(cancelled)


def test_the_bridge_of_the_book_adds_up_and_follows_on(crm: Workspace, crm_months: Any) -> None:
    end = None
    with scope(crm.pk):
        for start in crm_months:
            period = find_period("month", start)
            assert period is not None
            found = bridge(period)
            assert found is not None
            amounts = [step.amount for step in found.steps]
            assert sum(amounts[:-1]) == amounts[-1]
            assert end is None or amounts[0] == end
            end = amounts[-1]


# --- RavenStack: overlapping contracts, trials at price 0 -----------------------------------
def test_ravenstack_by_the_month(realdata: Path, new_workspace: Any) -> None:
    folder = realdata / "ravenstack"
    workspace = new_workspace("ravenstack-kpis", "USD")
    for kind, name in (("accounts", "accounts"), ("subscriptions", "subscriptions")):
        data = (folder / f"ravenstack_{name}.csv").read_bytes()
        import_file(workspace, kind, data, f"ravenstack_{name}")
    rows = pd.read_csv(folder / "ravenstack_subscriptions.csv")
    rows = rows[rows["mrr_amount"] > 0]

    def revenue(day: dt.date) -> dict[str, float]:
        """What goes on past the night before ``day``; its first unpaid day is ``end_date``."""
        begun = rows["start_date"] < str(day)
        goes_on = rows["end_date"].isna() | (rows["end_date"] > str(day))
        found = rows[begun & goes_on].groupby("account_id")["mrr_amount"].sum()
        return {str(account): float(mrr) for account, mrr in found.items()}

    with scope(workspace.pk):
        for start in (dt.date(2023, 12, 1), dt.date(2024, 6, 1), dt.date(2024, 11, 1)):
            found = current_figures(month(workspace, start))
            opening, closing = revenue(start), revenue(month_start(start, 1))
            assert found["mrr"].figure == pytest.approx(sum(closing.values()))
            assert found["customers"].figure == len(closing)
            assert found["customer-churn"].denominator == len(opening)
            assert found["customer-churn"].numerator == len(opening.keys() - closing.keys())
            lost = sum(max(mrr - closing.get(a, 0), 0) for a, mrr in opening.items())
            assert float(found["revenue-churn-gross"].numerator) == pytest.approx(lost)


# --- Telco: the survival curve of 7,043 customers -------------------------------------------
def test_telco_survival_and_churn(realdata: Path, new_workspace: Any) -> None:
    workspace = new_workspace("telco-kpis", "USD")
    telco.load(realdata, workspace)
    with scope(workspace.pk):
        period = month(workspace, telco.DAY)
        found = current_figures(period)
        # eleven began on the day of the survey
        assert (found["customer-churn"].numerator, found["customer-churn"].denominator) == (
            1_869,
            7_032,
        )
        assert float(found["revenue-churn-cancelled"].numerator) == pytest.approx(139_130.85)
        (curve,) = survival(period)
        for months, wanted in ((12, 0.8432), (24, 0.7887), (72, 0.5928)):
            at = [point.survival for point in curve.points if point.months < months + 0.5][-1]
            assert at == pytest.approx(wanted, abs=5e-5)
        tenure = found["mean-tenure"]
        assert tenure.low < tenure.figure < tenure.high < 73  # type: ignore[operator]


# --- published curves -----------------------------------------------------------------------
def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_leukaemia(realdata: Path) -> None:
    rows = _rows(realdata / "survival" / "leukemia_anderson.csv")
    curve = kaplan_meier(
        (float(row["t"]), int(row["status"]), 1 - int(row["status"]))
        for row in rows
        if row["Rx"] == "0"
    )
    assert curve is not None
    wanted = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert {t: curve.at(t) for t in wanted} == pytest.approx(wanted, abs=5e-5)


def test_medians_of_lung_and_waltons(realdata: Path) -> None:
    lung = _rows(realdata / "survival" / "lung.csv")
    for sex, median in (("", 310), ("1", 270), ("2", 426)):
        curve = kaplan_meier(
            (float(r["time"]), int(r["status"]), 1 - int(r["status"]))
            for r in lung
            if not sex or r["sex"] == sex
        )
        assert curve is not None
        assert curve.median() == median
    groups: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
    for row in _rows(realdata / "survival" / "waltons.csv"):
        ended = int(float(row["E"]))
        groups[row["group"]].append((float(row["T"]), ended, 1 - ended))
    medians = {name: kaplan_meier(lives).median() for name, lives in groups.items()}  # type: ignore[union-attr]
    assert sorted(medians.values()) == [26, 58]  # type: ignore[type-var]


def test_cdnow_by_purchases(realdata: Path) -> None:
    """Value per purchase × purchases per year × years is what customers have brought in."""
    rows = [
        line.split()
        for line in (realdata / "cdnow" / "CDNOW_master.txt").read_text().splitlines()[1:]
    ]
    assert len(rows) == 69_659
    total = sum(float(row[3]) for row in rows)
    customers = len({row[0] for row in rows})
    assert customers == 23_570
    days = [dt.datetime.strptime(row[1], "%Y%m%d").date() for row in rows]  # noqa: DTZ007
    years = ((max(days) - min(days)).days + 1) / 365.25
    found = purchase_value(total / len(rows), len(rows) / customers / years, years)
    assert found == pytest.approx(total / customers)
    assert found == pytest.approx(106.08, abs=0.01)
