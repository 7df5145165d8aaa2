"""What was known of a month on a day is added up; what was counted without that is counted again."""

import datetime as dt

import django.db.models.deletion
from django.db import migrations, models

# A calendar that nobody's is any more: the next roll-up counts every answer again.
COUNT_AGAIN = "UPDATE surveys_resultcalendar SET timezone = ''"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_terms_worked_out_once"), ("surveys", "0007_known_later")]

    operations = [
        migrations.RemoveIndex("response", "surveys_response_late"),
        migrations.AddField(
            "countedanswer",
            "known_on",
            models.DateField(default=dt.date(1900, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField("countedanswer", "month_until", models.DateField(null=True)),
        migrations.AddField("countedanswer", "quarter_until", models.DateField(null=True)),
        migrations.CreateModel(
            "KnownFigure",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("nps", "NPS"),
                            ("csat", "CSAT"),
                            ("ces", "CES"),
                            ("hearing", "Hearing survey"),
                        ],
                        max_length=10,
                    ),
                ),
                ("scale", models.PositiveSmallIntegerField()),
                (
                    "span",
                    models.CharField(
                        choices=[
                            ("month", "Month"),
                            ("quarter", "Quarter"),
                            ("year", "Year"),
                            ("ever", "Ever"),
                        ],
                        max_length=7,
                    ),
                ),
                ("starts_on", models.DateField()),
                ("known_on", models.DateField()),
                ("score", models.SmallIntegerField()),
                ("n", models.IntegerField()),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.workspace",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "id"), name="surveys_knownfigure_workspace_id"
                    ),
                    models.UniqueConstraint(
                        fields=(
                            "workspace", "span", "starts_on", "kind", "scale", "known_on", "score",
                        ),
                        name="surveys_knownfigure_key",
                    ),
                ],
            },
        ),
        migrations.RunSQL(COUNT_AGAIN, migrations.RunSQL.noop),
    ]  # fmt: skip
