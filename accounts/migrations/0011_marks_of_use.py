from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_terms_worked_out_once")]

    operations = [
        migrations.AddField(
            model_name="dirtyaccount",
            name="is_of_use",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
