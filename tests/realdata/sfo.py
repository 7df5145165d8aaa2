"""San Francisco airport's customer survey of 2017: three figures asked on one sheet of paper."""

import csv
from pathlib import Path

from accounts.imports.engine import Report
from accounts.models import Workspace
from cs_platform.core import clock, tenancy
from metrics.surveys.models import Survey
from metrics.surveys.rollup import roll_up_results
from tests.realdata.loading import as_csv, import_file
from tests.surveys.answers import asks_score

KINDS = ("nps", "csat", "ces")


def load(folder: Path, workspace: Workspace) -> dict[str, Report]:
    """Import each figure as a survey of its own, and count the answers."""
    now = clock.now()
    with tenancy.scope(workspace.pk):
        for kind in KINDS:
            survey = Survey.objects.create(
                kind=kind, name=kind, external_id=f"sfo-{kind}", created_at=now, updated_at=now
            )
            asks_score(survey)
    path = folder / "sfo_survey" / "2017_SFO_Customer_Survey.csv"
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    reports = {"nps": import_file(workspace, "responses", path.read_bytes(), "sfo_nps")}
    for kind in ("csat", "ces"):
        # an answer's id is its own in the whole workspace
        data = as_csv([{**row, "id": f"{kind}-{row['RESPNUM']}"} for row in rows])
        reports[kind] = import_file(workspace, "responses", data, f"sfo_{kind}")
    with tenancy.scope(workspace.pk):
        while roll_up_results(now):
            pass
    return reports
