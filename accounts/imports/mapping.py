"""Which column is which field: the mapping file, checked before the first row is read.

A mapping is a JSON object::

    {
      "columns": {
        "external_id": "Customer no.",
        "starts_on": {"column": "Start", "format": "%d/%m/%Y"},
        "segment": {"column": "Size", "values": {"L": "enterprise", "S": "small"}, "default": ""}
      },
      "constants": {"currency": "USD", "product": "core"},
      "attributes": ["Industry code"],
      "end_is_first_unpaid_day": true,
      "historical": true,
      "encoding": "cp932", "delimiter": ";"
    }

Only ``columns`` is required. ``attributes`` (accounts) keeps columns as custom attributes.
``end_is_first_unpaid_day`` says that end dates name the first day not paid for; without it they
are the last paid day. ``historical`` (default true) makes facts count as known when they happened.
"""

import datetime as dt
import json
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.actions.upsert import Problem
from accounts.fields import BadValue, Day, Moment, Rule, read
from accounts.imports.kinds import Kind
from accounts.imports.reader import Row
from cs_platform.core.errors import DomainError

_OPTIONS = {
    "columns": dict,
    "constants": dict,
    "attributes": list,
    "end_is_first_unpaid_day": bool,
    "historical": bool,
    "encoding": str,
    "delimiter": str,
}
_ENDS = ("ended_on", "term_ends_on", "last_paid_on")


class BadMapping(DomainError):
    """The mapping file cannot be used; nothing was imported."""

    code = "bad_mapping"


@dataclass(frozen=True)
class Source:
    """Where a field's value comes from."""

    column: str
    format: str = ""
    values: MappingOf[str, Any] | None = None
    default: Any = None


@dataclass(frozen=True)
class Mapping:
    """A checked mapping."""

    columns: MappingOf[str, Source]
    constants: MappingOf[str, Any] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    end_is_first_unpaid_day: bool = False
    historical: bool = True
    encoding: str = ""
    delimiter: str = ""
    raw: MappingOf[str, Any] = field(default_factory=dict)

    def column_of(self, name: str) -> str:
        """The column a field is read from, for messages; the field's name for constants."""
        source = self.columns.get(name)
        return source.column if source else name


def parse_mapping(text: str | MappingOf[str, Any], kind: Kind) -> Mapping:
    """A mapping from JSON. Raises ``BadMapping`` saying which part cannot be used."""
    if isinstance(text, str):
        try:
            data = json.loads(text)
        except ValueError as error:
            raise BadMapping(
                _("The mapping is not JSON: %(reason)s.") % {"reason": error}
            ) from error
    else:
        data = text
    if not isinstance(data, MappingOf):
        raise BadMapping(_("The mapping must be a JSON object."))
    for name, value in data.items():
        if name not in _OPTIONS:
            raise BadMapping(
                _("The mapping has no option “%(name)s”; it has: %(options)s.")
                % {"name": name, "options": ", ".join(_OPTIONS)}
            )
        if not isinstance(value, _OPTIONS[name]):
            raise BadMapping(_("“%(name)s” of the mapping is of the wrong type.") % {"name": name})
    columns = {name: _source(name, value) for name, value in data.get("columns", {}).items()}
    mapping = Mapping(
        columns=columns,
        constants=data.get("constants", {}),
        attributes=tuple(map(str, data.get("attributes", ()))),
        raw=data,
        **{k: v for k, v in data.items() if k not in {"columns", "constants", "attributes"}},
    )
    _check_fields(mapping, kind)
    return mapping


def _source(name: str, value: Any) -> Source:
    if isinstance(value, str):
        return Source(value)
    if isinstance(value, dict) and isinstance(value.get("column"), str):
        unknown = set(value) - {"column", "format", "values", "default"}
        if not unknown and isinstance(value.get("values", {}), dict):
            return Source(**value)
    raise BadMapping(
        _(
            "The column of “%(name)s” must be a name, or an object of column, format, values and "
            "default."
        )
        % {"name": name}
    )


def _check_fields(mapping: Mapping, kind: Kind) -> None:
    given = {*mapping.columns, *mapping.constants}
    unknown = sorted(given - set(kind.fields))
    if unknown:
        raise BadMapping(
            _("There is no field %(names)s; there are: %(fields)s.")
            % {"names": ", ".join(unknown), "fields": ", ".join(kind.fields)}
        )
    missing = [name for name in kind.required if name not in given]
    if missing:
        raise BadMapping(
            _("The mapping leaves out required fields: %(names)s.") % {"names": ", ".join(missing)}
        )
    if mapping.attributes and "attributes" not in kind.rules:
        raise BadMapping(_("Only accounts have custom attributes."))


def check_columns(mapping: Mapping, columns: list[str]) -> None:
    """Raise ``BadMapping`` when the file lacks a column that the mapping names."""
    wanted = [*(source.column for source in mapping.columns.values()), *mapping.attributes]
    missing = [name for name in dict.fromkeys(wanted) if name not in columns]
    if missing:
        raise BadMapping(
            _("The file has no column %(names)s; it has: %(columns)s.")
            % {"names": ", ".join(missing), "columns": ", ".join(columns)}
        )


def item_of(
    row: Row, mapping: Mapping, kind: Kind, zone: ZoneInfo
) -> tuple[dict[str, Any], list[Problem]]:
    """The row as an item for the kind's action, and what of it cannot be read.

    Dates are read here, because only the mapping knows their format and what an end date means;
    everything else is left to the action's own rules.
    """
    item: dict[str, Any] = dict(mapping.constants)
    problems: list[Problem] = []
    if row.extra or row.missing:
        counts = {"extra": row.extra, "missing": row.missing}
        problems.append(
            Problem(
                "wrong_number_of_cells",
                _("This row has %(extra)d cells too many and %(missing)d too few.") % counts,
            )
        )
        return item, problems
    for name, source in mapping.columns.items():
        text: Any = row.cells[source.column]
        if source.values is not None:
            text = source.values.get(text.strip(), text)
        if source.default is not None and isinstance(text, str) and not text.strip():
            text = source.default
        try:
            item[name] = _read(kind.fields[name], text, source.format, zone)
        except BadValue as error:
            problems.append(Problem(error.code, error.message, name))
    if mapping.attributes:
        item["attributes"] = {name: row.cells[name] for name in mapping.attributes}
    if mapping.end_is_first_unpaid_day:
        for name in _ENDS:
            if isinstance(item.get(name), dt.date):
                item[name] -= dt.timedelta(days=1)
    return item, problems


def _read(rule: Rule, value: Any, format: str, zone: ZoneInfo) -> Any:
    if isinstance(rule, Day):
        return read(replace(rule, format=format, empty=None), value)
    if isinstance(rule, Moment):
        return read(replace(rule, format=format, zone=zone, empty=None), value)
    return value
