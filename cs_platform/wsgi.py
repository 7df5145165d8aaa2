import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")

application = get_wsgi_application()
# All addresses are read now; else the first to ask a worker would wait for that, a second.
resolve("/")
