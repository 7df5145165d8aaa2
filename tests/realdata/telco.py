"""IBM's Telco customers: months of tenure instead of dates, so a day of reference is chosen."""

import csv
import datetime as dt
from pathlib import Path

from accounts.imports.engine import Report
from accounts.ledger import add_months
from accounts.models import Workspace
from tests.realdata.loading import as_csv, import_file

# the day of the survey: the last on which those who churned still paid
DAY = dt.date(2020, 1, 31)


def load(folder: Path, workspace: Workspace) -> tuple[Report, Report]:
    """Import customers with their attributes, and their contracts."""
    path = folder / "telco_ibm" / "Telco-Customer-Churn.csv"
    with path.open(encoding="utf-8") as file:
        rows = [
            {
                **row,
                "starts_on": add_months(DAY, -int(row["tenure"])),
                "first_unpaid_on": DAY + dt.timedelta(days=1) if row["Churn"] == "Yes" else "",
            }
            for row in csv.DictReader(file)
        ]
    data = as_csv(rows)
    return (
        import_file(workspace, "accounts", data, "telco_accounts"),
        import_file(workspace, "subscriptions", data, "telco_subscriptions"),
    )
