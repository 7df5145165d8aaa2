"""What the pages of the documents share."""

import re
import unicodedata
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cs_platform.core.pdf import PdfUnavailable

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


def pdf_answer(content: bytes, file_name: str) -> HttpResponse:
    """A PDF to be opened, or saved under its name; never cached, nor taken for anything else."""
    clean = _NOT_IN_FILE_NAMES.sub(" ", file_name).strip() or "document.pdf"
    plain = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode().strip()
    if not plain.removesuffix(".pdf").strip(" -"):
        plain = "document.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = (
        f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def unavailable(request: HttpRequest, error: PdfUnavailable, back: str) -> HttpResponse:
    """The page that says what to install before there can be PDFs."""
    return render(
        request,
        "documents/unavailable.html",
        {"message": error.message, "back": back},
        status=error.status,
    )
