"""What every view of the API shares once it knows its workspace."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from accounts.actors import Actor
from accounts.models import Account, KeptAnswer
from accounts.queries.keys import KeyIdentity
from accounts.queries.references import accounts_by_external_id, members_by_email
from cs_platform.core import clock, sql
from cs_platform.core.api import Answer, ApiView
from cs_platform.core.problems import ApiProblem, FieldError

_KEPT_FOR = timedelta(hours=24)
_LONGEST_KEY = 200


class WorkspaceView(ApiView):
    """Acts in the name of the key, and answers a repeated POST as it did the first time."""

    @property
    def actor(self) -> Actor:
        """The key, as the audit log shows it."""
        identity: KeyIdentity = self.identity
        return Actor.system(f"API key {identity.name}")

    def answer(self, handle: Callable[[], Answer]) -> Answer:
        if self.request.method != "POST" or "Idempotency-Key" not in self.request.headers:
            return handle()
        key = self.request.headers["Idempotency-Key"]
        if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
            raise ApiProblem(
                400, "bad_idempotency_key", "Idempotency-Key must be 1 to 200 ASCII characters."
            )
        # A second request with the key waits here until the first is committed or rolled back.
        lock_name(f"idempotency:{key}")
        now = clock.now()
        fingerprint = self._fingerprint()
        kept = KeptAnswer.objects.filter(key=key, created_at__gt=now - _KEPT_FOR).first()
        if kept is None:
            answer = handle()
            KeptAnswer.objects.filter(created_at__lte=now - _KEPT_FOR).delete()
            KeptAnswer.objects.create(
                key=key,
                fingerprint=fingerprint,
                status=answer.status,
                body=msgspec.json.encode(answer.data),
                created_at=now,
            )
            return answer
        if kept.fingerprint != fingerprint:
            raise ApiProblem(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key came with another request within the last 24 hours.",
            )
        return Answer(msgspec.Raw(bytes(kept.body)), kept.status, {"Idempotency-Replayed": "true"})

    def _fingerprint(self) -> str:
        address = f"{self.request.method} {self.request.get_full_path()}\n".encode()
        body = msgspec.json.encode(self.body, order="deterministic")
        return hashlib.sha256(address + body).hexdigest()


def lock_name(name: str) -> None:
    """Wait for, and hold, a name within the workspace until the transaction ends."""
    sql.execute("accounts/lock_name", {"name": name})


def asked_account(external_id: str, *, parameter: str = "account") -> Account:
    """The account a query parameter names. Raises ``ApiProblem`` 400 (``unknown_account``)."""
    found = accounts_by_external_id([external_id]).get(external_id)
    if found is None:
        raise _unknown(parameter, "unknown_account", "There is no account with this id.")
    return found


def asked_member(email: str, *, parameter: str = "owner") -> Any:
    """The active member a query parameter names. Raises ``ApiProblem`` 400."""
    found = members_by_email([email]).get(email.casefold())
    if found is None:
        raise _unknown(parameter, "unknown_member", "No active member has this address.")
    return found


def _unknown(parameter: str, code: str, detail: str) -> ApiProblem:
    return ApiProblem(400, code, detail, errors=[FieldError(code, detail, parameter=parameter)])
