"""Answers that came to be known after they were given are found without reading the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0006_newest_responses")]

    operations = [
        migrations.AddIndex(
            model_name="response",
            index=models.Index(
                fields=["workspace", "known_at"],
                name="surveys_response_late",
                condition=models.Q(known_at__gt=models.F("happened_at")),
            ),
        )
    ]
