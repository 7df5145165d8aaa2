"""Lists as CSV: streamed, in UTF-8 with a byte-order mark so that Excel reads Japanese."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to Excel, LibreOffice and Google Sheets; the
# full-width ones are to an Excel that speaks Japanese.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """What csv.writer writes to: it hands every line back."""

    def write(self, line: str) -> str:
        return line


def neutral(value: Any) -> Any:
    """``value`` as a cell that no spreadsheet runs; numbers and dates stay as they are."""
    if isinstance(value, str) and value.lstrip(" \u00a0\u3000\ufeff").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def csv_lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file, its header first."""
    # Every text in quotes: a spreadsheet that splits at ";" must not begin a cell in its middle.
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield "\ufeff" + writer.writerow([str(title) for title in header])
    for row in rows:
        yield writer.writerow([neutral(value) for value in row])


def csv_response(
    filename: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download that is sent while ``rows`` are still being read."""
    response = StreamingHttpResponse(
        csv_lines(header, rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response
