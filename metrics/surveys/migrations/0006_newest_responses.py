from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0005_themes_add_up")]

    operations = [
        migrations.RemoveIndex("response", "surveys_response_comments"),
        migrations.AddIndex(
            "response",
            models.Index(fields=["workspace", "happened_at", "id"], name="surveys_response_newest"),
        ),
    ]
