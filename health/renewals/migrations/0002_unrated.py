"""What an outlook leaves out for want of an exchange rate is said."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("renewals", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="quarteroutlook",
            name="unrated",
            field=models.JSONField(default=dict),
        )
    ]
