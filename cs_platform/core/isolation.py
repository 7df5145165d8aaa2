"""Row-level security and grants, derived from the models and applied after every migration.

A table that this module does not know has no grants, so a forgotten one fails closed.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from psycopg2 import sql

from cs_platform.core.database import analytics_role, application_password, application_role
from cs_platform.core.tenancy import TenantModel

# Global tables: who may log in, where, and Django's own. Everything else is tenant data.
GLOBAL_APPS = {"auth", "contenttypes", "sessions", "account"}
GLOBAL_MODELS = {"accounts.User", "accounts.Workspace", "accounts.Membership", "accounts.ApiKey"}

_SETTING = "nullif(current_setting('app.workspace', true), '')::bigint"


def tenant_models() -> list[type[TenantModel]]:
    """Every concrete model that belongs to a workspace, in a stable order."""
    found = [m for m in apps.get_models() if issubclass(m, TenantModel)]
    return sorted(found, key=lambda model: model._meta.db_table)


def global_tables() -> list[str]:
    """Tables without a workspace border, many-to-many tables included."""
    tables = set()
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        if model._meta.app_label in GLOBAL_APPS or label in GLOBAL_MODELS:
            tables.add(model._meta.db_table)
        owner: Any = model._meta.auto_created
        if owner and owner._meta.label in GLOBAL_MODELS:
            tables.add(model._meta.db_table)
    return sorted(tables)


def ensure_roles(connection: Any) -> None:
    """Create the application and analytics roles where they are missing. Idempotent.

    An installation whose owner may not create roles sets ``DATABASE_APP_URL`` and makes them by
    hand; this function then leaves them as they are.
    """
    database = connection.settings_dict["NAME"]
    app, analytics = application_role(database), analytics_role(database)
    if connection.settings_dict["APPLICATION"]["USER"]:
        return
    password = application_password(settings.SECRET_KEY)
    with connection.cursor() as cursor:
        # Two installations may share a server: each database has roles of its own.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('cs_platform roles'))")
        for role, attributes in ((app, "LOGIN NOINHERIT"), (analytics, "NOLOGIN")):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE " + attributes)
                    .format(sql.Identifier(role))
                    .as_string(cursor.cursor.connection)
                )
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}")
            .format(sql.Identifier(app), sql.Literal(password))
            .as_string(cursor.cursor.connection)
        )
        cursor.execute(
            sql.SQL("GRANT {} TO {}")
            .format(sql.Identifier(analytics), sql.Identifier(app))
            .as_string(cursor.cursor.connection)
        )


def apply_isolation(connection: Any) -> None:
    """Enable row-level security, (re)create the policies and grants of every table. Idempotent."""
    database = connection.settings_dict["NAME"]
    chosen = connection.settings_dict["APPLICATION"]["USER"]
    app = sql.Identifier(chosen or application_role(database))
    analytics = sql.Identifier(analytics_role(database))
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}").format(app, analytics),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}, {}").format(
            app, analytics
        ),
    ]
    for table in global_tables():
        statements.append(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(
                sql.Identifier(table), app
            )
        )
    statements.append(
        sql.SQL(
            "GRANT SELECT ON accounts_workspace, accounts_membership, accounts_user TO {}"
        ).format(analytics)
    )
    for model in tenant_models():
        table = sql.Identifier(model._meta.db_table)
        setting = _SETTING if model.distributed else f"(SELECT {_SETTING})"
        grants = sql.SQL(model.application_grants)
        statements += [
            sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table),
            sql.SQL("DROP POLICY IF EXISTS tenant ON {}").format(table),
            sql.SQL("DROP POLICY IF EXISTS analytics ON {}").format(table),
            sql.SQL("CREATE POLICY tenant ON {} TO {} USING (workspace_id = {})").format(
                table, app, sql.SQL(setting)
            ),
            sql.SQL("CREATE POLICY analytics ON {} TO {} USING (true) WITH CHECK (true)").format(
                table, analytics
            ),
            sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}, {}").format(table, app, analytics),
            sql.SQL("GRANT {} ON {} TO {}, {}").format(grants, table, app, analytics),
        ]
    with connection.cursor() as cursor:
        raw = cursor.cursor.connection
        for statement in statements:
            cursor.execute(statement.as_string(raw))
