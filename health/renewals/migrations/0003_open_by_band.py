"""A health band with few renewals is found without reading all the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("renewals", "0002_unrated")]

    operations = [
        migrations.AddIndex(
            model_name="renewal",
            index=models.Index(
                fields=["workspace", "band", "term_ends_on", "id"],
                name="renewals_open_by_band",
                condition=models.Q(is_open=True),
            ),
        )
    ]
