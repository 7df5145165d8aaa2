"""What the users of a customer's product have been shown, so that nobody is asked twice."""

import datetime as dt

from django.db import transaction
from django.db.models import F

from metrics.surveys.models import EmbedLedger, Survey
from metrics.surveys.queries.embed import contact_of_user


@transaction.atomic
def record_embed_shown(*, now: dt.datetime, survey: Survey, user_id: str) -> EmbedLedger:
    """Note that the user has been shown the survey. Errors: none; each time is counted."""
    ledger, is_first = EmbedLedger.objects.get_or_create(
        survey=survey,
        user_id=user_id,
        defaults={"contact": contact_of_user(user_id), "shown_at": now},
    )
    if not is_first:
        EmbedLedger.objects.filter(pk=ledger.pk).update(
            shown_at=now, times_shown=F("times_shown") + 1
        )
        ledger.refresh_from_db()
    return ledger


@transaction.atomic
def record_embed_dismissed(*, now: dt.datetime, survey: Survey, user_id: str) -> EmbedLedger:
    """Note that the user has closed it unanswered. Idempotent but for the moment."""
    ledger, _made = EmbedLedger.objects.update_or_create(
        survey=survey,
        user_id=user_id,
        defaults={"dismissed_at": now},
        create_defaults={
            "contact": contact_of_user(user_id),
            "shown_at": now,
            "dismissed_at": now,
        },
    )
    return ledger


@transaction.atomic
def record_embed_answered(*, now: dt.datetime, survey: Survey, user_id: str) -> EmbedLedger:
    """Note that the user has answered it."""
    ledger, _made = EmbedLedger.objects.update_or_create(
        survey=survey,
        user_id=user_id,
        defaults={"answered_at": now},
        create_defaults={
            "contact": contact_of_user(user_id),
            "shown_at": now,
            "answered_at": now,
        },
    )
    return ledger
