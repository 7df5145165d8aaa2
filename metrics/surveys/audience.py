"""Whom a survey is meant for: the filters, the roles and the sample. Pure.

The filters are about accounts (segment, plan, stage, tier), the roles about people; within one
list any value will do, the lists must all agree, and an empty list asks for nothing. Of the people
they name a sample may be drawn: a share of them, or a number. It is drawn by a hash of the seed
and the person's id, so that the same seed draws the same people, in whatever order they are read,
and a larger share holds the smaller one. Each wave of a survey draws anew.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from django.utils.translation import gettext as _

from accounts.models import Account
from cs_platform.core.errors import DomainError

ROLES = ("champion", "decision_maker")
# Draws are numbers of 60 bits, evenly spread; PostgreSQL makes the same ones for previews.
LARGEST_DRAW = 2**60 - 1
_LONGEST_LIST = 200
_LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Audience:
    """``plans`` are plan codes. Of ``sample_share`` (above 0, up to 1) and ``sample_size`` at most
    one is given; without either everybody is asked."""

    segments: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    sample_share: float | None = None
    sample_size: int | None = None
    seed: int = 0

    @classmethod
    def parse(cls, given: Any) -> Self:
        """The audience of a JSON object. Raises ``DomainError`` that names the member."""
        if not isinstance(given, Mapping):
            raise DomainError(_("This must be an object."), code="wrong_type", field="audience")
        known = {field.name for field in fields(cls)}
        for name in given:
            if name not in known:
                raise _bad(str(name)[:100], "unknown_field", _("There is no such field."))
        values: dict[str, Any] = {
            "segments": _codes(given, "segments", Account.Segment.values),
            "stages": _codes(given, "stages", Account.Stage.values),
            "roles": _codes(given, "roles", ROLES),
            "plans": _codes(given, "plans"),
            "tiers": _codes(given, "tiers"),
            "sample_share": _share(given.get("sample_share")),
            "sample_size": _whole(given, "sample_size", 1, 10_000_000),
            "seed": _whole(given, "seed", 0, _LARGEST_SEED) or 0,
        }
        if values["sample_share"] is not None and values["sample_size"] is not None:
            raise _bad(
                "sample_size",
                "two_samples",
                _("Give a share or a number of people, not both."),
            )
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """What ``parse`` reads, without what is not asked for."""
        found = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        return {name: value for name, value in found.items() if value not in ([], None, 0)}

    @property
    def is_sampled(self) -> bool:
        """Whether only a part of the people is asked."""
        return self.sample_share is not None or self.sample_size is not None

    def wave_seed(self, wave_number: int) -> str:
        """What the people of one wave are drawn with."""
        return f"{self.seed}:{wave_number}"

    @staticmethod
    def draw(wave_seed: str, contact_id: int) -> int:
        """The person's number in a wave's draw: whoever has the lowest ones is asked."""
        digest = hashlib.md5(f"{wave_seed}:{contact_id}".encode(), usedforsecurity=False)
        return int(digest.hexdigest()[:15], 16)


def bound_of_share(share: float) -> int:
    """The highest draw that belongs to a share of everybody."""
    return round(share * (LARGEST_DRAW + 1)) - 1


def _bad(name: str, code: str, message: str) -> DomainError:
    return DomainError(message, code=code, field=f"audience.{name}")


def _codes(
    given: Mapping[str, Any], name: str, choices: Collection[str] | None = None
) -> tuple[str, ...]:
    value = given.get(name)
    if value is None:
        return ()
    if (
        not isinstance(value, list | tuple)
        or len(value) > _LONGEST_LIST
        or not all(isinstance(code, str) and 0 < len(code) <= 200 for code in value)
    ):
        raise _bad(name, "not_a_list", _("This must be a list of codes."))
    for code in value:
        if "\0" in code or (choices is not None and code not in choices):
            raise _bad(
                name, "unknown_choice", _("There is no “%(value)s” to choose.") % {"value": code}
            )
    return tuple(dict.fromkeys(value))


def _share(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise _bad("sample_share", "out_of_range", _("A share is above 0 and at most 1."))
    return float(value)


def _whole(given: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _bad(
            name,
            "out_of_range",
            _("This must be a whole number from %(least)d to %(most)d.")
            % {"least": least, "most": most},
        )
    return value
