import django.contrib.postgres.fields
from django.db import migrations, models

TOGETHER = """
ALTER TABLE usage_dirtyday ADD COLUMN account_ids bigint[], ADD COLUMN days date[];
UPDATE usage_dirtyday SET account_ids = ARRAY[account_id], days = ARRAY[day];
ALTER TABLE usage_dirtyday
    DROP COLUMN account_id, DROP COLUMN day,
    ALTER COLUMN account_ids SET NOT NULL, ALTER COLUMN days SET NOT NULL;
"""

APART = """
ALTER TABLE usage_dirtyday ADD COLUMN account_id bigint, ADD COLUMN day date;
INSERT INTO usage_dirtyday (workspace_id, account_ids, days, account_id, day)
SELECT workspace_id, '{}', '{}', mark.account_id, mark.day
FROM usage_dirtyday CROSS JOIN unnest(account_ids, days) AS mark (account_id, day);
DELETE FROM usage_dirtyday WHERE account_id IS NULL;
ALTER TABLE usage_dirtyday
    DROP COLUMN account_ids, DROP COLUMN days,
    ALTER COLUMN account_id SET NOT NULL, ALTER COLUMN day SET NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0002_covering_keys")]

    operations = [
        migrations.RunSQL(
            TOGETHER,
            APART,
            state_operations=[
                migrations.RemoveField(model_name="dirtyday", name="account_id"),
                migrations.RemoveField(model_name="dirtyday", name="day"),
                migrations.AddField(
                    model_name="dirtyday",
                    name="account_ids",
                    field=django.contrib.postgres.fields.ArrayField(models.BigIntegerField()),
                ),
                migrations.AddField(
                    model_name="dirtyday",
                    name="days",
                    field=django.contrib.postgres.fields.ArrayField(models.DateField()),
                ),
            ],
        )
    ]
