"""The audit log speaks the reader's language."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from accounts.audit_words import action_words, detail_words, is_described
from accounts.models import AuditEntry

APPS = ("accounts", "cs_platform", "health", "metrics")


def _recorded_actions() -> set[str]:
    """Every action code that a source file hands to ``record`` as it stands."""
    found = set()
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record"):
                    for keyword in node.keywords:
                        if keyword.arg == "action":
                            found |= {
                                part.value
                                for part in ast.walk(keyword.value)
                                if isinstance(part, ast.Constant) and isinstance(part.value, str)
                            }
    return found - {"contract_", "done"}


def test_every_recorded_action_has_words() -> None:
    found = _recorded_actions()
    assert "key_created" in found
    assert [action for action in sorted(found) if not is_described(action)] == []


def test_a_ledger_entry_names_its_kind() -> None:
    with translation.override("ja"):
        assert action_words("contract_upsell") == "契約：アップセル"
    assert action_words("no_such_thing") == "no_such_thing"


@pytest.mark.parametrize(
    ("action", "detail", "lines"),
    [
        ("role_changed", {"before": "csm", "after": "manager"}, [("role", "CSM → CS manager")]),
        (
            "workspace_changed",
            {"before": {"timezone": "UTC"}, "after": {"timezone": "Asia/Tokyo"}},
            [("time zone", "UTC → Asia/Tokyo")],
        ),
        ("key_created", {"scopes": ["read", "write"]}, [("scopes", "Read; Write")]),
        (
            "contract_notice",
            {"on": "2026-03-31", "name": "2026-02-31"},
            [("on", "Mar 31, 2026"), ("name", "2026-02-31")],
        ),
        (
            "renewal_step",
            {"before": {"step": "untouched"}, "after": {"step": "in_approval"}},
            [("step", "Not started → In approval")],
        ),
        (
            "accounts_assigned",
            {"accounts": list("abcdefg")},
            [("accounts", "a; b; c; d; e and 2 more")],
        ),
        (
            "rates_set",
            {"rates": [{"currency": "USD", "rate": "150"}], "count": 1},
            [("rates", "currency USD, rate 150"), ("count", "1")],
        ),
    ],
)
def test_details_are_read_in_words(
    action: str, detail: dict[str, object], lines: list[tuple[str, str]]
) -> None:
    assert detail_words(AuditEntry(action=action, detail=detail)) == lines


def test_changed_fields_of_a_survey_are_named_as_on_its_page() -> None:
    entry = AuditEntry(action="survey_changed", detail={"fields": ["closes_at", "thanks_en"]})
    assert detail_words(entry) == [("fields", "closes; thanks in English")]
    with translation.override("ja"):
        ((_name, fields),) = detail_words(entry)
    assert "closes" not in fields
    assert "thanks" not in fields
