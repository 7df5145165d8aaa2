"""A letter before it is queued, and what is made safe about it. Pure."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from accounts.fields import REQUIRED, Email, read
from accounts.models import Contact, Membership

_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
# The mail program's own, which no caller may set.
_RESERVED = {"to", "cc", "bcc", "from", "subject", "message-id", "date", "mime-version"}
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter."""

    file_name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """What `accounts.actions.mail` queues; ``dedupe_key`` says which letter it is."""

    kind: str
    to: str
    subject: str
    text: str
    dedupe_key: str
    html: str = ""
    contact: Contact | None = None
    membership: Membership | None = None
    attachments: Sequence[Attachment] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def one_line(text: str, longest: int) -> str:
    """Text for a header: control characters and line breaks of any alphabet become spaces.

    What is left cannot begin another header.
    """
    return " ".join(_BREAKS.sub(" ", text).split())[:longest]


def body(text: str) -> str:
    """Text for a body: PostgreSQL keeps no NUL, and no mail program shows one."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """Extra headers, each on one line. Raises ``ValueError`` for a name that is none or ours."""
    for name in given:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _RESERVED:
            raise ValueError(f"{name!r} cannot be set as a header")
    return {name: one_line(value, 1000) for name, value in given.items()}


def address(given: str) -> str:
    """An e-mail address. Raises ``accounts.fields.BadValue`` for anything else."""
    found: str = read(Email(empty=REQUIRED), given)
    return found


def new_message_id(sender: str) -> str:
    """A Message-ID of the sender's domain, for all attempts to send a letter."""
    domain = sender.rpartition("@")[2].strip("<> ") or "localhost"
    return f"<{uuid.uuid4()}@{domain}>"
