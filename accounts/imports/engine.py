"""Takes the rows of a file in, batch by batch, and keeps what became of each."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.upsert import Problem, Result
from accounts.actors import Actor
from accounts.fields import BadValue, Number, read
from accounts.imports.kinds import KINDS, Kind
from accounts.imports.mapping import Mapping, item_of
from accounts.imports.reader import Row
from accounts.imports.suspicions import Suspicions
from accounts.models import ImportIssue, ImportRun, Workspace
from cs_platform.core import clock
from cs_platform.core.tenancy import scope

BATCH = 1000


@dataclass
class Report:
    """What an import did. ``rows_read`` = created + updated + unchanged + rejected."""

    run_id: int
    is_dry_run: bool
    rows_total: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    issues: list[ImportIssue] = field(default_factory=list)

    @property
    def rows_read(self) -> int:
        return sum(self.outcomes.values())


@dataclass
class _Line:
    """A row on its way: its item, what is wrong with it and what is odd about it.

    ``repeated`` are the rows of the same key that it counts for; the last of them is tried in its
    place if it is refused.
    """

    row: Row
    item: dict[str, Any]
    errors: list[Problem]
    warnings: list[Problem]
    repeated: list["_Line"] = field(default_factory=list)


class _Undo(Exception):
    """Ends a dry run by rolling everything back."""


def import_rows(
    kind_name: str,
    rows: Sequence[Row],
    mapping: Mapping,
    *,
    workspace: Workspace,
    actor: Actor,
    now: dt.datetime,
    dry_run: bool = False,
    file_name: str = "",
    progress: Callable[[int], Any] = lambda count: None,
) -> Report:
    """Take rows in and return what became of them; open no scope around it.

    Batches of 1,000 rows are committed one by one together with the run's progress, so an import
    that was killed is simply run again: what was taken is then unchanged. A row that cannot be
    taken is kept as an issue and blocks no other. A dry run does everything and keeps only the
    report. ``progress`` is told how many rows were dealt with since the last call.
    """
    kind = KINDS[kind_name]
    lines = _prepare(rows, mapping, kind, ZoneInfo(workspace.timezone))
    with scope(workspace.pk):
        run = ImportRun.objects.create(
            kind=kind_name,
            file_name=file_name[:300],
            mapping=mapping.raw,
            is_dry_run=dry_run,
            rows_total=len(rows),
            started_at=now,
            started_by=actor.membership,
        )
    report = Report(run.pk, dry_run, rows_total=len(rows))
    take = _Taker(kind=kind, mapping=mapping, actor=actor, now=now, report=report, run=run)
    try:
        if dry_run:
            with suppress(_Undo), scope(workspace.pk):
                for batch in _batches(lines, take.again):
                    before = report.rows_read
                    take(batch)
                    progress(report.rows_read - before)
                raise _Undo
            with scope(workspace.pk):
                take.keep(report.issues)
        else:
            for batch in _batches(lines, take.again):
                before = report.rows_read
                with scope(workspace.pk):
                    issues = take(batch)
                    take.keep(issues)
                progress(report.rows_read - before)
        with scope(workspace.pk):
            take.finish(ImportRun.State.DONE)
    except Exception as error:
        with scope(workspace.pk):
            take.finish(ImportRun.State.FAILED, str(error))
        raise
    return report


def _batches(lines: list[_Line], again: list[_Line]) -> Iterable[list[_Line]]:
    while lines:
        for start in range(0, len(lines), BATCH):
            yield lines[start : start + BATCH]
        # those that named a row further down, and those that stand in for a row that was refused
        lines, again[:] = list(again), []


def _prepare(rows: Iterable[Row], mapping: Mapping, kind: Kind, zone: ZoneInfo) -> list[_Line]:
    suspicions = Suspicions(kind)
    lines = []
    for row in rows:
        item, errors = item_of(row, mapping, kind, zone)
        if "arr" in item:
            errors += _monthly(item)
        # what is odd is told of every row, those that are refused for another reason included
        lines.append(_Line(row, item, errors, suspicions.look(item)))
    lines = _without_repeated(lines, kind)
    if kind.in_order_of:
        lines.sort(key=lambda line: _day(line.item, kind.in_order_of))
    return lines


def _without_repeated(lines: list[_Line], kind: Kind) -> list[_Line]:
    """The lines that count, each with those of its key that do not."""
    counting: dict[Any, _Line] = {}
    for line in lines:
        key = tuple(str(line.item.get(name, "")).strip() for name in kind.key)
        # without a key every line is refused for itself
        known = counting.pop(key, None) if key[0] else None
        if known is None:
            counting[key if key[0] else line.row.number] = line
        elif kind.first_counts:
            known.repeated.insert(0, line)
            counting[key] = known
        else:
            line.repeated, known.repeated = [*known.repeated, known], []
            counting[key] = line
    return list(counting.values())


def _monthly(item: dict[str, Any]) -> list[Problem]:
    """Put monthly in the place of annual revenue."""
    try:
        yearly = read(Number(4), item.pop("arr"))
    except BadValue as error:
        return [Problem(error.code, error.message, "arr")]
    if yearly is not None and not str(item.get("mrr") or "").strip():
        item["mrr"] = (yearly / 12).quantize(Decimal("0.0001"))
    return []


def _day(item: dict[str, Any], names: tuple[str, ...]) -> dt.date:
    days = (item.get(name) for name in names)
    return next((day for day in days if isinstance(day, dt.date)), dt.date.max)


class _Taker:
    """Writes one batch after the other and counts."""

    def __init__(
        self,
        *,
        kind: Kind,
        mapping: Mapping,
        actor: Actor,
        now: dt.datetime,
        report: Report,
        run: ImportRun,
    ) -> None:
        self.kind, self.mapping, self.actor, self.now = kind, mapping, actor, now
        self.report, self.run = report, run
        self.again: list[_Line] = []
        self._retried: set[int] = set()

    def __call__(self, batch: list[_Line]) -> list[ImportIssue]:
        good = [line for line in batch if not line.errors]
        results = self.kind.take(
            [line.item for line in good],
            actor=self.actor,
            now=self.now,
            is_historical=self.mapping.historical,
        )
        issues = []
        for line in batch:
            if line.errors:
                issues += self._refused(line, line.errors)
        for line, result in zip(good, results, strict=True):
            if self._is_to_be_retried(line, result):
                self.again.append(line)
                continue
            if result.is_rejected:
                issues += self._refused(line, result.problems)
                continue
            self.report.outcomes[result.outcome] += 1
            issues += self._issues(line, line.warnings, ImportIssue.Severity.WARNING)
            self.report.warned += bool(line.warnings)
            issues += self._left_out(line)
        self.report.issues += issues
        return issues

    def _left_out(self, line: _Line) -> list[ImportIssue]:
        """What is told of the rows that the taken one counts for."""
        reason = Problem(
            "duplicate_in_file",
            _("Row %(row)d has the same key and counts; nothing was taken from this one.")
            % {"row": line.row.number},
            self.kind.key[0],
        )
        issues = []
        for other in line.repeated:
            self.report.outcomes["unchanged"] += 1
            self.report.warned += 1
            issues += self._issues(other, [reason, *other.warnings], ImportIssue.Severity.WARNING)
        return issues

    def _is_to_be_retried(self, line: _Line, result: Result) -> bool:
        """Whether the row only lacks an account that may come further down; once."""
        waits = {"parent_external_id", "referrer_external_id"}
        if line.row.number in self._retried or not result.is_rejected:
            return False
        self._retried.add(line.row.number)
        return all(p.code == "unknown_account" and p.field in waits for p in result.problems)

    def _refused(self, line: _Line, problems: list[Problem]) -> list[ImportIssue]:
        self.report.outcomes["rejected"] += 1
        if line.repeated:
            *others, stand_in = line.repeated
            stand_in.repeated = others
            self.again.append(stand_in)
        warnings = self._issues(line, line.warnings, ImportIssue.Severity.WARNING)
        return [*self._issues(line, problems, ImportIssue.Severity.ERROR), *warnings]

    def _issues(self, line: _Line, problems: list[Problem], severity: str) -> list[ImportIssue]:
        return [
            ImportIssue(
                run=self.run,
                severity=severity,
                row_number=line.row.number,
                columns=[self.mapping.column_of(problem.field)[:200]] if problem.field else [],
                code=problem.code,
                message=problem.message.replace("\x00", "\ufffd"),
                row={k: v.replace("\x00", "\ufffd")[:1000] for k, v in line.row.cells.items()},
            )
            for problem in problems
        ]

    def keep(self, issues: list[ImportIssue]) -> None:
        """Store issues and how far the run has come."""
        ImportIssue.objects.bulk_create(issues, batch_size=1000)
        counted = self.report.outcomes
        ImportRun.objects.filter(pk=self.run.pk).update(
            rows_read=self.report.rows_read,
            rows_created=counted["created"],
            rows_updated=counted["updated"],
            rows_unchanged=counted["unchanged"],
            rows_rejected=counted["rejected"],
            rows_warned=self.report.warned,
        )

    def finish(self, state: str, failure: str = "") -> None:
        ImportRun.objects.filter(pk=self.run.pk).update(
            state=state, failure=failure[:10_000], finished_at=clock.now()
        )
        self.run.refresh_from_db()
        audit.record(
            actor=self.actor,
            action="import_finished" if state == ImportRun.State.DONE else "import_failed",
            obj=self.run,
            detail={"kind": self.run.kind, "file": self.run.file_name, **self.report.outcomes},
            now=self.now,
        )
