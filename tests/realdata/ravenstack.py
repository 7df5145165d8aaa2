"""RavenStack: synthetic B2B SaaS, dirty on purpose. What is odd must be told, not hidden."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.imports.engine import Report
from accounts.models import Account, Interaction, Workspace
from cs_platform.core import tenancy
from metrics.usage.ingest.parse import Parsed
from tests.realdata.loading import import_file, ingest


@dataclass(frozen=True)
class Loaded:
    """What became of the files."""

    accounts: Report
    subscriptions: Report
    churn_events: Report
    accepted: int
    duplicates: int
    parsed: Parsed
    usage_before_start: int
    flags_that_disagree: int

    def report(self) -> str:
        """The report of the whole load, for people."""
        lines = []
        for name in ("accounts", "subscriptions", "churn_events"):
            report: Report = getattr(self, name)
            counts = report.outcomes
            lines.append(
                f"{name}: {report.rows_read} rows, {counts['created']} created, "
                f"{counts['rejected']} refused, {report.warned} taken with a warning"
            )
            codes = Counter((issue.severity, issue.code) for issue in report.issues)
            for (severity, code), count in sorted(codes.items()):
                example = next(i for i in report.issues if (i.severity, i.code) == (severity, code))
                lines.append(
                    f"  {severity} {code}: {count} (row {example.row_number}: {example.message})"
                )
        share = 100 * self.usage_before_start / self.accepted
        lines += [
            f"usage: {self.accepted} events taken, {self.duplicates} repeated a message id, "
            f"{len(self.parsed.rejected)} refused",
            f"  {self.usage_before_start} ({share:.1f} %) lie before the start of their contract",
            f"  {self.flags_that_disagree} accounts whose churn flag and churn events disagree",
        ]
        return "\n".join(lines)


def load(folder: Path, workspace: Workspace) -> Loaded:
    """Import accounts, contracts and churn events, and ingest the usage."""
    folder = folder / "ravenstack"

    def take(kind: str, name: str) -> Report:
        data = (folder / f"ravenstack_{name}.csv").read_bytes()
        return import_file(workspace, kind, data, f"ravenstack_{name}")

    accounts = take("accounts", "accounts")
    subscriptions = take("subscriptions", "subscriptions")
    churn_events = take("interactions", "churn_events")
    accepted, duplicates, parsed = ingest(workspace, _usage(folder))
    return Loaded(
        accounts=accounts,
        subscriptions=subscriptions,
        churn_events=churn_events,
        accepted=accepted,
        duplicates=duplicates,
        parsed=parsed,
        usage_before_start=_usage_before_start(workspace),
        flags_that_disagree=_flags_that_disagree(workspace),
    )


def _usage(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "ravenstack_subscriptions.csv").open(encoding="utf-8") as file:
        account_of = {row["subscription_id"]: row["account_id"] for row in csv.DictReader(file)}
    with (folder / "ravenstack_feature_usage.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {
                "type": "track",
                "event": row["feature_name"],
                "messageId": row["usage_id"],
                "timestamp": row["usage_date"],
                "groupId": account_of[row["subscription_id"]],
                "properties": {
                    "subscription": row["subscription_id"],
                    "count": int(row["usage_count"]),
                    "seconds": int(row["usage_duration_secs"]),
                    "errors": int(row["error_count"]),
                },
            }


def _usage_before_start(workspace: Workspace) -> int:
    """Events of the product that happened before the contract they name began."""
    with tenancy.scope(workspace.pk), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*)
            FROM usage_event e
            JOIN accounts_subscription s
              ON s.workspace_id = e.workspace_id AND s.external_id = e.properties ->> 'subscription'
            WHERE e.workspace_id = %s AND e.happened_at::date < s.starts_on
            """,
            [workspace.pk],
        )
        (count,) = cursor.fetchone()
    return int(count)


def _flags_that_disagree(workspace: Workspace) -> int:
    with tenancy.scope(workspace.pk):
        flagged = set(
            Account.objects.filter(attributes__churn_flag="TRUE").values_list("pk", flat=True)
        )
        left = set(Interaction.objects.values_list("account_id", flat=True))
    return len(flagged ^ left)
