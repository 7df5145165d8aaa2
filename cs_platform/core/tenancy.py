"""Isolation between workspaces that cannot be forgotten.

A *scope* is open for exactly one workspace during a request, task or command. Without it,
``Model.objects`` raises; with it, reads are filtered, writes are checked, and PostgreSQL's
row-level security (see `cs_platform.core.isolation`) is told the same workspace, so that raw SQL
is held to it too.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self

from django.db import connection, models, transaction

from cs_platform.core.database import speaks_as_owner

# What the policies of row-level security read (see `cs_platform.core.isolation`).
SETTING = "app.workspace"

_workspace_id: ContextVar[int | None] = ContextVar("workspace_id", default=None)


class NoScope(RuntimeError):
    """A tenant table was touched while no workspace scope was open."""


class WrongWorkspace(RuntimeError):
    """A row of one workspace was about to be written in the scope of another."""


def current_workspace_id() -> int:
    """Id of the workspace whose scope is open. Raises ``NoScope`` when there is none."""
    workspace_id = _workspace_id.get()
    if workspace_id is None:
        raise NoScope("no workspace scope is open")
    return workspace_id


def _set_local(workspace_id: int | None) -> None:
    value = "" if workspace_id is None else str(int(workspace_id))
    connection.set_local(SETTING, value)  # type: ignore[attr-defined]


@contextmanager
def scope(workspace_id: int) -> Iterator[None]:
    """Open the scope of one workspace: a transaction that can see and write nothing else.

    Scopes nest (the inner one is a savepoint and the outer workspace is restored after it).
    An exception rolls back what was done inside.
    """
    outer = _workspace_id.get()
    is_nested = connection.in_atomic_block
    with transaction.atomic():
        _set_local(workspace_id)
        token = _workspace_id.set(workspace_id)
        try:
            yield
        finally:
            _workspace_id.reset(token)
    # A transaction's end, and a savepoint's roll-back, forget the setting; its release does not.
    if is_nested:
        _set_local(outer)


class TenantQuerySet(models.QuerySet[Any]):
    """A query set bound to the open scope; writes outside it are errors."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        objs = list(objs)
        for obj in objs:
            obj.claim()
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if "workspace" in kwargs or "workspace_id" in kwargs:
            raise WrongWorkspace("the workspace of a row is immutable")
        return super().update(**kwargs)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    """Rows of the open scope; raises ``NoScope`` when none is open."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(workspace_id=current_workspace_id())


class AllTenantsManager(models.Manager[Any]):
    """Rows of every workspace: for the owner role alone (migrations, doctor)."""

    def get_queryset(self) -> models.QuerySet[Any]:
        if not speaks_as_owner(connection):
            raise NoScope("all_tenants works only under the owner role")
        return super().get_queryset()


class TenantModel(models.Model):
    """Base of every table that belongs to a workspace.

    ``application_grants`` is what the application role may do to the table; append-only ledgers
    leave out UPDATE and DELETE, so that not even raw SQL can rewrite them.
    ``distributed`` marks the tables that would be distributed by workspace on Citus; their
    policies contain no sub-select.
    """

    application_grants: ClassVar[str] = "SELECT, INSERT, UPDATE, DELETE"
    distributed: ClassVar[bool] = False

    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, editable=False, db_index=False
    )

    objects = TenantManager()
    all_tenants = AllTenantsManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workspace", "id"], name="%(app_label)s_%(class)s_workspace_id"
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim()
        super().save(*args, **kwargs)

    def claim(self) -> Self:
        """Take the scope's workspace, or raise ``WrongWorkspace`` if the row has another."""
        workspace_id = current_workspace_id()
        mine: int | None = self.workspace_id
        if mine is None:
            self.workspace_id = workspace_id
        elif mine != workspace_id:
            raise WrongWorkspace(f"{type(self).__name__} belongs to another workspace")
        return self
