"""Who acts: a member, or a key, command or task that acts in nobody's name."""

from dataclasses import dataclass
from typing import Self

from accounts.models import Membership


@dataclass(frozen=True)
class Actor:
    """``label`` is what the audit log and the timeline show."""

    membership: Membership | None
    label: str

    @classmethod
    def of(cls, membership: Membership) -> Self:
        """The member who is logged in."""
        return cls(membership, str(membership.user))

    @classmethod
    def system(cls, label: str) -> Self:
        """An API key, a command or a task, by its name."""
        return cls(None, label)
