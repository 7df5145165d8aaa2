"""Every SQL file is held to one workspace; those past row-level security are a short list."""

import re

import pytest

from cs_platform.core.isolation import tenant_models
from cs_platform.core.sql import ANALYTICS_MARK, sql_files

FILES = sql_files()
by_file = pytest.mark.parametrize("name", FILES, ids=str)
TENANT_TABLES = {model._meta.db_table for model in tenant_models()}


@by_file
def test_the_workspace_is_bound(name: str) -> None:
    assert "%(workspace_id)s" in FILES[name].read_text()


@by_file
def test_every_named_cte_has_a_line_of_meaning(name: str) -> None:
    lines = FILES[name].read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(
            r"^(WITH\s+)?(RECURSIVE\s+)?[a-z_]+( \([^)]*\))? AS (NOT )?(MATERIALIZED )?\($",
            line.strip(),
        ):
            before = " ".join(lines[max(0, number - 3) : number])
            assert "--" in before or "--" in lines[number + 1], f"{name}:{number + 1}: {line}"


def _tables_read(text: str) -> set[str]:
    words = set(re.findall(r"\b[a-z_]+\b", re.sub(r"--.*", "", text)))
    return words & TENANT_TABLES


@pytest.mark.parametrize(
    "name",
    [name for name, path in FILES.items() if path.read_text().startswith(ANALYTICS_MARK)],
)
def test_files_past_row_level_security_filter_every_table(name: str) -> None:
    """Each mention of a tenant table needs its own workspace condition (or insert column)."""
    text = re.sub(r"--.*", "", FILES[name].read_text())
    mentions = re.findall(
        r"\b(?:FROM|JOIN|UPDATE|INTO|USING)\s+(?:ONLY\s+)?([a-z_]+)\b", text, flags=re.IGNORECASE
    )
    tenant_mentions = [table for table in mentions if table in TENANT_TABLES]
    conditions = len(re.findall(r"\bworkspace_id\b", text.replace("%(workspace_id)s", "")))
    assert conditions >= len(tenant_mentions), (name, tenant_mentions, conditions)


def test_no_sql_is_assembled_from_f_strings() -> None:
    """Migrations may name their own tables in a loop; `event_table` is text for one of them."""
    from pathlib import Path

    root = Path(__file__).parents[2]
    pattern = re.compile(
        r"""\bf("{3}|'{3}|"|')\s*(SELECT|INSERT|UPDATE|DELETE|WITH|ALTER|CREATE|DROP|GRANT)\b"""
    )
    found = [
        f"{path.relative_to(root)}"
        for package in ("cs_platform", "accounts", "metrics", "health")
        for path in (root / package).rglob("*.py")
        if "migrations" not in path.parts
        and path.relative_to(root).as_posix() != "metrics/usage/event_table.py"
        and pattern.search(path.read_text())
    ]
    assert found == []
