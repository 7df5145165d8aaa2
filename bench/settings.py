"""The product's settings, with the baselines' addresses added and no limit on the load."""

from cs_platform.settings import *  # noqa: F403

ROOT_URLCONF = "bench.site"
INGEST_EVENTS_PER_MINUTE = 0
API_RATE_LIMIT = 0
