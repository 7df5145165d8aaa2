from django.db import migrations, models

COVER = """
ALTER TABLE usage_lastuse DROP CONSTRAINT usage_lastuse_pkey,
    ADD PRIMARY KEY (workspace_id, account_id, is_user, key) INCLUDE (last_day);
"""

FILL = """
INSERT INTO usage_lastuse (workspace_id, account_id, is_user, key, last_day)
SELECT workspace_id, account_id, true, user_id, max(day)
FROM usage_userday
GROUP BY workspace_id, account_id, user_id
UNION ALL
SELECT workspace_id, account_id, false, name, max(day)
FROM usage_accountdayevent
GROUP BY workspace_id, account_id, name;
"""


class Migration(migrations.Migration):
    dependencies = [("usage", "0003_marks_of_a_statement")]

    operations = [
        migrations.CreateModel(
            name="LastUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "workspace_id",
                        "account_id",
                        "is_user",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.BigIntegerField()),
                ("is_user", models.BooleanField()),
                ("key", models.CharField(max_length=201)),
                ("last_day", models.DateField()),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=models.CASCADE,
                        to="accounts.workspace",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.RunSQL(COVER, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
