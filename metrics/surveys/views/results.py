"""Results, live: of one survey, and of all surveys together."""

import datetime as dt
import hashlib
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.access import HttpRequest, page
from accounts.models import Account
from accounts.permissions import Permission
from cs_platform.core import clock
from cs_platform.core.exports import csv_response
from metrics.surveys import charts
from metrics.surveys.models import EVER, Channel, Span, Survey
from metrics.surveys.queries import choices, comments, follow_ups, results
from metrics.surveys.queries.results import Source
from metrics.surveys.scales import Scale
from metrics.surveys.views.common import found_survey, tabs
from metrics.surveys.wording import group_labels

SPANS = (
    (Span.EVER, gettext_lazy("All time")),
    (Span.MONTH, gettext_lazy("Month")),
    (Span.QUARTER, gettext_lazy("Quarter")),
    (Span.YEAR, gettext_lazy("Fiscal year")),
)
DIMENSION_LABELS = {
    "segment": gettext_lazy("Segment"),
    "plan": gettext_lazy("Plan"),
    "stage": gettext_lazy("Stage"),
    "owner": pgettext_lazy("account", "Owner"),
    "channel": gettext_lazy("Channel"),
    "touchpoint": gettext_lazy("Touchpoint"),
    "agent": gettext_lazy("Agent"),
}
_NEWEST = 5


@page(Permission.VIEW)
def survey_results(request: HttpRequest, survey_id: int) -> HttpResponse:
    """One survey's results, refreshed while the page is open."""
    survey = found_survey(survey_id)
    source = Source.of(survey)
    context: dict[str, Any] = {
        "survey": survey,
        "survey_tabs": tabs(request, survey, "survey_results"),
        "robots": results.suspected_robots(survey),
        "is_hearing": source is None,
        "hearing_n": results.hearing_count(survey) if source is None else None,
        "newest": comments.newest(survey, limit=_NEWEST),
        "open_loops": follow_ups.open_count(survey=survey),
        "deliveries": results.deliveries([survey.pk]) if source is None else None,
    }
    period: dict[str, Any] = {"span": Span.EVER, "starts_on": EVER}
    if source is not None:
        context |= _figures(request, source)
        context["deliveries"] = _deliveries([survey.pk], context)
        period = {"span": context["span"], "starts_on": dt.date.fromisoformat(context["starts_on"])}
    context["questions"] = choices.question_results(survey, str(request.LANGUAGE_CODE), **period)
    return _answer(request, context, "surveys/results/survey.html")


@page(Permission.VIEW)
def all_results(request: HttpRequest) -> HttpResponse:
    """The results of every survey together, one scale at a time."""
    scales = results.scales_in_use()
    asked = request.GET.get("scale", "")
    scale = next((s for s in scales if scale_key(s) == asked), scales[0] if scales else None)
    context: dict[str, Any] = {
        "scales": [(scale_key(s), scale_name(s, scales), s == scale) for s in scales],
        "newest": comments.newest(None, kind=scale.kind if scale else "", limit=_NEWEST),
        "open_loops": follow_ups.open_count(),
    }
    if scale is not None:
        ids = list(Survey.objects.filter(kind=scale.kind).values_list("pk", flat=True))
        context |= _figures(request, Source.all(scale))
        context["deliveries"] = _deliveries(ids, context)
    return _answer(request, context, "surveys/results/all.html")


@page(Permission.VIEW)
def results_export(request: HttpRequest, survey_id: int) -> StreamingHttpResponse:
    """A survey's figures as CSV: each period and cut with its interval."""
    survey = found_survey(survey_id)
    source = Source.of(survey)
    rows: list[list[Any]] = []
    if source is not None:
        span = _span(request)
        for period in results.trend(source, _trend_span(span)):
            rows.append([period.starts_on, "", "", *_cells(period.tally)])
        for dimension in results.DIMENSIONS:
            for part in _parts(source, dimension, span, _starts_on(request, source, span)):
                rows.append(["", dimension, part["label"], *_cells(part["tally"])])
    header = [
        _("Period from"), _("Cut"), _("Part"), _("Answers"), _("Figure"), _("95% from"),
        _("95% to"), _("good"), _("middle"), _("bad"),
    ]  # fmt: skip
    return csv_response(f"survey-{survey.pk}-results.csv", header, rows)


def scale_key(scale: Scale) -> str:
    """A scale in an address: nps, csat, ces5, ces7."""
    return f"{scale.kind}{scale.highest}" if scale.kind == "ces" else scale.kind


def scale_name(scale: Scale, beside: list[Scale]) -> str:
    """A scale on its tab; the two of CES are told apart where both are in use."""
    if scale.kind == "ces" and sum(s.kind == "ces" for s in beside) > 1:
        return f"CES {scale.lowest}–{scale.highest}"
    return scale.kind.upper()


def _figures(request: HttpRequest, source: Source) -> dict[str, Any]:
    span = _span(request)
    shown_span = _trend_span(span)
    periods = results.trend(source, shown_span)
    starts_on = _starts_on(request, source, span, periods)
    tally = results.tally(source, span=span, starts_on=starts_on)
    places = charts.decimals(source.scale)
    dimension = request.GET.get("cut", "")
    dimension = dimension if dimension in results.DIMENSIONS else results.DIMENSIONS[0]
    parts = _parts(source, dimension, span, starts_on)
    change, since = _change(periods, span, starts_on, tally)
    return {
        "scale": source.scale,
        "kind": source.scale.kind,
        "label": source.scale.kind.upper(),
        "tally": tally,
        "figure": tally.figure,
        "places": places,
        "good_is": "up" if source.scale.is_high_good else "down",
        "change": change,
        "since": since,
        "groups": list(zip(
            group_labels(source.scale), (tally.good, tally.middle, tally.bad),
            ("green", "yellow", "red"), strict=True,
        )),
        "spans": [(value, label, value == span) for value, label in SPANS],
        "span": span,
        "periods": [
            (p.starts_on.isoformat(), charts.period_label(p.starts_on, span))
            for p in reversed(periods)
        ] if span != Span.EVER else [],
        "starts_on": starts_on.isoformat(),
        "trend": charts.trend(periods, source.scale, shown_span),
        "trend_n": sum(period.tally.n for period in periods),
        "unit": charts.axis_title(source.scale),
        "distribution": charts.distribution(tally),
        "dimensions": [(d, DIMENSION_LABELS[d], d == dimension) for d in results.DIMENSIONS],
        "dimension_label": DIMENSION_LABELS[dimension],
        "parts": parts[: results.PARTS],
        "more_parts": max(0, len(parts) - results.PARTS),
        "is_behind": results.is_behind(),
    }  # fmt: skip


def _deliveries(survey_ids: list[int], shown: dict[str, Any]) -> results.Deliveries:
    """Letters sent in the period that is shown."""
    if shown["span"] == Span.EVER:
        return results.deliveries(survey_ids)
    since = dt.date.fromisoformat(shown["starts_on"])
    until = results.period_end(since, shown["span"])
    return results.deliveries(survey_ids, since=since, until=until)


def _change(periods: list[Any], span: str, starts_on: dt.date, tally: Any) -> tuple[Any, str]:
    """The change against the period before, and which that is; none over all time."""
    if span == Span.EVER:
        return None, ""
    before = [p for p in periods if p.starts_on < starts_on]
    if not before:
        return None, ""
    label = charts.period_label(before[-1].starts_on, span)
    return tally.since(before[-1].tally), _("against %(period)s") % {"period": label}


def _parts(source: Source, dimension: str, span: str, starts_on: dt.date) -> list[dict[str, Any]]:
    found = results.cut(source, dimension, span=span, starts_on=starts_on)
    names = results.value_names(dimension, [part.value for part in found])
    labels = {
        "segment": dict(Account.Segment.choices),
        "stage": dict(Account.Stage.choices),
        "channel": dict(Channel.choices),
    }.get(dimension, names)
    lowest, highest = charts.bounds(source.scale)
    width = highest - lowest
    rows = []
    for part in found:
        figure = part.tally.figure
        rows.append({
            "label": labels.get(part.value, part.value) or _("(none)"),
            "tally": part.tally,
            "figure": figure,
            # where the interval lies on the scale, in hundredths, for the bar beside the figure
            "left": round(100 * (figure.low - lowest) / width, 1) if figure else 0,
            "reach": round(100 * (figure.high - figure.low) / width, 1) if figure else 0,
            "dot": round(100 * (figure.value - lowest) / width, 1) if figure else 0,
        })  # fmt: skip
    return rows


def _span(request: HttpRequest) -> str:
    asked = request.GET.get("by", "")
    return asked if asked in Span.values else Span.EVER


def _trend_span(span: str) -> str:
    return Span.MONTH if span == Span.EVER else span


def _starts_on(
    request: HttpRequest, source: Source, span: str, periods: list[Any] | None = None
) -> dt.date:
    """The period asked for, else the latest one."""
    if span == Span.EVER:
        return EVER
    found = [p.starts_on for p in (periods or results.trend(source, span))]
    asked = request.GET.get("from", "")
    return next((day for day in found if day.isoformat() == asked), found[-1] if found else EVER)


def _cells(tally: Any) -> list[Any]:
    figure, places = tally.figure, charts.decimals(tally.scale)
    numbers = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    rounded = [None if value is None else round(value, places) for value in numbers]
    return [tally.n, *rounded, tally.good, tally.middle, tally.bad]


def _answer(request: HttpRequest, context: dict[str, Any], template: str) -> HttpResponse:
    """The page; its inner part for htmx; nothing where that part would be what is shown already."""
    context["as_of"] = clock.now()
    is_part = request.htmx and request.htmx.target == "results"
    version = _version(context)
    context["version"] = version
    if is_part and request.GET.get("seen") == version:
        response = HttpResponse(status=204)
    else:
        name = "surveys/results/_results.html" if is_part else template
        response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _version(context: dict[str, Any]) -> str:
    """What a reader would see change, in short."""
    tally, found = context.get("tally"), context.get("deliveries")
    seen = (
        sorted(tally.counts.items()) if tally else None,
        (found.delivered, found.answered) if found else None,
        context.get("hearing_n"), context.get("robots"), context["open_loops"],
        [row.pk for row in context["newest"]],
        context.get("trend_n"),
        [(q.question.pk, q.n, [c.n for c in q.choices]) for q in context.get("questions", ())],
    )  # fmt: skip
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:12]
