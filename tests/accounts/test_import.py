"""CSV imports: what is taken, what is refused and why, and that doing it twice is harmless."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import Actor
from accounts.imports.engine import import_rows
from accounts.imports.kinds import KINDS
from accounts.imports.mapping import BadMapping, check_columns, parse_mapping
from accounts.imports.reader import Unreadable, read_table
from accounts.models import (
    Account,
    AttributeChange,
    ContractEvent,
    ImportIssue,
    ImportRun,
    Subscription,
)
from cs_platform.core import clock, tenancy

ACCOUNTS = {
    "columns": {
        "external_id": "id",
        "name": "name",
        "seats": "seats",
        "segment": {"column": "size", "values": {"L": "enterprise"}},
        "happened_at": {"column": "since", "format": "%d/%m/%Y"},
    }
}
CONTRACTS = {
    "columns": {
        "external_id": "sub",
        "account_external_id": "account",
        "starts_on": "start",
        "ended_on": "end",
        "mrr": "mrr",
        "seats": "seats",
        "churned": "churned",
    },
    "constants": {"product": "core", "currency": "JPY"},
    "end_is_first_unpaid_day": True,
}


def take(workspace: Any, kind: str, mapping: dict[str, Any], text: str, **options: Any) -> Any:
    checked = parse_mapping(mapping, KINDS[kind])
    table = read_table(text.encode())
    check_columns(checked, table.columns)
    return import_rows(
        kind,
        table.rows,
        checked,
        workspace=workspace,
        actor=Actor.system("test"),
        now=clock.now(),
        **options,
    )


FILE = """id,name,seats,size,since
A-1,株式会社さくら,10,L,01/04/2024
A-2,=cmd|' /C calc'!A0,,,02/04/2024
A-3,,5,,
A-4,Bad seats,many,,
A-5,Bad size,1,XL,
A-6,Bad date,1,,2024-01-01
"""


def test_each_bad_row_is_told_with_its_number_column_and_reason(workspace):
    report = take(workspace, "accounts", ACCOUNTS, FILE)
    assert dict(report.outcomes) == {"created": 2, "rejected": 4}
    told = {(i.row_number, i.columns[0], i.code) for i in report.issues}
    assert told == {
        (4, "name", "required"),
        (5, "seats", "not_a_number"),
        (6, "size", "unknown_choice"),
        (7, "since", "not_a_time"),
    }
    with tenancy.scope(workspace.pk):
        first = Account.objects.get(external_id="A-1")
        assert (first.segment, first.seats) == ("enterprise", 10)
        # a formula is text like any other
        assert Account.objects.get(external_id="A-2").name == "=cmd|' /C calc'!A0"
        # midnight of 1 April in Tokyo, and known then
        change = AttributeChange.objects.get(account=first, attribute="segment")
        assert change.known_at == change.happened_at
        assert change.happened_at.isoformat() == "2024-03-31T15:00:00+00:00"
        run = ImportRun.objects.get(pk=report.run_id)
        assert (run.state, run.rows_read, run.rows_created, run.rows_rejected) == ("done", 6, 2, 4)
        assert ImportIssue.objects.filter(run=run).count() == 4


def test_the_same_file_again_changes_nothing(workspace):
    take(workspace, "accounts", ACCOUNTS, FILE)
    with tenancy.scope(workspace.pk):
        before = (list(Account.objects.values()), AttributeChange.objects.count())
    again = take(workspace, "accounts", ACCOUNTS, FILE)
    assert dict(again.outcomes) == {"unchanged": 2, "rejected": 4}
    with tenancy.scope(workspace.pk):
        assert (list(Account.objects.values()), AttributeChange.objects.count()) == before


def test_a_dry_run_tells_the_same_and_keeps_nothing_but_the_report(workspace):
    report = take(workspace, "accounts", ACCOUNTS, FILE, dry_run=True)
    assert dict(report.outcomes) == {"created": 2, "rejected": 4}
    with tenancy.scope(workspace.pk):
        assert not Account.objects.exists()
        assert ImportRun.objects.get(pk=report.run_id).rows_rejected == 4


def test_a_parent_may_come_further_down(workspace):
    mapping = {"columns": {"external_id": "id", "name": "name", "parent_external_id": "parent"}}
    report = take(
        workspace, "accounts", mapping, "id,name,parent\nB,Branch,H\nH,Head,\nX,Lost,nowhere\n"
    )
    assert dict(report.outcomes) == {"created": 2, "rejected": 1}
    assert [(i.row_number, i.code) for i in report.issues] == [(4, "unknown_account")]
    with tenancy.scope(workspace.pk):
        assert Account.objects.get(external_id="B").parent.external_id == "H"


SUBSCRIPTIONS = """sub,account,start,end,mrr,seats,churned
S-3,A-1,2024-07-01,,300,3,true
S-1,A-1,2024-01-01,2024-04-01,100,3,true
S-2,A-1,2024-02-01,,200,7,false
S-4,A-9,2024-02-01,,200,1,false
S-5,A-1,2024-02-01,2024-01-01,200,1,true
S-6,A-1,2024-03-01,2024-03-01,200,1,true
S-7,A-1,2024-03-01,,-5,1,false
S-2,A-1,2024-02-01,,200,7,false
"""


def test_contracts_with_first_unpaid_days_and_planted_dirt(workspace):
    take(workspace, "accounts", ACCOUNTS, FILE)
    report = take(workspace, "subscriptions", CONTRACTS, SUBSCRIPTIONS)
    assert dict(report.outcomes) == {"created": 4, "rejected": 3, "unchanged": 1}
    told = {(i.row_number, i.severity, i.code) for i in report.issues}
    assert told >= {
        (2, "warning", "churn_flag_disagrees"),
        (4, "warning", "overlapping"),
        (5, "error", "unknown_account"),
        (6, "error", "end_before_start"),
        (7, "warning", "never_active"),
        (8, "error", "out_of_range"),
        (4, "warning", "duplicate_in_file"),
    }
    with tenancy.scope(workspace.pk):
        first = Subscription.objects.get(external_id="S-1")
        assert first.ended_on.isoformat() == "2024-03-31"
        churn = first.ledger.get(kind="churn")
        assert (churn.last_paid_on, churn.effective_on) == (
            first.ended_on,
            first.ended_on.replace(month=4, day=1),
        )
        third = Subscription.objects.get(external_id="S-3")
        assert (third.mrr, third.unit_price) == (Decimal(300), Decimal(100))
    again = take(workspace, "subscriptions", CONTRACTS, SUBSCRIPTIONS)
    assert dict(again.outcomes) == {"unchanged": 5, "rejected": 3}


def test_ledger_entries_take_effect_in_the_order_of_their_days(workspace):
    take(workspace, "accounts", ACCOUNTS, FILE)
    take(
        workspace,
        "subscriptions",
        CONTRACTS,
        "sub,account,start,end,mrr,seats,churned\nS-1,A-1,2024-01-01,,100,1,\n",
    )
    mapping = {
        "columns": {
            "external_id": "id",
            "subscription_external_id": "sub",
            "kind": "what",
            "effective_on": "on",
            "last_paid_on": "last",
            "mrr": "mrr",
            "reason": "why",
        }
    }
    file = """id,sub,what,on,last,mrr,why
E-3,S-1,churn,,2024-06-30,,price
E-1,S-1,change,2024-02-01,,150,
E-2,S-1,change,2024-03-01,,120,
E-4,S-1,change,2024-08-01,,120,
"""
    report = take(workspace, "contract_events", mapping, file)
    assert dict(report.outcomes) == {"created": 3, "rejected": 1}
    assert [(i.row_number, i.code) for i in report.issues] == [(5, "ended")]
    with tenancy.scope(workspace.pk):
        kinds = ContractEvent.objects.order_by("effective_on").values_list("kind", "mrr")
        assert list(kinds) == [
            ("new", 100),
            ("price_rise", 150),
            ("contraction", 120),
            ("churn", 0),
        ]
    again = take(workspace, "contract_events", mapping, file)
    assert dict(again.outcomes) == {"unchanged": 3, "rejected": 1}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('{"a": "\\ud800"}', "not_json"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "not_json"),
        ('{"a": 1e400}', "not_json"),
        ('{"a": "\\u0000"}', "nul_character"),
        ("[1]", "not_an_object"),
        # a backslash and letters, as a Windows path may have them
        ('{"a": "C:\\\\u0000"}', None),
    ],
)
def test_no_cell_of_json_ends_the_import_of_the_others(workspace, cell, code):
    mapping = {"columns": {"external_id": "id", "name": "name", "attributes": "more"}}
    quoted = cell.replace('"', '""')
    report = take(workspace, "accounts", mapping, f'id,name,more\nA,a,"{quoted}"\nB,b,\n')
    assert [issue.code for issue in report.issues] == ([code] if code else [])
    with tenancy.scope(workspace.pk):
        assert Account.objects.filter(external_id="B").exists()


def test_no_slip_of_the_keyboard_ends_the_import_of_the_others(workspace):
    take(workspace, "accounts", ACCOUNTS, FILE)
    columns = {"external_id": "sub", "account_external_id": "account", "starts_on": "start"}
    mapping = {
        "columns": {**columns, "seats": "seats", "unit_price": "price"},
        "constants": {"product": "core"},
    }
    file = (
        "sub,account,start,seats,price\n"
        "S-1,A-1,2024-01-01,2000000000,99999999999999\n"
        "S-2,A-1,2024-01-01,,1000000000001\n"
        "S-3,A-1,2024-01-01,1000000,1000000\n"
    )
    report = take(workspace, "subscriptions", mapping, file)
    assert dict(report.outcomes) == {"created": 1, "rejected": 2}
    assert {i.code for i in report.issues if i.severity == "error"} == {"out_of_range"}
    with tenancy.scope(workspace.pk):
        assert Subscription.objects.get().mrr == 10**12


TWICE = """id,name,seats
A-1,First,1
A-2,Other,1
A-1,Second,2
A-1,Third,many
"""


def test_of_rows_with_the_same_key_the_last_good_one_is_taken_and_the_others_say_so(workspace):
    mapping = {"columns": {"external_id": "id", "name": "name", "seats": "seats"}}
    dealt_with: list[int] = []
    for outcomes in (
        {"created": 2, "unchanged": 1, "rejected": 1},
        {"unchanged": 3, "rejected": 1},
    ):
        report = take(workspace, "accounts", mapping, TWICE, progress=dealt_with.append)
        assert dict(report.outcomes) == outcomes
        told = {(i.row_number, i.severity, i.code) for i in report.issues}
        assert told == {(5, "error", "not_a_number"), (2, "warning", "duplicate_in_file")}
        left_out = next(i for i in report.issues if i.severity == "warning")
        assert left_out.message.startswith("Row 4 has the same key")
        with tenancy.scope(workspace.pk):
            account = Account.objects.get(external_id="A-1")
            assert (account.name, account.seats) == ("Second", 2)
            changes = AttributeChange.objects.filter(account=account, attribute="seats")
            assert list(changes.values_list("new_value", flat=True)) == ["2"]
    assert sum(dealt_with) == 8


def test_rows_of_different_dates_are_a_history_and_repeat_nothing(workspace):
    file = "id,name,seats,size,since\nA-1,a,1,,01/04/2024\nA-1,a,2,,01/05/2024\n"
    for outcomes in ({"created": 1, "updated": 1}, {"unchanged": 2}):
        report = take(workspace, "accounts", ACCOUNTS, file)
        assert (dict(report.outcomes), report.issues) == (outcomes, [])


def test_a_ledger_entry_is_not_restated_by_a_later_row(workspace):
    take(workspace, "accounts", ACCOUNTS, FILE)
    take(
        workspace,
        "subscriptions",
        CONTRACTS,
        "sub,account,start,end,mrr,seats,churned\nS-1,A-1,2024-01-01,,100,1,\n",
    )
    columns = {"external_id": "id", "subscription_external_id": "sub", "effective_on": "on"}
    mapping = {"columns": {**columns, "mrr": "mrr"}, "constants": {"kind": "change"}}
    file = "id,sub,on,mrr\nE-1,S-9,2024-02-01,90\nE-1,S-1,2024-02-01,150\nE-1,S-1,2024-02-01,170\n"
    report = take(workspace, "contract_events", mapping, file)
    assert dict(report.outcomes) == {"created": 1, "unchanged": 1, "rejected": 1}
    told = {(i.row_number, i.code) for i in report.issues}
    assert told == {(2, "unknown_subscription"), (4, "duplicate_in_file")}
    with tenancy.scope(workspace.pk):
        assert ContractEvent.objects.get(external_id="E-1").mrr == 150


cell = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12
) | st.sampled_from(["", "1", "A-1", "L", "01/04/2024", "-3", "=1+1", "9" * 30, "\x00"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(cell, cell, cell, cell, cell), max_size=8))
def test_whatever_the_rows_are_they_add_up_and_good_ones_are_taken(workspace, rows):
    import csv

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "name", "seats", "size", "since"])
    writer.writerows(rows)
    writer.writerow(["good", "Good", "1", "L", "01/04/2024"])
    report = take(workspace, "accounts", ACCOUNTS, out.getvalue())
    assert report.rows_read == report.rows_total
    again = take(workspace, "accounts", ACCOUNTS, out.getvalue())
    assert again.rows_read == report.rows_total
    assert again.outcomes["rejected"] == report.outcomes["rejected"]
    assert again.outcomes["created"] == 0
    with tenancy.scope(workspace.pk):
        assert Account.objects.filter(external_id="good").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"id,id\n1,2\n", "more than once: id"),
        (b'id,name\n"open,x\n', "Row 2"),
        (b"id\n\xff\xfd\x81\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data, said):
    with pytest.raises(Unreadable, match=said):
        read_table(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_japanese_encodings_are_told_apart(encoding):
    table = read_table("顧客番号;名称\n1;株式会社さくら～\n".replace("～", "").encode(encoding))
    assert table.columns == ["顧客番号", "名称"]
    assert table.rows[0].cells["名称"] == "株式会社さくら"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("[]", "must be a JSON object"),
        ("{", "not JSON"),
        ('{"colums": {}}', "no option “colums”"),
        ('{"columns": {"external_id": "a"}, "constants": {"nmae": 1}}', "no field nmae"),
        ('{"columns": {"name": "a"}}', "leaves out required fields: external_id"),
        ('{"columns": {"external_id": {"col": "a"}}}', "must be a name, or an object"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(mapping, said):
    with pytest.raises(BadMapping, match=said):
        parse_mapping(mapping, KINDS["accounts"])


def test_the_command_reports_and_exits_as_it_says(workspace, tmp_path: Path):
    file, mapping, report = tmp_path / "a.csv", tmp_path / "m.json", tmp_path / "r.json"
    file.write_text(FILE, encoding="cp932")
    mapping.write_text(json.dumps(ACCOUNTS))
    options = {"workspace": workspace.slug, "kind": "accounts", "mapping": mapping}
    out, err = io.StringIO(), io.StringIO()
    call_command("import_csv", file, **options, report=report, stdout=out, stderr=err)
    assert "2 created" in out.getvalue()
    assert "4 refused" in out.getvalue()
    assert "row 5 [seats]: error not_a_number" in err.getvalue()
    assert len(json.loads(report.read_text())["issues"]) == 4
    with pytest.raises(CommandError, match="4 rows were refused"):
        call_command("import_csv", file, **options, strict=True, verbosity=0)
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_csv", tmp_path / "none.csv", **options)
    with pytest.raises(CommandError, match="no workspace"):
        call_command("import_csv", file, **{**options, "workspace": "nobody"})
