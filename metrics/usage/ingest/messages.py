"""The shapes of messages as they arrive, and of rows as they leave for the database."""

import datetime as dt
from dataclasses import dataclass

import msgspec

EMPTY_OBJECT = msgspec.Raw(b"{}")
_NULL = msgspec.Raw(b"null")

Scalar = str | int | float | None


class Context(msgspec.Struct, gc=False):
    """What we read of a message's context."""

    group_id: Scalar = msgspec.field(name="groupId", default=None)


class Message(msgspec.Struct, gc=False, rename="camel"):
    """One call of the Segment specification; what is not named here is left out."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    user_id: Scalar = None
    anonymous_id: Scalar = None
    previous_id: Scalar = None
    group_id: Scalar = None
    message_id: Scalar = None
    timestamp: Scalar = None
    original_timestamp: Scalar = None
    sent_at: Scalar = None
    context: Context | None = None
    properties: msgspec.Raw = _NULL
    traits: msgspec.Raw = _NULL


class Batch(msgspec.Struct, rename="camel"):
    """The body of ``/v1/batch`` and ``/v1/import``."""

    batch: list[msgspec.Raw]
    sent_at: Scalar = None
    context: Context | None = None


class NativeBatch(msgspec.Struct, rename="camel"):
    """The body of ``/api/v1/events``."""

    events: list[msgspec.Raw]
    sent_at: Scalar = None
    historical: bool = False


class Row(msgspec.Struct, gc=False):
    """An event on its way to the database."""

    key: str
    kind: str
    name: str
    at: dt.datetime
    properties: msgspec.Raw
    user: str = ""
    ref: str = ""
    clamped: bool = False
    account_id: int | None = None


class Identity(msgspec.Struct, gc=False):
    """What an identify, group or alias call says beside its event."""

    key: str = msgspec.field(name="k")
    previous: str = msgspec.field(name="v")


@dataclass(frozen=True)
class Rejection:
    """An item that was refused, with the reason."""

    position: int
    code: str
    message: str
    item: bytes
