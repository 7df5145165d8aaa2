"""The worker's application; `celery -A cs_platform worker` finds it here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")

app = Celery("cs_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "cs_platform",
        "cs_platform.core",
        "cs_platform.documents",
        "accounts",
        "metrics.usage",
        "metrics.surveys",
        "metrics.kpis",
        "metrics.reports",
        "health",
        "health.renewals",
    ]
)
