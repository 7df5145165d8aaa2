"""Churn review: the accounts that were lost, and what is learnt from each."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import Account, ContractEvent
from accounts.permissions import Permission
from accounts.views.common import attempt
from cs_platform.core.paging import BadCursor
from cs_platform.core.templatetags.formats import number, percent
from cs_platform.dashboards import charts
from cs_platform.dashboards.losses import line
from cs_platform.dashboards.queries.losses import DAYS, MOST_ENTRIES, loss_history
from cs_platform.dashboards.views.common import Scene, answer, see_other
from health.models import ScorecardVersion
from metrics.kpis.actions.reviews import review_churn
from metrics.kpis.charts import reasons as reasons_chart
from metrics.kpis.forms.reviews import ReviewForm
from metrics.kpis.queries.losses import (
    STATES,
    Loss,
    LossPage,
    LossSummary,
    loss_summary,
    losses,
    losses_of,
)
from metrics.kpis.queries.shapes import PeriodView
from metrics.kpis.views.lens import Lens
from metrics.kpis.views.waiting import is_polled, not_yet, refreshed

REASONS = dict(ContractEvent.Reason.choices)
STATE_LABELS = {
    "all": pgettext_lazy("losses", "All"),
    "open": pgettext_lazy("losses", "Not reviewed yet"),
    "reviewed": pgettext_lazy("losses", "Reviewed"),
}


@page(Permission.VIEW)
def churn_reviews(request: HttpRequest) -> HttpResponse:
    """Who was lost in a period, who of them has been reviewed, and what the reviews say."""
    lens = Lens(request)
    period = lens.period
    context: dict[str, Any] = {**lens.context(), "tab_reviews": True}
    if period is None:
        return not_yet(request, lens, "dashboards/churn_reviews.html", context)
    if is_polled(request):
        return refreshed()
    state = request.GET.get("state", "all")
    state = state if state in STATES else "all"
    found = _page(period, state, request.GET.get("cursor") or None)
    context |= {
        "state": state,
        "state_choices": list(STATE_LABELS.items()),
        "losses": [(loss, REASONS.get(_reason(loss), _reason(loss))) for loss in found.rows],
        "page": found,
        **_summary(loss_summary(period), lens),
    }
    return answer(
        request, "dashboards/churn_reviews.html", "dashboards/_churn_reviews.html", context
    )


def _page(period: PeriodView, state: str, cursor: str | None) -> LossPage:
    try:
        return losses(period, state=state, cursor=cursor)
    except BadCursor:
        return losses(period, state=state)


def _reason(loss: Loss) -> str:
    return loss.review.reason if loss.review else loss.reason


def _summary(found: LossSummary, lens: Lens) -> dict[str, Any]:
    share = found.avoidable_share
    rows = [
        {
            "label": str(REASONS.get(row.reason, row.reason)),
            "accounts": row.accounts,
            "lost": row.lost,
        }
        for row in found.reasons
    ]
    return {
        "summary": found,
        "reviewed_note": _("%(reviewed)s of %(all)s reviewed")
        % {"reviewed": number(found.reviewed), "all": number(found.accounts)},
        "avoidable_text": percent(share.value) if share else "—",
        "avoidable_note": f"{percent(share.low)} – {percent(share.high)} · n = {number(share.n)}"
        if share
        else _("no loss has been reviewed yet"),
        "reasons": reasons_chart(rows, currency=lens.currency) if rows else None,
        "reason_rows": [
            {"label": REASONS.get(row.reason, row.reason), "sum": row} for row in found.reasons
        ],
    }


@page(Permission.VIEW)
def churn_review(request: HttpRequest, account_id: int) -> HttpResponse:
    """One loss: its review, and the half year before it as it was known then."""
    return _loss_page(request, account_id, is_written=False)


@page(Permission.WORK_RISK, methods=("POST",))
def churn_review_write(request: HttpRequest, account_id: int) -> HttpResponse:
    """Write the review of the loss that ``?on=`` names."""
    return _loss_page(request, account_id, is_written=True)


def _loss_page(request: HttpRequest, account_id: int, *, is_written: bool) -> HttpResponse:
    account = Account.objects.select_related("owner__user").filter(pk=account_id).first()
    if account is None:
        raise Http404
    scene = Scene(request)
    found = losses_of(account)
    loss = _chosen(found, request.GET.get("on", ""))
    context: dict[str, Any] = {
        "account": account,
        "loss": loss,
        "may": scene.may(),
        "others": [other for other in found if loss and other.ended_on != loss.ended_on],
        "tab_reviews": True,
    }
    if loss is None:
        return render(request, "dashboards/churn_review.html", context)
    form = ReviewForm(request.POST if is_written else None, initial=_initial(loss))
    if is_written:
        done = _write(request, scene, account, loss, form)
        if done is not None:
            return done
    context |= {"form": form, **_history(account, loss, scene, request.workspace.timezone)}
    return render(request, "dashboards/churn_review.html", context)


def _chosen(found: list[Loss], asked: str) -> Loss | None:
    """The loss of that last paid day, else the latest."""
    return next((loss for loss in found if loss.ended_on.isoformat() == asked), None) or (
        found[0] if found else None
    )


def _initial(loss: Loss) -> dict[str, str]:
    if loss.review is None:
        return {"reason": loss.reason}
    review = loss.review
    return {name: getattr(review, name) for name in ReviewForm.base_fields}


def _write(
    request: HttpRequest, scene: Scene, account: Account, loss: Loss, form: ReviewForm
) -> HttpResponse | None:
    if not form.is_valid():
        return None
    written = attempt(
        form,
        lambda: review_churn(
            actor=Actor.of(request.membership),
            now=scene.now,
            account=account,
            ended_on=loss.ended_on,
            mrr_lost=loss.mrr_lost,
            **form.cleaned_data,
        ),
    )
    if written is None:
        return None
    messages.success(request, _("The review was saved."))
    url = reverse("churn_review", args=[request.workspace.slug, account.pk])
    return see_other(f"{url}?{urlencode({'on': loss.ended_on.isoformat()})}")


def _history(account: Account, loss: Loss, scene: Scene, zone: str) -> dict[str, Any]:
    found = loss_history(account, last_day=loss.ended_on, zone=zone, names=scene.names)
    version = (
        ScorecardVersion.objects.filter(pk=found.scores[-1].version_id).first()
        if found.scores
        else None
    )
    return {
        "history": charts.score_history(
            [{"day": row.day, "score": row.score, "band": row.band} for row in found.scores],
            yellow_from=version.yellow_from if version else 0,
            green_from=version.green_from if version else 0,
        ),
        "history_n": len(found.scores),
        "first_day": found.first_day,
        "lines": [line(known, zone=zone) for known in found.in_time],
        "late_lines": [line(known, zone=zone) for known in found.late],
        "is_cut": found.is_cut,
        "most_entries": MOST_ENTRIES,
        "days": DAYS,
        "days_before": _days_before(found.scores, loss.ended_on),
    }


def _days_before(scores: list[Any], last_day: dt.date) -> list[tuple[int, Any]]:
    """The score 180, 90, 30 and 7 days before the end, where there was one."""
    by_day = {row.day: row for row in scores}
    found = []
    for days in (DAYS - 1, 90, 30, 7, 0):
        row = by_day.get(last_day - dt.timedelta(days=days))
        if row is not None:
            found.append((days, row))
    return found
