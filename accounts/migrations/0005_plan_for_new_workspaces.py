from django.db import migrations

# A workspace that has just begun is in no statistics yet, and PostgreSQL would take it to be
# empty: any index that starts with the workspace then looks as good as the right one, and a first
# import of a thousand contracts reads the whole ledger once per contract. Without statistics on
# this column it reckons with an average workspace instead.
TABLES = ("accounts_contractevent", "accounts_subscription")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_kept_answer")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ALTER COLUMN workspace_id SET STATISTICS 0",
            f"ALTER TABLE {table} ALTER COLUMN workspace_id SET STATISTICS -1",
        )
        for table in TABLES
    ]
