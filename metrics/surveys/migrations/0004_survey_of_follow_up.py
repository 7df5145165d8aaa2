import django.db.models.deletion
from django.db import migrations, models

import cs_platform.core.constraints

SURVEYS = """
UPDATE surveys_followup f SET survey_id = r.survey_id
FROM surveys_response r
WHERE r.workspace_id = f.workspace_id AND r.id = f.response_id
"""


def _survey(*, null: bool) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        null=null,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="follow_ups",
        to="surveys.survey",
    )


class Migration(migrations.Migration):
    dependencies = [("surveys", "0003_counts_that_add_up")]

    operations = [
        migrations.AddField("followup", "survey", _survey(null=True)),
        migrations.RunSQL(SURVEYS, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("followup", "survey", _survey(null=False)),
        migrations.AddConstraint(
            "followup",
            cs_platform.core.constraints.TenantForeignKey(
                field="survey", name="surveys_followup_survey_fk"
            ),
        ),
        migrations.RemoveIndex("followup", "surveys_followup_due"),
        migrations.AddIndex(
            "followup",
            models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["workspace", "due_on", "id"],
                include=["state", "owner"],
                name="surveys_followup_due",
            ),
        ),
        migrations.AddIndex(
            "followup",
            models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["workspace", "survey", "due_on", "id"],
                name="surveys_followup_survey",
            ),
        ),
    ]
