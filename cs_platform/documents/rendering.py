"""From a document's parts to its HTML, the same on the screen and in the PDF, and to the PDF."""

import functools
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Workspace
from cs_platform.core.pdf import Pdf, render_pdf

STYLE = Path(settings.BASE_DIR) / "static" / "css" / "documents.css"


@functools.cache
def _style() -> SafeString:
    return mark_safe(STYLE.read_text(encoding="utf-8"))  # noqa: S308 - our own style sheet


class speaking:  # noqa: N801 - reads as a statement
    """``with speaking("ja", workspace):`` — a document's language, on the workspace's clocks."""

    def __init__(self, language: str, workspace: Workspace) -> None:
        self._inside = (translation.override(language), timezone.override(workspace.timezone))

    def __enter__(self) -> None:
        for part in self._inside:
            part.__enter__()

    def __exit__(self, *error: Any) -> None:
        for part in reversed(self._inside):
            part.__exit__(*error)


def body_html(template: str, context: dict[str, Any], *, on_screen: bool) -> SafeString:
    """A document's body in the active language.

    On the screen its title is a second heading, below the page's own, and charts have tables.
    """
    return render_to_string(template, {**context, "on_screen": on_screen, "level": 1 + on_screen})


def to_pdf(body: SafeString, *, title: str, workspace: Workspace, language: str) -> Pdf:
    """The PDF of a body. Raises ``PdfUnavailable``."""
    html = render_to_string(
        "documents/pdf.html",
        {
            "body": body,
            "title": title,
            "workspace": workspace,
            "language": language,
            "style": _style(),
        },
    )
    return render_pdf(html)
