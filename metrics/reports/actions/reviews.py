"""Keep what was chosen for an account's review sheet, and its way to a file."""

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Account, Task
from cs_platform.core.errors import DomainError
from metrics.reports.actions.reports import put_off
from metrics.reports.models import ReviewFile, ReviewSheet

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


def request_review_file(
    *,
    now: dt.datetime,
    account: Account,
    first_month: dt.date,
    last_month: dt.date,
    language: str,
) -> ReviewFile:
    """Ask for the sheet as a PDF; one that still waits is that request, one that is there is made
    anew."""
    key = {
        "account": account, "first_month": first_month, "last_month": last_month,
        "language": language,
    }  # fmt: skip
    with transaction.atomic():
        # whoever is at it holds the row: nobody waits for that
        waiting = ReviewFile.objects.filter(**key, state=ReviewFile.State.QUEUED)
        if (found := waiting.defer("pdf").first()) is not None:
            return found
        file, _is_new = ReviewFile.objects.update_or_create(
            **key,
            defaults={
                "state": ReviewFile.State.QUEUED,
                "attempts": 0,
                "error": "",
                "requested_at": now,
                "next_attempt_at": now,
            },
        )
    return file


def waiting_review_file_ids(*, now: dt.datetime) -> list[int]:
    """Sheets of the open scope that a worker should set by now."""
    return list(
        ReviewFile.objects.filter(state=ReviewFile.State.QUEUED, next_attempt_at__lte=now)
        .order_by("next_attempt_at", "id")
        .values_list("id", flat=True)
    )


def make_review_file(
    *, file_id: int, now: dt.datetime, render: Callable[[ReviewFile], tuple[str, bytes]]
) -> ReviewFile | None:
    """Set one sheet, whole or not at all; None where another worker has it or nobody waits for it.

    ``render`` answers its title and the PDF. Where it fails it is tried again later, as reports
    are.
    """
    with transaction.atomic():
        file = (
            ReviewFile.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("account__owner__user")
            .filter(pk=file_id, state=ReviewFile.State.QUEUED)
            .first()
        )
        if file is None:
            return None
        try:
            with transaction.atomic():
                title, content = render(file)
        except Exception as error:  # whatever went wrong is said on the page, and tried again
            put_off(file, error, now)
            return file
        file.title, file.pdf = title[:300], content
        file.state, file.made_at, file.error = ReviewFile.State.READY, now, ""
        file.save()
    return file
