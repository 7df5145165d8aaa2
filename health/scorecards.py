"""The scorecard in force, made when a workspace needs it for the first time."""

import datetime as dt

from django.db import connection, transaction

from cs_platform.core.tenancy import current_workspace_id
from health import defaults
from health.models import Scorecard, ScorecardVersion


def published_version(*, now: dt.datetime) -> ScorecardVersion:
    """The default scorecard's latest published version; makes both where there are none yet."""
    return _published() or _create_default(now=now)


def _published() -> ScorecardVersion | None:
    return (
        ScorecardVersion.objects.filter(scorecard__is_default=True, published_at__isnull=False)
        .select_related("scorecard")
        .order_by("-number")
        .first()
    )


def _create_default(*, now: dt.datetime) -> ScorecardVersion:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('default scorecard'), %s)",
                [current_workspace_id() % 2**31],
            )
        found = _published()
        if found is not None:
            return found
        scorecard = Scorecard.objects.create(name=defaults.NAME, is_default=True, created_at=now)
        return ScorecardVersion.objects.create(
            scorecard=scorecard,
            number=1,
            measures=defaults.measures(),
            exceptions=defaults.EXCEPTIONS,
            minimum_coverage=defaults.MINIMUM_COVERAGE,
            stages=defaults.STAGES,
            published_at=now,
        )
