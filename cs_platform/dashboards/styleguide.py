"""Every component on one page, for those who build pages; served in debug mode alone."""

import datetime as dt
import math
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cs_platform.core import clock

_NAMES = [
    "株式会社あおぞら商事",
    "Northwind Traders",
    "さくら精機",
    "Fabrikam <b>GmbH</b>",
    "山手ロジスティクス",
]


class ExampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(help_text="As it stands on the contract.")
    email = forms.EmailField(initial="someone@")
    kind = forms.ChoiceField(choices=[("call", "Call"), ("mail", "E-mail")])
    tone = forms.ChoiceField(
        choices=[("good", "Positive"), ("flat", "Neutral"), ("bad", "Negative")],
        widget=forms.RadioSelect,
        required=False,
    )
    due = forms.DateField(required=False)
    at = forms.DateTimeField(required=False)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    follow_up = forms.BooleanField(label="Make a follow-up task", required=False)


def _wave(days: int, height: float, phase: float) -> list[float]:
    return [round(height + 12 * math.sin((day + phase) / 5), 1) for day in range(days)]


def _charts(today: dt.date) -> list[dict[str, Any]]:
    days = [(today - dt.timedelta(days=59 - i)).isoformat() for i in range(60)]
    owners = ["Sato", "Suzuki", "Takahashi", "Ito", "Watanabe"]
    bands = [("green", "Healthy", [31, 24, 28, 19, 22]), ("yellow", "Watch", [9, 12, 8, 11, 7]),
             ("red", "Act now", [3, 6, 2, 7, 4]), ("none", "No data", [2, 1, 0, 3, 1])]  # fmt: skip
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": days,
            "y": _wave(60, height, height),
        }
        for name, height in [("Score", 62), ("Usage", 48), ("Adoption", 31)]
    ]
    stacked = [
        {"type": "bar", "name": word, "x": owners, "y": counts, "meta": {"role": band}}
        for band, word, counts in bands
    ]
    across = [{"type": "bar", "orientation": "h", "name": "ARR", "y": owners,
               "x": [8_200_000, 6_100_000, 4_700_000, 3_900_000, 1_200_000]}]  # fmt: skip
    heat = {"type": "heatmap", "x": owners, "y": ["Export", "Report", "Import"],
            "z": [[3, 8, 2, 9, 4], [1, 0, 6, 5, 2], [7, 3, None, 4, 8]]}  # fmt: skip
    area = [{**lines[0], "name": "Active users", "fill": "tozeroy"}]
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Account",
            "x": _wave(40, 50, 1),
            "y": _wave(40, 60, 9),
        }
    ]
    box = [
        {"type": "box", "name": name, "y": _wave(30, height, 2)}
        for name, height in [("A", 40), ("B", 60)]
    ]
    pie = [{"type": "pie", "labels": owners, "values": [5, 4, 3, 2, 1]}]
    histogram = [{"type": "histogram", "name": "Scores", "x": _wave(60, 55, 3)}]
    return [
        {
            "title": "Lines over time",
            "figure": {"data": lines, "layout": {"yaxis": {"title": "points"}}},
            "n": 214,
        },
        {
            "title": "Health by owner",
            "figure": {"data": stacked, "layout": {"barmode": "stack"}},
            "n": 200,
        },
        {"title": "Revenue at risk", "figure": {"data": across, "layout": {}}, "n": 5},
        {"title": "Features used", "figure": {"data": [heat], "layout": {}}, "n": 15},
        {"title": "Active users", "figure": {"data": area, "layout": {}}, "n": 60},
        {"title": "Usage and score", "figure": {"data": dots, "layout": {}}, "n": 40},
        {"title": "Spread", "figure": {"data": box, "layout": {}}, "n": 60},
        {"title": "Distribution", "figure": {"data": histogram, "layout": {}}, "n": 60},
        {"title": "Shares", "figure": {"data": pie, "layout": {}}, "n": 15},
    ]


def _rows() -> list[dict[str, Any]]:
    bands = [("red", 31.4), ("yellow", 58.2), ("green", 84.9), ("", None), ("green", 71)]
    changes = [-12.4, -3.1, 0.0, None, 4.6]
    revenue = [9_840_000, 3_120_000, 21_600_000, 480_000, 1_500_000]
    return [
        {"id": i, "name": name, "band": band, "score": score, "coverage": 0.92 - i * 0.13,
         "change": changes[i], "arr": revenue[i], "loss": revenue[i] * 0.21,
         "spark": [v if (i != 3 or v > 55) else None for v in _wave(30, 60 - i * 4, i * 3)],
         "renewal": clock.now().date() + dt.timedelta(days=12 + 40 * i),
         "seen": clock.now() - dt.timedelta(hours=5 + 30 * i)}
        for i, (name, (band, score)) in enumerate(zip(_NAMES, bands, strict=True))
    ]  # fmt: skip


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page; its template is the documentation of how the components are used."""
    if not settings.DEBUG:
        raise Http404
    messages.success(request, "A message that goes away by itself.")
    context = {
        "rows": _rows(),
        "charts": _charts(clock.now().date()),
        "form": ExampleForm({"email": "someone@", "kind": "call", "tone": "flat"}),
        "page": SimpleNamespace(next_cursor="next", previous_cursor="previous", total=12345),
        "views": [
            {
                "label": "Renewals this quarter",
                "url": "?view=1",
                "is_shared": True,
                "is_current": True,
            },
            {"label": "Quiet & large", "url": "?view=2", "delete_url": "/styleguide/"},
        ],
        "shares": [("green", 124), ("yellow", 47), ("red", 22), ("", 7)],
        "now": clock.now(),
        "sort": "-arr",
    }
    return render(request, "styleguide/styleguide.html", context)
