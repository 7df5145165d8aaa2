"""Writing down what a loss teaches."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.models import Account, ContractEvent
from cs_platform.core.errors import DomainError
from metrics.kpis.models import ChurnReview

LONGEST_LESSON = 10_000
LONGEST_COMPETITOR = 200


def review_churn(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    ended_on: dt.date,
    mrr_lost: Decimal,
    reason: str,
    avoidable: str,
    lesson: str,
    competitor: str = "",
) -> ChurnReview:
    """Write the review of a loss, or write it anew; the audit log keeps what it said before.

    Errors (by field): ``unknown_reason``, ``unknown_answer``, ``competitor_required`` where the
    reason is one, ``lesson_required``, ``too_long``.
    """
    competitor, lesson = competitor.strip(), lesson.strip()
    _check(reason, avoidable, competitor, lesson)
    values = {
        "reason": reason,
        "avoidable": avoidable,
        "competitor": competitor,
        "lesson": lesson,
    }
    with transaction.atomic():
        before = (
            ChurnReview.objects.select_for_update()
            .filter(account=account, ended_on=ended_on)
            .values(*values)
            .first()
        )
        review, _created = ChurnReview.objects.update_or_create(
            account=account,
            ended_on=ended_on,
            defaults={
                **values,
                "mrr_lost": mrr_lost,
                "reviewed_by": actor.membership,
                "reviewed_at": now,
            },
        )
        audit.record(
            actor=actor,
            action="churn_reviewed",
            obj=review,
            detail={
                "last_paid_on": ended_on.isoformat(),
                **({"before": before, "after": values} if before else values),
            },
            now=now,
        )
    return review


def _check(reason: str, avoidable: str, competitor: str, lesson: str) -> None:
    if reason not in ContractEvent.Reason.values:
        raise DomainError(_("Choose a reason."), code="unknown_reason", field="reason")
    if avoidable not in ChurnReview.Avoidable.values:
        raise DomainError(
            _("Say whether it could have been avoided."), code="unknown_answer", field="avoidable"
        )
    if reason == ContractEvent.Reason.COMPETITOR and not competitor:
        raise DomainError(
            _("Say whom they moved to."), code="competitor_required", field="competitor"
        )
    if not lesson:
        raise DomainError(
            _("Write down what we learn from it."), code="lesson_required", field="lesson"
        )
    for field, text, most in (
        ("competitor", competitor, LONGEST_COMPETITOR),
        ("lesson", lesson, LONGEST_LESSON),
    ):
        if len(text) > most:
            raise DomainError(
                _("This may have %(most)d characters.") % {"most": most},
                code="too_long",
                field=field,
            )
