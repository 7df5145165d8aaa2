"""The components that pages are made of; ``/styleguide/`` shows every one of them in use.

Markup lives in ``templates/components/``; what is here decides what it says. Everything that comes
in from outside is escaped by the templates.
"""

import functools
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.forms.widgets import DateTimeBaseInput
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from cs_platform.core.glossary import entry

register = template.Library()

_unique = itertools.count(1)


def new_id(prefix: str) -> str:
    """An id no other component of this process has."""
    return f"{prefix}-{next(_unique)}"


# --- icons -----------------------------------------------------------------------------------
@functools.cache
def _icon_body(name: str, style: str) -> str:
    path = Path(settings.ICONS_DIR) / style / f"{name}.svg"
    if not path.is_file():
        raise ValueError(f"no Tabler icon named {name!r}")
    source = path.read_text(encoding="utf-8")
    lines = [
        line.strip() for line in source[source.index(">", source.index("<svg")) + 1 :].split("\n")
    ]
    # The first path of every outline icon is an invisible 24-unit square.
    return "".join(x for x in lines if x and 'd="M0 0h24v24H0z"' not in x).removesuffix("</svg>")


@register.simple_tag
def icon(name: str, label: str = "", filled: bool = False) -> SafeString:
    """A Tabler icon, inlined. Without ``label`` it is decoration, hidden from screen readers."""
    paint = (
        'fill="currentColor"'
        if filled
        else 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
        'stroke-linejoin="round"'
    )
    body = _icon_body(name, "filled" if filled else "outline")
    said = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return mark_safe(  # noqa: S308 - our own files; the label is escaped above
        f'<svg class="icon" viewBox="0 0 24 24" width="18" height="18" {paint} {said}>{body}</svg>'
    )


# --- forms -----------------------------------------------------------------------------------
_NATIVE_DATES = (
    # Browsers draw their own pickers in the viewer's locale but speak ISO 8601.
    (forms.DateTimeField, "datetime-local", "%Y-%m-%dT%H:%M"),
    (forms.DateField, "date", "%Y-%m-%d"),
)


def _prepare(bound: BoundField) -> str:
    """Give the widget its classes and native type; returns how the field is laid out."""
    widget = bound.field.widget
    for kind, input_type, pattern in _NATIVE_DATES:
        if isinstance(bound.field, kind) and isinstance(widget, DateTimeBaseInput):
            widget.input_type, widget.format = input_type, pattern
            break
    if isinstance(widget, forms.Select):
        # Django's nine dashes; read out, they are nothing but noise
        widget.choices = [
            (value, "—" if value in ("", None) and set(str(label)) == {"-"} else label)
            for value, label in widget.choices
        ]
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        widget.attrs["class"] = "form-check-input"
        return "choices"
    return "select" if isinstance(widget, forms.Select) else "control"


@register.simple_tag
def field(bound: BoundField, label: str | None = None, hide_label: bool = False) -> SafeString:
    """A form field: label, control, help and errors, tied together for screen readers."""
    layout = _prepare(bound)
    described = []
    if bound.help_text:
        described.append(f"{bound.id_for_label}_help")
    if bound.errors:
        described.append(f"{bound.id_for_label}_error")
    css = {"check": "form-check-input", "select": "form-select", "control": "form-control"}
    attrs = {
        "class": " ".join(filter(None, [bound.field.widget.attrs.get("class"), css.get(layout)]))
    }
    if bound.errors:
        attrs["class"] += " is-invalid"
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    given: dict[str, str | bool] = {key: value for key, value in attrs.items() if value}
    return render_to_string(
        "components/field.html",
        {
            "bound": bound,
            "layout": layout,
            "control": bound.as_widget(attrs=given) if layout != "choices" else "",
            "label": bound.label if label is None else label,
            "hide_label": hide_label,
            "id": bound.id_for_label or bound.auto_id,
        },
    )


# --- glossary --------------------------------------------------------------------------------
def glossary_link(context: Any, slug: str) -> dict[str, str]:
    """What a template needs to link a label to its entry; nothing without a slug.

    Raises ``LookupError`` for a slug the glossary does not have.
    """
    if not slug:
        return {"define_url": ""}
    found = entry(slug)
    url = f"{context.get('glossary_url') or ''}#{slug}"
    return {"define_url": url, "definition": found.text.definition}


@register.simple_tag(takes_context=True)
def define(context: Any, slug: str, text: str = "") -> SafeString:
    """The term (or ``text``) as a link to its glossary entry, the definition as its title."""
    link = glossary_link(context, slug)
    return format_html(
        '<a class="define" href="{}" title="{}">{}</a>',
        link["define_url"],
        link["definition"],
        text or entry(slug).text.term,
    )


# --- lists -----------------------------------------------------------------------------------
def _query(request: Any, drop: Iterable[str], **changes: str) -> str:
    """The page's query string with changes; paging always starts anew."""
    query = request.GET.copy()
    for name in (*drop, *changes):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}" if query else "?"


_PAGING = ("after", "before", "page", "cursor")


@register.simple_tag(takes_context=True)
def sort_header(
    context: Any, column: str, label: str, *, num: bool = False, first: str = "", define: str = ""
) -> SafeString:
    """A table's ``<th>`` that sorts by ``column``; ``-column`` is descending.

    The order in force is the context's ``sort``, else the query's. ``first`` ("asc" or "desc") is
    the order of the first click: by default descending for numbers.
    """
    sort = context.get("sort") or context["request"].GET.get("sort", "")
    current = sort.removeprefix("-") == column
    is_descending = sort.startswith("-")
    starts_descending = (first or ("desc" if num else "asc")) == "desc"
    descending_next = not is_descending if current else starts_descending
    return render_to_string(
        "components/sort_header.html",
        {
            "label": label,
            "num": num,
            **glossary_link(context, define),
            "aria_sort": ("descending" if is_descending else "ascending") if current else "",
            "url": _query(
                context["request"], _PAGING, sort=("-" if descending_next else "") + column
            ),
        },
    )


@register.simple_tag(takes_context=True)
def pager(context: Any, page: Any) -> SafeString:
    """Older and newer of a keyset page: a `cs_platform.core.paging.Page`, or what is made of one
    and has ``next_cursor`` and ``previous_cursor``.

    ``page.total`` is shown where the page knows it.
    """
    request = context["request"]
    following = getattr(page, "next_cursor", None) or getattr(page, "next", None)
    preceding = getattr(page, "previous_cursor", None) or getattr(page, "previous", None)
    return render_to_string(
        "components/pager.html",
        {
            "total": getattr(page, "total", None),
            "next_url": _query(request, _PAGING, cursor=following) if following else "",
            "previous_url": _query(request, _PAGING, cursor=preceding) if preceding else "",
            "first_url": _query(request, _PAGING) if preceding else "",
        },
    )


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: Any) -> str:
    """The current address's query string with changes, for links: ``{% query view="all" %}``."""
    return _query(context["request"], _PAGING, **{k: str(v) for k, v in changes.items()})


# --- blocks ----------------------------------------------------------------------------------
@register.simple_block_tag
def empty(content: str, icon: str = "inbox", title: str = "", text: str = "") -> SafeString:
    """What to do next where there is nothing to show; the content is the buttons that do it."""
    return render_to_string(
        "components/empty.html", {"icon": icon, "title": title, "text": text, "content": content}
    )


@register.simple_block_tag
def tabs(content: str, label: str = "") -> SafeString:
    """Tabs that are pages of their own: a list of ``{% tab %}``."""
    return render_to_string("components/tabs.html", {"content": content, "label": label})


@register.inclusion_tag("components/tab.html")
def tab(url: str, label: str, current: bool = False, count: int | None = None) -> dict[str, Any]:
    """One tab, with a count where that says something."""
    return {"url": url, "label": label, "current": current, "count": count}


@register.simple_block_tag
def dialog(content: str, id: str, title: str, wide: bool = False) -> SafeString:
    """A native dialog; ``<button data-open="ID">`` opens it, ``data-close`` inside closes it."""
    return render_to_string(
        "components/dialog.html", {"content": content, "id": id, "title": title, "wide": wide}
    )


@register.simple_block_tag
def menu(content: str, label: str, icon: str = "", css: str = "btn btn-sm") -> SafeString:
    """A button that opens a small menu of links and buttons with ``class="dropdown-item"``."""
    return render_to_string(
        "components/menu.html",
        {"content": content, "label": label, "icon": icon, "css": css, "id": new_id("menu")},
    )


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A definition list: a list of ``{% fact %}``."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.inclusion_tag("components/fact.html", takes_context=True)
def fact(
    context: Any, label: str, value: Any, define: str = "", num: bool = False
) -> dict[str, Any]:
    """One term and its value; ``define`` links the term to the glossary."""
    return {"label": label, "value": value, "num": num, **glossary_link(context, define)}


@register.simple_block_tag(takes_context=True)
def filters(context: Any, content: str, target: str = "#list") -> SafeString:
    """The bar above a list: a GET form that refreshes ``target`` as its fields change."""
    return render_to_string(
        "components/filters.html",
        {
            "content": content,
            "target": target,
            "action": context["request"].path,
            "sort": context["request"].GET.get("sort", ""),
            "reset": bool(context["request"].GET),
        },
    )


@register.simple_block_tag(takes_context=True)
def bulk_bar(context: Any, content: str, action: str, form: str = "bulk") -> SafeString:
    """Actions on the selected rows (checkboxes named ``ids`` with ``form="bulk"``)."""
    return render_to_string(
        "components/bulk_bar.html",
        {
            "content": content,
            "action": action,
            "form": form,
            "csrf_token": context.get("csrf_token"),
        },
    )


@register.inclusion_tag("components/saved_views.html", takes_context=True)
def saved_views(
    context: Any,
    views: Iterable[Mapping[str, Any]],
    current: str = "",
    save_url: str = "",
) -> dict[str, Any]:
    """A menu of views, each ``{label, url, is_shared, is_current, delete_url}``."""
    return {
        "views": list(views),
        "current": current,
        "save_url": save_url,
        "id": new_id("views"),
        "query_string": context["request"].GET.urlencode(),
        "csrf_token": context.get("csrf_token"),
    }
