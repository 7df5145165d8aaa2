from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kpis", "0004_indexes_lists_walk")]

    operations = [
        migrations.AlterField(
            model_name="asofrequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("done", "Computed"),
                    ("failed", "Could not be computed"),
                ],
                default="queued",
                max_length=10,
            ),
        )
    ]
