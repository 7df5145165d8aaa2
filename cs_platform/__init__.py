# So that whatever process runs, web ones too, sends its tasks to our broker and not to Celery's
# default one.
from cs_platform.celery import app as celery_app

__all__ = ["celery_app"]
