"""Errors that a person or another system can act on."""

from typing import Any


class DomainError(Exception):
    """A request that cannot be carried out as given.

    ``code`` is stable and machine-readable, ``message`` is a translated sentence that says what is
    wrong, ``field`` names the offending input where there is one, ``status`` is the HTTP answer.
    """

    code = "invalid"
    status = 422

    def __init__(
        self,
        message: Any,
        *,
        code: str | None = None,
        field: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.field = field
        self.status = status or self.status


class NotFound(DomainError):
    """The object does not exist in this workspace; another workspace's is the same as none."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """The object has changed since it was read, or the name is taken."""

    code = "conflict"
    status = 409


class NotAllowed(DomainError):
    """The role lacks the permission."""

    code = "not_allowed"
    status = 403
