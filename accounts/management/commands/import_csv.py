import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.actors import Actor
from accounts.imports.engine import Report, import_rows
from accounts.imports.kinds import KINDS
from accounts.imports.mapping import check_columns, parse_mapping
from accounts.imports.reader import read_table
from accounts.models import ImportIssue, Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError

_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import a CSV file by a mapping file. Rows that cannot be taken are listed and block no "
        "other; running the same file again changes nothing. Exits with 1 if the file or the "
        "mapping cannot be used, or if --strict is given and rows were refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--kind", required=True, choices=list(KINDS))
        parser.add_argument("--mapping", required=True, metavar="FILE", type=Path, help="JSON")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, only")
        parser.add_argument("--report", metavar="FILE", type=Path, help="write a report as JSON")
        parser.add_argument("--strict", action="store_true", help="fail if any row is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']!r}.")
        kind = KINDS[options["kind"]]
        try:
            mapping = parse_mapping(_bytes(options["mapping"]).decode("utf-8-sig"), kind)
            table = read_table(
                _bytes(options["file"]), encoding=mapping.encoding, delimiter=mapping.delimiter
            )
            check_columns(mapping, table.columns)
        except UnicodeDecodeError as error:
            raise CommandError(f"{options['mapping']}: not UTF-8 ({error.reason})") from error
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        quiet = options["verbosity"] == 0
        with tqdm(total=len(table.rows), unit=" rows", disable=quiet, file=self.stderr) as bar:
            report = import_rows(
                options["kind"],
                table.rows,
                mapping,
                workspace=workspace,
                actor=Actor.system("import_csv"),
                now=clock.now(),
                dry_run=options["dry_run"],
                file_name=options["file"].name,
                progress=bar.update,
            )
        if not quiet:
            self._tell(report, table.encoding)
        if options["report"]:
            options["report"].write_text(_json(report), encoding="utf-8")
        if options["strict"] and report.outcomes["rejected"]:
            raise CommandError(f"{report.outcomes['rejected']} rows were refused.")

    def _tell(self, report: Report, encoding: str) -> None:
        for issue in report.issues[:_SHOWN]:
            where = f" [{', '.join(issue.columns)}]" if issue.columns else ""
            self.stderr.write(
                f"row {issue.row_number}{where}: {issue.severity} {issue.code}: {issue.message}"
            )
        if len(report.issues) > _SHOWN:
            self.stderr.write(f"… and {len(report.issues) - _SHOWN} more; --report lists them all")
        counts = report.outcomes
        self.stdout.write(
            f"{'Dry run: nothing was kept. ' if report.is_dry_run else ''}"
            f"{report.rows_read} rows ({encoding}): {counts['created']} created, "
            f"{counts['updated']} updated, {counts['unchanged']} unchanged, "
            f"{counts['rejected']} refused; {report.warned} with a warning"
        )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def _json(report: Report) -> str:
    def line(issue: ImportIssue) -> dict[str, Any]:
        return {
            "row": issue.row_number,
            "severity": str(issue.severity),
            "columns": issue.columns,
            "code": issue.code,
            "message": issue.message,
            "cells": issue.row,
        }

    summary = {
        "dry_run": report.is_dry_run,
        "rows": report.rows_read,
        **{name: report.outcomes[name] for name in ("created", "updated", "unchanged", "rejected")},
        "warned": report.warned,
        "issues": [line(issue) for issue in report.issues],
    }
    return json.dumps(summary, ensure_ascii=False, indent=1)
