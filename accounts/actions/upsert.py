"""What every bulk write shares: one result per item, bad items beside good ones."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.fields import BadValue, Rule, read
from cs_platform.core import sql
from cs_platform.core.errors import DomainError

Outcome = Literal["created", "updated", "unchanged", "rejected"]
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """Why an item was refused (or looked at twice): a stable code, a sentence, and where."""

    code: str
    message: str
    field: str = ""


@dataclass
class Result:
    """What became of one item; ``obj`` is the stored row, None when it was rejected."""

    external_id: str = ""
    outcome: Outcome = "unchanged"
    obj: Any = None
    problems: list[Problem] = field(default_factory=list)

    def reject(self, code: str, message: str, field: str = "") -> None:
        """Refuse the item; every reason is kept, not only the first."""
        self.outcome = "rejected"
        self.problems.append(Problem(code, str(message), field))

    @property
    def is_rejected(self) -> bool:
        return self.outcome == "rejected"


@dataclass(frozen=True)
class Upserted:
    """The row and what was done for it."""

    obj: Any
    outcome: Outcome


def clean(item: Item, rules: Mapping[str, Rule], result: Result) -> dict[str, Any]:
    """The item's values by ``rules``; whatever is wrong is added to ``result``."""
    values = {}
    for name, value in item.items():
        rule = rules.get(name)
        if rule is None:
            result.reject("unknown_field", _("There is no such field."), str(name)[:100])
            continue
        try:
            values[name] = read(rule, value)
        except BadValue as error:
            result.reject(error.code, error.message, name)
    return values


def known(rows: QuerySet[Any], external_ids: Iterable[str]) -> dict[str, Any]:
    """The rows that are there by their external id, locked in its order.

    Of two writers who bring the same new row at the same moment the second waits for the first,
    and then finds the row: neither takes the other's values away.
    """
    wanted = set(external_ids)
    rows = rows.order_by("external_id")
    found = {row.external_id: row for row in rows.filter(external_id__in=wanted)}
    if missing := wanted - found.keys():
        sql.execute("accounts/lock_name", {"name": f"new rows of {rows.model._meta.db_table}"})
        found |= {row.external_id: row for row in rows.filter(external_id__in=missing)}
    return found


def in_waves(
    items: Sequence[Item], key: str, write: Callable[[list[Item]], list[Result]]
) -> list[Result]:
    """Write items so that those with the same ``key`` take effect one after the other.

    Each wave holds a key at most once; without repetitions there is one wave.
    """
    waves: list[list[int]] = []
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        name = str(item.get(key, "")).strip() if isinstance(item, Mapping) else ""
        turn = seen.get(name, 0)
        seen[name] = turn + 1
        if turn == len(waves):
            waves.append([])
        waves[turn].append(index)
    results: list[Result] = [Result()] * len(items)
    for wave in waves:
        for index, result in zip(wave, write([items[i] for i in wave]), strict=True):
            results[index] = result
    return results


def only(results: Iterable[Result]) -> Upserted:
    """The one result as an object, or its first problem as a ``DomainError``."""
    (result,) = results
    if result.is_rejected:
        problem = result.problems[0]
        raise DomainError(problem.message, code=problem.code, field=problem.field or None)
    return Upserted(result.obj, result.outcome)
