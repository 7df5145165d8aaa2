"""What the six locks stop, tried from the inside: with raw SQL and with the ORM."""

import datetime as dt

import pytest
from django.db import Error, IntegrityError, connection, transaction

from accounts.models import Account, Contact, ContractEvent, Workspace
from cs_platform.core import tenancy
from cs_platform.core.tenancy import NoScope, WrongWorkspace

NOW = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)


def _account(name: str, **fields: object) -> Account:
    return Account.objects.create(
        external_id=name, name=name, created_at=NOW, updated_at=NOW, **fields
    )


@pytest.fixture
def ours(workspace: Workspace) -> Account:
    with tenancy.scope(workspace.pk):
        return _account("ours")


@pytest.fixture
def theirs(rival_workspace: Workspace) -> Account:
    with tenancy.scope(rival_workspace.pk):
        return _account("theirs")


def _names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM accounts_account ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def test_raw_sql_sees_the_scope_and_nothing_else(
    workspace: Workspace, rival_workspace: Workspace, ours: Account, theirs: Account
) -> None:
    assert _names() == []
    with tenancy.scope(workspace.pk):
        assert _names() == ["ours"]
        with tenancy.scope(rival_workspace.pk):
            assert _names() == ["theirs"]
        assert _names() == ["ours"]
    assert _names() == []


def test_the_scope_closes_after_an_error(workspace: Workspace, ours: Account) -> None:
    with pytest.raises(LookupError), tenancy.scope(workspace.pk):
        _account("second")
        raise LookupError
    with pytest.raises(NoScope):
        tenancy.current_workspace_id()
    with tenancy.scope(workspace.pk):
        assert _names() == ["ours"]


def test_raw_sql_cannot_write_for_another_workspace(
    workspace: Workspace, rival_workspace: Workspace, theirs: Account
) -> None:
    with tenancy.scope(workspace.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET name = 'stolen' WHERE id = %s", [theirs.pk])
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM accounts_account WHERE id = %s", [theirs.pk])
        assert cursor.rowcount == 0
        with pytest.raises(Error, match="row-level security"), transaction.atomic():
            cursor.execute(
                "INSERT INTO accounts_dirtyaccount (workspace_id, account_id) VALUES (%s, 1)",
                [rival_workspace.pk],
            )


def test_a_row_cannot_move_to_another_workspace(
    workspace: Workspace, rival_workspace: Workspace, ours: Account
) -> None:
    with tenancy.scope(workspace.pk):
        with pytest.raises(WrongWorkspace):
            Account.objects.update(workspace=rival_workspace)
        ours.workspace = rival_workspace
        with pytest.raises(WrongWorkspace):
            ours.save()
        with pytest.raises(WrongWorkspace):
            Account.objects.bulk_create([ours])
        with (
            pytest.raises(Error, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE accounts_account SET workspace_id = %s", [rival_workspace.pk])


def test_a_reference_across_workspaces_cannot_be_stored(
    workspace: Workspace, theirs: Account
) -> None:
    with (
        pytest.raises(IntegrityError, match="accounts_contact_account_fk"),
        transaction.atomic(),
        tenancy.scope(workspace.pk),
    ):
        Contact.objects.create(
            account_id=theirs.pk, external_id="c", name="c", created_at=NOW, updated_at=NOW
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_deleting_a_referrer_keeps_the_account_and_its_workspace(workspace: Workspace) -> None:
    with tenancy.scope(workspace.pk):
        referrer = _account("referrer")
        referred = _account("referred", referrer=referrer)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_account WHERE id = %s", [referrer.pk])
        referred.refresh_from_db()
        assert referred.referrer_id is None
        assert referred.workspace_id == workspace.pk


def test_the_ledger_cannot_be_rewritten_by_the_application(scoped: Workspace) -> None:
    with pytest.raises(Error, match="permission denied"), transaction.atomic():
        ContractEvent.objects.update(note="rewritten")
    with pytest.raises(Error, match="permission denied"), transaction.atomic():
        ContractEvent.objects.all()._raw_delete("default")
