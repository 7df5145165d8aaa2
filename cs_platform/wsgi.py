import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")

_django = get_wsgi_application()
# All addresses are read now; else the first to ask a worker would wait for that, a second.
resolve("/")

# It can be imported once the applications are loaded.
from metrics.usage.ingest.entry import collection  # noqa: E402

application = collection(_django)
