"""Keep what was chosen for an account's review sheet."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Account, Task
from cs_platform.core.errors import DomainError
from metrics.reports.models import ReviewSheet

LONGEST_NOTE = 4000


def save_review_sheet(
    *,
    actor: Actor,
    now: dt.datetime,
    account: Account,
    first_month: dt.date,
    last_month: dt.date,
    language: str,
    sections: Iterable[str],
    note: str,
    tasks: Iterable[int],
) -> ReviewSheet:
    """Keep the choices and the note for the account's meeting on these months.

    One sheet per account and period; saving again replaces it. Tasks that are not open tasks of
    the account are left out. Raises ``DomainError`` for a sheet without any section.
    """
    chosen = set(sections)
    kept = [value for value in ReviewSheet.Section.values if value in chosen]
    if not kept:
        raise DomainError(
            _("The sheet needs at least one section."), code="no_section", field="sections"
        )
    with transaction.atomic():
        shared = Task.objects.filter(account=account, done_at=None, pk__in=list(tasks))
        sheet, _is_new = ReviewSheet.objects.update_or_create(
            account=account,
            first_month=first_month,
            last_month=last_month,
            defaults={
                "language": language,
                "sections": kept,
                "note": note,
                "tasks": sorted(shared.values_list("pk", flat=True)),
                "written_by": actor.membership,
                "updated_at": now,
            },
        )
    return sheet
