from django.db import migrations, models
from django.db.models.functions import Cast


class Migration(migrations.Migration):
    dependencies = [("health", "0003_fewer_indexes")]

    operations = [
        migrations.RemoveIndex(model_name="accountcurrent", name="health_current_at_risk"),
        migrations.AddField(
            model_name="accountcurrent",
            name="loss_order",
            field=models.GeneratedField(
                db_persist=True,
                expression=Cast("expected_loss", models.FloatField()),
                null=True,
                output_field=models.FloatField(),
            ),
        ),
        migrations.AddIndex(
            model_name="accountcurrent",
            index=models.Index(
                models.F("workspace"),
                models.OrderBy(models.F("loss_order"), descending=True, nulls_last=True),
                models.F("urgency_on"),
                models.F("id"),
                condition=models.Q(("is_at_risk", True)),
                name="health_current_at_risk",
            ),
        ),
    ]
