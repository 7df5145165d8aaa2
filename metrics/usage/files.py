"""Events out of files, as the messages the endpoints would receive."""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

FIELDS = ("userId", "anonymousId", "groupId", "event", "timestamp", "messageId", "type", "name")


class BadFile(ValueError):
    """The file or its mapping cannot be read; the message says why."""


def read_mapping(text: str) -> dict[str, str]:
    """``userId=account,event=event_type`` or the path of a JSON object → {field: column}.

    Fields are those of the Segment specification. A value in quotes, such as ``event='login'``,
    is the same for every row. Raises ``BadFile``.
    """
    if text.endswith(".json"):
        try:
            mapping = msgspec.json.decode(Path(text).read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError) as error:
            raise BadFile(f"the mapping {text} cannot be read: {error}") from None
    else:
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        mapping = {name.strip(): column.strip() for name, _equals, column in pairs}
    unknown = set(mapping) - set(FIELDS)
    if unknown or not all(mapping.values()):
        raise BadFile(
            f"the mapping may name {', '.join(FIELDS)}, each with a column"
            + (f"; not {', '.join(sorted(unknown))}" if unknown else "")
        )
    return mapping


def messages(path: Path, mapping: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of a .parquet, .jsonl or .csv file as messages; other columns are properties.

    Without a mapping columns have the fields' own names. A .jsonl row may be a whole message.
    Raises ``BadFile``.
    """
    readers = {".parquet": _parquet, ".jsonl": _json_lines, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadFile(f"{path.name} is none of {', '.join(readers)}")
    fixed = {name: column[1:-1] for name, column in mapping.items() if column[0] in "'\""}
    columns = {column: name for name, column in mapping.items() if name not in fixed}
    is_first = True
    for row in reader(path):
        if is_first:
            is_first = False
            missing = columns.keys() - row.keys()
            if missing:
                raise BadFile(f"{path.name} has no column {', '.join(sorted(missing))}")
        yield _message(row, columns, fixed)


def _message(
    row: dict[str, Any], columns: Mapping[str, str], fixed: Mapping[str, str]
) -> dict[str, Any]:
    message: dict[str, Any] = {"type": "track", **fixed}
    properties: dict[str, Any] = {}
    for column, value in row.items():
        if value is None or value == "":
            continue
        name = columns.get(column, column if column in FIELDS else "")
        if name:
            message[name] = value.isoformat() if isinstance(value, dt.date) else value
        elif column in {"properties", "traits", "context"} and isinstance(value, dict):
            message[column] = value
        else:
            properties[column] = value
    if properties:
        message["properties"] = {**properties, **message.get("properties", {})}
    return message


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import parquet
    except ImportError:
        raise BadFile("reading .parquet needs the package pyarrow") from None
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=20_000):
            yield from batch.to_pylist()


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise BadFile(f"{path.name}, line {number}: {error}") from None


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
