from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("health", "0005_no_index_by_loss")]

    operations = [
        migrations.RemoveIndex(model_name="scoreday", name="health_scoreday_by_day"),
        migrations.AddIndex(
            model_name="scoreday",
            index=models.Index(
                fields=["workspace", "day", "series", "account_id"], name="health_scoreday_by_day"
            ),
        ),
    ]
