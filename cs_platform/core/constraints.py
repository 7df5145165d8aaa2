"""Composite foreign keys between tenant tables: a mismatch of workspaces cannot be stored."""

from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement, Table
from django.db.models.constraints import BaseConstraint


class TenantForeignKey(BaseConstraint):
    """``FOREIGN KEY (workspace_id, <column>) REFERENCES <target> (workspace_id, id)``.

    Django has no composite keys between tables, so the model's field is declared with
    ``db_constraint=False`` and this constraint stands in for it. Nullable fields declared with
    ``SET_NULL`` get ``ON DELETE SET NULL (<column>)``, which leaves the workspace in place; all
    others are checked at the end of the transaction, so that a cascade may delete in any order.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _clause(self, model: Any, quote: Any) -> str:
        field = model._meta.get_field(self.field)
        target = field.remote_field.model._meta.db_table
        column = quote(field.column)
        deletion = (
            f"ON DELETE SET NULL ({column})"
            if field.remote_field.on_delete is models.SET_NULL
            else "ON DELETE NO ACTION"
        )
        return (
            f"FOREIGN KEY (workspace_id, {column}) REFERENCES {quote(target)} (workspace_id, id) "
            f"{deletion} DEFERRABLE INITIALLY DEFERRED"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> Statement:  # type: ignore[override]
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s %(clause)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            clause=self._clause(model, quote),
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> None:  # type: ignore[override]
        # The target's own key may come later in the same migration: add this one at its end.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Statement:  # type: ignore[override]
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do in Python: the field's own validation looks the target up in scope."""

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TenantForeignKey) and (self.name, self.field) == (
            other.name,
            other.field,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.field))
