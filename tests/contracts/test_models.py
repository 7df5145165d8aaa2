"""Every model declares whose data it holds, and PostgreSQL enforces it."""

import pytest
from django.apps import apps
from django.db import connection, models

from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.database import analytics_role, application_role
from cs_platform.core.isolation import GLOBAL_APPS, GLOBAL_MODELS, tenant_models
from cs_platform.core.tenancy import NoScope, TenantModel

TENANT_MODELS = tenant_models()
by_table = pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda m: m._meta.label)


def test_every_model_is_tenant_data_or_declared_global() -> None:
    undeclared = [
        model._meta.label
        for model in apps.get_models()
        if not issubclass(model, TenantModel)
        and model._meta.app_label not in GLOBAL_APPS
        and model._meta.label not in GLOBAL_MODELS
    ]
    assert undeclared == []


@by_table
def test_objects_raise_without_a_scope(model: type[TenantModel]) -> None:
    with pytest.raises(NoScope):
        model.objects.all()
    with pytest.raises(NoScope):
        model.all_tenants.all()


@by_table
@pytest.mark.django_db
def test_row_level_security_is_on_with_both_policies(model: type[TenantModel]) -> None:
    database = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        assert cursor.fetchone() == (True,)
        cursor.execute(
            "SELECT policyname, roles::text[], qual FROM pg_policies WHERE tablename = %s"
            " ORDER BY policyname",
            [model._meta.db_table],
        )
        policies = cursor.fetchall()
    assert [(name, roles) for name, roles, _ in policies] == [
        ("analytics", [analytics_role(database)]),
        ("tenant", [application_role(database)]),
    ]
    assert "app.workspace" in policies[1][2]
    # Citus refuses sub-selects in the policies of distributed tables.
    assert ("SELECT" in policies[1][2]) is not model.distributed


@pytest.mark.django_db
def test_no_scope_means_no_rows_in_raw_sql(rival_workspace: object) -> None:
    with connection.cursor() as cursor:
        for model in TENANT_MODELS:
            if "SELECT" in model.application_grants:
                cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
                assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_partitions_are_granted_to_nobody() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, g.grantee
            FROM pg_class c
            JOIN information_schema.role_table_grants g ON g.table_name = c.relname
            WHERE c.relispartition AND g.grantee = ANY (%s)
            """,
            [
                [
                    application_role(connection.settings_dict["NAME"]),
                    analytics_role(connection.settings_dict["NAME"]),
                    "PUBLIC",
                ]
            ],
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_the_application_role_owns_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles"
            " WHERE rolname = current_user)"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False, False)


@by_table
def test_foreign_keys_between_tenant_tables_are_composite(model: type[TenantModel]) -> None:
    guarded = {c.field for c in model._meta.constraints if isinstance(c, TenantForeignKey)}
    needed = {
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and any(f.name == "workspace" for f in field.remote_field.model._meta.get_fields())
    }
    assert guarded == needed
    for name in needed:
        assert model._meta.get_field(name).db_constraint is False


@by_table
@pytest.mark.django_db
def test_composite_keys_are_in_the_database(model: type[TenantModel]) -> None:
    declared = {c.name for c in model._meta.constraints if isinstance(c, TenantForeignKey)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, array_length(conkey, 1), convalidated FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'f' AND array_length(conkey, 1) > 1",
            [model._meta.db_table],
        )
        found = {name: (columns, valid) for name, columns, valid in cursor.fetchall()}
    assert found == dict.fromkeys(declared, (2, True))


@by_table
def test_unique_constraints_begin_with_the_workspace(model: type[TenantModel]) -> None:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert constraint.fields[:1] == ("workspace",), constraint.name
    for field in model._meta.local_fields:
        alone = field.unique and not field.primary_key
        assert not alone or isinstance(field, models.OneToOneField), field


@by_table
@pytest.mark.django_db
def test_indexes_begin_with_the_workspace(model: type[TenantModel]) -> None:
    for index in model._meta.indexes:
        if type(index) is models.Index and index.fields:
            assert index.fields[0] == "workspace", index.name


@pytest.mark.django_db
def test_ledgers_refuse_to_be_rewritten_even_by_raw_sql() -> None:
    append_only = [m for m in TENANT_MODELS if m.application_grants == "SELECT, INSERT"]
    assert {m._meta.label for m in append_only} >= {
        "accounts.AttributeChange",
        "accounts.AuditEntry",
        "accounts.ContractEvent",
    }
    with connection.cursor() as cursor:
        for model in append_only:
            for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute(
                    "SELECT has_table_privilege(current_user, %s, %s)",
                    [model._meta.db_table, privilege],
                )
                assert cursor.fetchone() == (False,), (model, privilege)
