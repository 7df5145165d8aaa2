"""Answers to earlier surveys, out of a CSV file: the kind ``responses`` of the import."""

from collections.abc import Sequence
from typing import Any

from accounts.actions.upsert import Item, Result
from accounts.fields import Attributes, YesNo
from accounts.imports.kinds import Kind
from metrics.surveys.actions.response_upserts import RULES, upsert_responses
from metrics.surveys.models import Channel

# What a cell cannot hold, and what the mapping says of the whole file.
_NOT_IN_A_CELL = (Attributes, YesNo)


def take_past_answers(*, items: Sequence[Item], **how: Any) -> list[Result]:
    """Write a batch of rows as ``upsert_responses`` does; they came by import unless they say."""
    return upsert_responses(
        items=[{**item, "channel": item.get("channel") or Channel.IMPORT} for item in items], **how
    )


KIND = Kind(
    {name: rule for name, rule in RULES.items() if not isinstance(rule, _NOT_IN_A_CELL)},
    take_past_answers,
    takes_historical=True,
    required=("external_id", "happened_at"),
)
