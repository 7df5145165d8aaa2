from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_derived_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(
                    ("onboarding_completed_on__isnull", True),
                    ("onboarding_started_on__isnull", False),
                ),
                fields=["workspace", "onboarding_due_on"],
                include=("onboarding_started_on", "stage"),
                name="accounts_account_onboarding",
            ),
        ),
    ]
