from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("health", "0004_loss_order")]

    operations = [
        migrations.RemoveIndex(model_name="accountcurrent", name="health_current_loss"),
    ]
