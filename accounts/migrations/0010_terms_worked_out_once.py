from importlib import import_module

from django.db import migrations

functions = import_module("accounts.migrations.0002_revenue_functions")


class Migration(migrations.Migration):
    """Lays the function down again where it was made before its terms were worked out once."""

    dependencies = [("accounts", "0009_running_onboardings")]

    operations = [
        migrations.RunSQL(
            functions.STATES.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
            migrations.RunSQL.noop,
        )
    ]
