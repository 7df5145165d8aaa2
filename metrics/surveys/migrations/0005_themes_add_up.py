from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("surveys", "0004_survey_of_follow_up")]

    operations = [migrations.RemoveField("themefigure", "accounts")]
