from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_task_wording"),
    ]

    operations = [
        migrations.AddField(
            model_name="attributechange",
            name="is_derived",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
