import django.db.models.deletion
from django.db import migrations, models

_OPTIONS = {"db_constraint": False, "db_index": False, "related_name": "+"}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("health", "0002_day_figures")]

    operations = [
        migrations.AlterField(
            model_name="accountcurrent",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to="accounts.account", **_OPTIONS
            ),
        ),
        migrations.AlterField(
            model_name="accountcurrent",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="accounts.membership",
                **_OPTIONS,
            ),
        ),
        migrations.AlterField(
            model_name="accountcurrent",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                to="health.scorecardversion",
                **_OPTIONS,
            ),
        ),
    ]
