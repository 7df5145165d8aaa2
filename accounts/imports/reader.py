"""Bytes of a CSV file → rows of text. Nothing is guessed silently: what cannot be read is said."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cs_platform.core.errors import DomainError

_DELIMITERS = (",", "\t", ";", "|")
_LONGEST_CELL = 1_000_000


class Unreadable(DomainError):
    """The file as a whole cannot be read; nothing was imported."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Row:
    """A line of the file: its number (the header is 1), its cells by column, what is odd of it."""

    number: int
    cells: dict[str, str]
    extra: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Table:
    """A file as read: column names, rows, and how it was decoded."""

    columns: list[str]
    rows: list[Row]
    encoding: str
    delimiter: str


def decode(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and its encoding: the one given, else by its mark, else UTF-8, else CP932.

    Raises ``Unreadable`` naming the first byte that does not fit.
    """
    if encoding:
        candidates = [encoding]
    elif data.startswith(b"\xef\xbb\xbf"):
        candidates = ["utf-8-sig"]
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "cp932"]
    first: UnicodeDecodeError | None = None
    for candidate in candidates:
        try:
            return data.decode(candidate), candidate
        except LookupError as error:
            raise Unreadable(
                _("There is no encoding named “%(name)s”.") % {"name": candidate}
            ) from error
        except UnicodeDecodeError as error:
            first = first or error
    position = first.start if first else 0
    raise Unreadable(
        _(
            "The file is neither UTF-8 nor CP932 (Shift_JIS): line %(line)d, byte %(byte)d of the "
            "file. Save it as UTF-8."
        )
        % {"line": data.count(b"\n", 0, position) + 1, "byte": position + 1}
    )


def read_table(data: bytes, *, encoding: str = "", delimiter: str = "") -> Table:
    """Read a whole file with a header line. Blank lines are skipped; cells stay text.

    Raises ``Unreadable``: empty file, no or repeated column names, broken quoting.
    """
    text, found = decode(data, encoding)
    head = text.split("\n", 1)[0]
    separator = delimiter or max(_DELIMITERS, key=head.count)
    csv.field_size_limit(_LONGEST_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = [name.strip() for name in next(lines)]
    except StopIteration:
        raise Unreadable(_("The file is empty.")) from None
    except csv.Error as error:
        raise _broken(1, error) from error
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise Unreadable(
            _("The header names these columns more than once: %(names)s.")
            % {"names": ", ".join(name or "“”" for name in repeated)}
        )
    return Table(columns, list(_rows(lines, columns)), found, separator)


def _rows(lines: Iterator[list[str]], columns: list[str]) -> Iterator[Row]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken(number, error) from error
        if any(cell.strip() for cell in cells):
            yield Row(
                number,
                dict(zip(columns, cells, strict=False)),
                extra=max(0, len(cells) - len(columns)),
                missing=max(0, len(columns) - len(cells)),
            )


def _broken(number: int, error: csv.Error) -> Unreadable:
    return Unreadable(
        _("Row %(row)d cannot be read: %(reason)s.") % {"row": number, "reason": error}
    )
