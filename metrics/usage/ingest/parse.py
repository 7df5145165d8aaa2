"""From the bytes of a request to rows that PostgreSQL will accept, and errors per item. Pure.

Every item is checked on its own: types, lengths, times, and everything that JSON allows but
``jsonb`` refuses (NUL characters, lone surrogates, numbers out of range), so that no
item can make the statement fail that stores its neighbours.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from metrics.usage.ingest.messages import (
    EMPTY_OBJECT,
    Batch,
    Identity,
    Message,
    NativeBatch,
    Rejection,
    Row,
    Scalar,
)

MESSAGE_BYTES = 32 * 1024
BATCH_BYTES = 500 * 1024
BULK_BYTES = 5 * 1024 * 1024
ITEMS = 50_000

KINDS = frozenset({"track", "page", "screen", "identify", "group", "alias"})
IDENTITY_KINDS = frozenset({"identify", "group", "alias"})
ID_LENGTH = 200
NAME_LENGTH = 200
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
# Below this a clock counts as right: it is the time the message travelled.
SKEW = dt.timedelta(seconds=10)

# What JSON may hold and jsonb may not; a body without any of it needs no closer look.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[0-9.]{300}|[0-9][eE][+-]?[0-9]{3}")
_LONG_NUMBER = re.compile(rb"[0-9.]{300}")

_raw_batch = msgspec.json.Decoder(Batch)
_raw_native = msgspec.json.Decoder(NativeBatch)
_message = msgspec.json.Decoder(Message)


class Malformed(ValueError):
    """The body as a whole cannot be taken in."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Refused(ValueError):
    """One item cannot be taken in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Parsed:
    """A body taken apart. ``rows`` and ``positions`` run in parallel."""

    size: int
    rows: list[Row] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    # positions of items that repeat a message of the same body
    repeated: list[int] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    is_historical: bool = False


class Reading(msgspec.Struct, frozen=True):
    """How a body is read: for whom, when it came, and what its endpoint says of it."""

    workspace_id: int
    received_at: dt.datetime
    kind: str = ""  # what every item is, for endpoints of one kind; '' when items say so
    is_single: bool = False
    is_native: bool = False
    is_historical: bool = False


def parse_body(body: bytes, reading: Reading) -> Parsed:
    """Read a body. Raises ``Malformed`` when it is not a batch at all."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(
            400, "invalid_unicode", f"the body is not UTF-8 (byte {error.start})"
        ) from None
    if text.startswith("\ufeff"):
        body = body[3:]
    suspect = _SUSPECT.search(body) is not None
    items, group_id, sent_at, is_historical = _split(body, reading)
    if len(items) > ITEMS:
        raise Malformed(413, "too_many_items", f"a body may hold {ITEMS} items, not {len(items)}")
    parsed = Parsed(size=len(items), is_historical=is_historical)
    reader = _Reader(reading, is_historical, group_id, sent_at, suspect)
    seen: set[str] = set()
    for position, raw in enumerate(items):
        item = bytes(raw)
        try:
            row, identity = reader.read(item)
        except Refused as error:
            parsed.rejected.append(Rejection(position, error.code, error.message, item))
            continue
        if row.key in seen:
            parsed.repeated.append(position)
            continue
        seen.add(row.key)
        parsed.rows.append(row)
        parsed.positions.append(position)
        if identity is not None:
            parsed.identities.append(identity)
    return parsed


def _split(body: bytes, reading: Reading) -> tuple[list[msgspec.Raw], Scalar, Scalar, bool]:
    if reading.is_single:
        if len(body) > MESSAGE_BYTES:
            raise Malformed(413, "message_too_large", "a message may have 32 KB")
        if not body.lstrip(b" \t\r\n").startswith(b"{"):
            raise Malformed(400, "malformed", "the body must be a JSON object")
        try:
            msgspec.json.decode(body, type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Malformed(400, "malformed", f"the body is not JSON: {error}") from None
        return [msgspec.Raw(body)], None, None, reading.is_historical
    try:
        if reading.is_native:
            native = _raw_native.decode(body)
            return native.events, None, native.sent_at, native.historical
        batch = _raw_batch.decode(body)
    except RecursionError:
        raise Malformed(400, "too_deep", "the body is nested too deeply") from None
    except msgspec.ValidationError as error:
        raise Malformed(400, "malformed", f"the body is not a batch: {error}") from None
    except msgspec.DecodeError as error:
        return _split_leniently(body, reading, str(error))
    group_id = batch.context.group_id if batch.context else None
    return batch.batch, group_id, batch.sent_at, reading.is_historical


def _split_leniently(
    body: bytes, reading: Reading, reason: str
) -> tuple[list[msgspec.Raw], Scalar, Scalar, bool]:
    """Take a batch apart in which one item may hold what only some clients call JSON.

    Python clients write NaN, JavaScript ones half surrogate pairs: their items alone are at fault.
    """
    try:
        envelope = json.loads(body)
        items = envelope.pop("events" if reading.is_native else "batch")
        if not isinstance(items, list):
            raise TypeError("not a list")
        raws = [msgspec.Raw(json.dumps(item).encode()) for item in items]
        if reading.is_native:
            native = msgspec.convert({**envelope, "events": []}, NativeBatch)
            return raws, None, native.sent_at, native.historical
        batch = msgspec.convert({**envelope, "batch": []}, Batch)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise Malformed(400, "malformed", f"the body is not JSON: {reason}") from None
    group_id = batch.context.group_id if batch.context else None
    return raws, group_id, batch.sent_at, reading.is_historical


class _Reader:
    """Reads the items of one body."""

    def __init__(
        self,
        reading: Reading,
        is_historical: bool,
        group_id: Scalar,
        sent_at: Scalar,
        suspect: bool,
    ) -> None:
        self.reading = reading
        self.is_historical = is_historical
        self.received_at = reading.received_at
        self.group_id = group_id
        self.suspect = suspect
        self.salt = f"{reading.workspace_id}\0"
        self.skew = self._skew(sent_at)

    def read(self, item: bytes) -> tuple[Row, Identity | None]:
        if len(item) > MESSAGE_BYTES:
            raise Refused("message_too_large", f"a message may have 32 KB, not {len(item)} bytes")
        try:
            message = _message.decode(item)
        except msgspec.ValidationError as error:
            raise Refused("invalid_type", str(error)) from None
        except RecursionError:
            raise Refused("too_deep", "the message is nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Refused(*_why_malformed(item)) from None
        kind = self.reading.kind or message.type or ("track" if self.reading.is_native else "")
        if kind not in KINDS:
            raise Refused(
                "unknown_type", f"type must be one of {', '.join(sorted(KINDS))}, not {kind[:40]!r}"
            )
        context = message.context
        group_id = message.group_id or (context and context.group_id) or self.group_id
        account_ref = self._identifier(group_id, "groupId")
        user_id = self._identifier(message.user_id, "userId")
        anonymous_id = ""
        if message.anonymous_id is not None:
            anonymous_id = self._identifier(message.anonymous_id, "anonymousId")
            anonymous_id = anonymous_id and f"~{anonymous_id}"
        happened_at, is_clamped = self._time(message)
        row = Row(
            key=self._key(message, kind, item),
            kind=kind,
            name=self._name(message, kind),
            user=user_id or anonymous_id,
            ref=account_ref,
            at=happened_at,
            clamped=is_clamped,
            properties=self._object(
                message.traits if kind in IDENTITY_KINDS else message.properties
            ),
        )
        if not (row.user or row.ref):
            raise Refused("missing_user", "give userId, anonymousId or groupId")
        if kind not in IDENTITY_KINDS:
            return row, None
        return row, self._identity(row, message, user_id, anonymous_id)

    def _identity(
        self, row: Row, message: Message, user_id: str, anonymous_id: str
    ) -> Identity | None:
        if row.kind == "group" and not row.ref:
            raise Refused("missing_group", "a group call needs groupId")
        previous_id = ""
        if row.kind == "alias":
            previous_id = self._identifier(message.previous_id, "previousId")
            if not (previous_id and user_id):
                raise Refused("missing_user", "an alias call needs userId and previousId")
        elif user_id and anonymous_id:
            previous_id = anonymous_id
        return Identity(key=row.key, previous=previous_id)

    def _name(self, message: Message, kind: str) -> str:
        if kind == "track":
            name = message.event
            if name is None or not name.strip():
                raise Refused(
                    "missing_event", "a track call needs event, the name of what happened"
                )
        elif kind in {"page", "screen"}:
            name = message.name or message.category or kind
        else:
            name = kind
        name = name.strip() or kind
        if len(name) > NAME_LENGTH:
            raise Refused("too_long", f"the event's name may have {NAME_LENGTH} characters")
        if self.suspect and "\0" in name:
            raise Refused("nul_character", "the event's name holds a NUL character")
        return name

    def _identifier(self, value: Scalar, field_name: str) -> str:
        if not value and value != 0:
            return ""
        if not isinstance(value, str):
            value = str(int(value)) if value == value // 1 else str(value)
        value = value.strip()
        if len(value) > ID_LENGTH:
            raise Refused("too_long", f"{field_name} may have {ID_LENGTH} characters")
        if self.suspect and "\0" in value:
            raise Refused("nul_character", f"{field_name} holds a NUL character")
        return value

    def _key(self, message: Message, kind: str, item: bytes) -> str:
        """What makes a message the same one. It holds no corrected time.

        Without an id the content decides; without an id and a time, within the minute of receipt:
        a retry looks the same as the same thing done again, and only the clock tells them apart.
        """
        if message.message_id not in {None, ""}:
            source = f"{self.salt}id\0{message.message_id}".encode()
        else:
            stamp = "" if _stamp(message) is not None else f"{self.received_at:%Y%m%d%H%M}"
            source = f"{self.salt}content\0{kind}\0{stamp}\0".encode() + _content(message, item)
        return blake2b(source, digest_size=16).hexdigest()

    def _object(self, raw: msgspec.Raw) -> msgspec.Raw:
        text = bytes(raw)
        if not text.startswith(b"{"):
            if text == b"null":
                return EMPTY_OBJECT
            raise Refused("invalid_type", "properties and traits must be objects")
        if self.suspect and _SUSPECT.search(text):
            if _LONG_NUMBER.search(text):
                raise Refused("number_out_of_range", "a number has 300 digits or more")
            try:
                value = msgspec.json.decode(text)
            except msgspec.ValidationError as error:
                raise Refused("number_out_of_range", str(error)) from None
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise Refused("invalid_unicode", "a text holds half of a surrogate pair") from None
            _check(value)
        return raw

    def _time(self, message: Message) -> tuple[dt.datetime, bool]:
        stamp = _stamp(message)
        if stamp is None:
            return self.received_at, False
        moment = _moment(stamp)
        skew = self._skew(message.sent_at) if message.sent_at is not None else self.skew
        if skew:
            try:
                moment += skew
            except OverflowError:
                raise Refused("timestamp_out_of_range", "the time is out of range") from None
        if moment < EARLIEST:
            raise Refused("timestamp_out_of_range", f"the time is before {EARLIEST:%Y}")
        if moment > self.received_at:
            return self.received_at, moment > self.received_at + SKEW
        return moment, False

    def _skew(self, sent_at: Scalar) -> dt.timedelta:
        """How far the sender's clock is behind ours; nothing for history, nor a broken stamp."""
        if sent_at is None or self.is_historical:
            return dt.timedelta()
        try:
            skew = self.received_at - _moment(sent_at)
        except (Refused, OverflowError):
            return dt.timedelta()
        return skew if abs(skew) > SKEW else dt.timedelta()


def _why_malformed(item: bytes) -> tuple[str, str]:
    if _SUSPECT.search(item):
        return "invalid_unicode", "a text holds half of a surrogate pair"
    return "malformed", "the message is not JSON, which has no NaN and no Infinity"


def _stamp(message: Message) -> Scalar:
    return message.timestamp if message.timestamp is not None else message.original_timestamp


def _moment(stamp: str | int | float) -> dt.datetime:
    """ISO 8601 (without a zone it is UTC), or a Unix time in seconds or milliseconds."""
    try:
        if not isinstance(stamp, str):
            seconds = stamp / 1000 if abs(stamp) > 1e11 else stamp
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        moment = dt.datetime.fromisoformat(stamp)
        if moment.tzinfo is dt.UTC:
            return moment
        if moment.tzinfo is None:
            return moment.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused("invalid_timestamp", f"not an ISO 8601 time: {str(stamp)[:40]!r}") from None


def _content(message: Message, item: bytes) -> bytes:
    """The item without what changes when it is sent again."""
    if message.sent_at is None:
        return item
    content = msgspec.json.decode(item, type=dict[str, msgspec.Raw])
    content.pop("sentAt")
    return msgspec.json.encode(content, order="sorted")


def _check(value: object) -> None:
    """Refuse the one character that jsonb texts cannot hold, wherever it is."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            if "\0" in inner:
                raise Refused("nul_character", "a property holds a NUL character")
        elif isinstance(inner, dict):
            waiting += inner.keys()
            waiting += inner.values()
        elif isinstance(inner, list):
            waiting += inner
