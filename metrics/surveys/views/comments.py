"""Comments: the list, its export, and the themes put on each."""

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.models import Account
from accounts.permissions import Permission
from accounts.views.common import found, may
from cs_platform.core import clock
from cs_platform.core.exports import csv_response
from metrics.surveys.actions.themes import put_theme, take_theme_off
from metrics.surveys.models import CountedAnswer, Survey, Theme
from metrics.surveys.queries import comments
from metrics.surveys.queries.comments import GROUPS, CommentFilters

_PAGE = 30
_VERBS = {"add", "confirm", "remove"}
GROUP_LABELS = (
    ("good", gettext_lazy("Promoters, satisfied, easy")),
    ("middle", gettext_lazy("Passive and neutral")),
    ("bad", gettext_lazy("Detractors, dissatisfied, hard")),
)


@page(Permission.VIEW)
def survey_comments(request: HttpRequest) -> HttpResponse:
    """Comments of all surveys, newest first, narrowed down by the address."""
    filters = filters_of(request)
    look = comments.look(
        filters,
        zone=request.workspace.timezone,
        cursor=request.GET.get("cursor"),
        limit=_PAGE,
    )
    context = {
        "filters": filters,
        "is_filtered": filters != CommentFilters(),
        "page": look,
        "surveys": Survey.objects.order_by("name", "id"),
        "themes": comments.themes_for_choice(),
        "group_choices": GROUP_LABELS,
        "segment_choices": Account.Segment.choices,
        "may": may(request),
    }
    is_part = request.htmx and request.htmx.target == "list"
    template = "surveys/comments/_list.html" if is_part else "surveys/comments/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@page(Permission.VIEW)
def survey_comments_export(request: HttpRequest) -> StreamingHttpResponse:
    """The same comments as CSV; no cell is a formula."""
    header = [
        _("Answered"), _("Survey"), _("Kind"), _("Score"), _("Account"), _("Contact"),
        _("Comment"), _("Themes"), _("Channel"), _("Touchpoint"),
    ]  # fmt: skip
    workspace = request.workspace
    rows = comments.exported(workspace.pk, filters_of(request), zone=workspace.timezone)
    return csv_response("survey-comments.csv", header, (_cells(row) for row in rows))


@page(Permission.LOG_CONTACT, methods=("POST",))
def comment_tag(request: HttpRequest, response_id: int) -> HttpResponse:
    """Put a theme on a comment, confirm it, or take it off; the comment as it is then."""
    row: CountedAnswer = found(comments.comments(), _counted_id(response_id))
    verb, theme_id = request.POST.get("verb", ""), request.POST.get("theme", "")
    if verb not in _VERBS or not theme_id.isdecimal():
        raise Http404
    theme = found(Theme.objects.all(), int(theme_id[:18]))
    act = take_theme_off if verb == "remove" else put_theme
    act(actor=Actor.of(request.membership), now=clock.now(), response=row.response, theme=theme)
    context = {
        "row": found(comments.comments(), row.pk),
        "themes": comments.themes_for_choice(),
        "may": may(request),
    }
    return render(request, "surveys/comments/_comment.html", context)


def filters_of(request: HttpRequest) -> CommentFilters:
    """The filters of the address; what cannot be read is left out."""
    query = request.GET
    theme, group, segment = (query.get(name, "") for name in ("theme", "group", "segment"))
    return CommentFilters(
        text=query.get("q", "").replace("\x00", "").strip()[:200],
        survey=_id(query.get("survey", "")),
        group=group if group in GROUPS else "",
        theme=_id(theme),
        untagged=theme == "none",
        account=_id(query.get("account", "")),
        segment=segment if segment in Account.Segment.values else "",
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
    )


def _counted_id(response_id: int) -> int:
    row = CountedAnswer.objects.filter(response_id=response_id).values_list("pk", flat=True).first()
    if row is None:
        raise Http404
    return row


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _day(text: str) -> Any:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 1900 <= day.year <= 2200 else None


def _cells(row: CountedAnswer) -> list[Any]:
    response = row.response
    return [
        row.day, row.survey.name, row.kind, row.score,
        response.account.name if response.account else "",
        response.contact.name if response.contact else "",
        response.comment, "; ".join(tag.theme.name for tag in response.tags),
        row.get_channel_display(), row.touchpoint,
    ]  # fmt: skip
