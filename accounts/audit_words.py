"""What the audit log says of an entry, in the reader's words.

Entries are stored as codes, so that a log written by one reader can be read by another. An app
that records actions of its own describes them from its ``AppConfig.ready``.
"""

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import ApiKey, AuditEntry, Workspace
from accounts.models.contract import ContractEvent
from accounts.models.workspace import Role
from cs_platform.core.templatetags.formats import day

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHOWN = 5
_LONGEST = 80

_actions: dict[str, Any] = {
    "accounts_assigned": _("Assigned accounts"),
    "contact_budget_changed": _("Changed the contact budget"),
    "contract_event_voided": _("Voided a ledger entry"),
    "import_finished": _("Imported a file"),
    "import_failed": _("An import failed"),
    "key_created": _("Made an API key"),
    "key_revoked": _("Revoked an API key"),
    "mail_retried": _("Sent a failed letter again"),
    "member_added": _("Added a member"),
    "member_deactivated": _("Deactivated a member"),
    "role_changed": _("Changed a role"),
    "plan_changed": _("Changed a plan"),
    "plan_created": _("Added a plan"),
    "product_changed": _("Changed a product"),
    "product_created": _("Added a product"),
    "rates_set": _("Set exchange rates"),
    "rate_removed": _("Removed an exchange rate"),
    "workspace_created": _("Created the workspace"),
    "workspace_changed": _("Changed the settings"),
    "workspace_generated": _("Generated sample data"),
}

_names: dict[str, Any] = {
    "account_most": _("most letters to one account within 30 days"),
    "accounts": _("accounts"),
    "after": _("after"),
    "before": _("before"),
    "contract": _("contract"),
    "count": _("count"),
    "csms": pgettext_lazy("sample data", "CSMs"),
    "created": _("created"),
    "currency": _("currency"),
    "days_between": _("days between two requests to the same person"),
    "event": _("entry"),
    "events": pgettext_lazy("sample data", "events"),
    "file": _("file"),
    "fiscal_year_start_month": _("first month of the fiscal year"),
    "from": _("valid from"),
    "kind": _("kind"),
    "months": pgettext_lazy("sample data", "months"),
    "name": _("name"),
    "on": pgettext_lazy("the day something takes effect", "on"),
    "owner": _("owner (CSM)"),
    "rank": _("rank"),
    "rate": _("rate"),
    "rates": _("rates"),
    "rejected": _("rejected"),
    "role": _("role"),
    "scopes": _("scopes"),
    "seed": pgettext_lazy("sample data", "seed"),
    "timezone": _("time zone"),
    "today": pgettext_lazy("sample data", "today"),
    "unchanged": _("unchanged"),
    "unknown_accounts": _("events of unknown accounts"),
    "updated": _("updated"),
}


# The words of a detail's codes, by the detail's name.
_values: dict[str, Mapping[str, Any]] = {
    "kind": dict(ContractEvent.Kind.choices),
    "role": dict(Role.choices),
    "scopes": dict(ApiKey.Scope.choices),
    "unknown_accounts": dict(Workspace.UnknownAccounts.choices),
}


def describe(
    actions: Mapping[str, Any],
    names: Mapping[str, Any] | None = None,
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Add an app's action codes, names of its details, and words of their codes by name."""
    _actions.update(actions)
    _names.update(names or {})
    _values.update(values or {})


def is_described(action: str) -> bool:
    """Whether the log has words for the code."""
    return action in _actions or _contract_kind(action) is not None


def action_words(action: str) -> str:
    """What was done; the code itself where no app describes it."""
    kind = _contract_kind(action)
    if action not in _actions and kind is not None:
        return str(_("Contract: %(kind)s") % {"kind": ContractEvent.Kind(kind).label})
    return str(_actions.get(action, action))


def detail_words(entry: AuditEntry) -> list[tuple[str, str]]:
    """The details as (name, value). A change is one line per field, before → after."""
    detail = dict(entry.detail)
    before, after = detail.pop("before", None), detail.pop("after", None)
    lines = []
    if isinstance(before, dict) and isinstance(after, dict):
        lines = [(_name(key), _change(key, before.get(key), new)) for key, new in after.items()]
    elif after is not None:
        name = "role" if entry.action == "role_changed" else "after"
        lines = [(_name(name), _change(name, before, after))]
    return lines + [(_name(key), _value(key, value)) for key, value in detail.items()]


def _contract_kind(action: str) -> str | None:
    kind = action.removeprefix("contract_")
    return kind if kind != action and kind in ContractEvent.Kind.values else None


def _name(name: str) -> str:
    return str(_names.get(name, name))


def _change(name: str, before: Any, after: Any) -> str:
    return f"{_value(name, before)} → {_value(name, after)}"


def _value(name: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, dict):
        return ", ".join(f"{_name(key)} {_value(key, inner)}" for key, inner in value.items())
    if isinstance(value, list):
        rest = len(value) - _SHOWN
        words = "; ".join(_value(name, inner) for inner in value[:_SHOWN])
        return words + (" " + _("and %(count)d more") % {"count": rest} if rest > 0 else "")
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):  # the 31st of a month that has none
            return day(dt.date.fromisoformat(value))
    text = str(_values.get(name, {}).get(value, value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
