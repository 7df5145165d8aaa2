"""PDFs without a browser, by WeasyPrint, which needs Pango of the operating system.

Nothing is fetched: a document brings its style and its drawings along, and whatever asks for more,
be it a file or an address, asks in vain.
"""

import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cs_platform.core.errors import DomainError

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk"


class PdfUnavailable(DomainError):
    """This machine lacks what makes PDFs; the message says what to install."""

    code = "pdf_unavailable"
    status = 503


@dataclass(frozen=True)
class Pdf:
    """A file and its number of pages."""

    content: bytes
    pages: int


def why_unavailable() -> str:
    """What keeps this machine from making PDFs, as the system says it; '' where nothing does."""
    try:
        import weasyprint  # noqa: F401
    except (OSError, ImportError) as error:
        return str(error).strip().splitlines()[0]
    return ""


def has_japanese_font() -> bool | None:
    """Whether fontconfig knows a font with Japanese letters; None where it cannot be asked."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    found = subprocess.run(  # noqa: S603 - our own arguments
        [program, ":lang=ja", "family"], capture_output=True, text=True, check=False, timeout=30
    )
    return bool(found.stdout.strip())


def unavailable_error() -> PdfUnavailable:
    """What to tell those who ask for a PDF on a machine that cannot make any."""
    return PdfUnavailable(
        _(
            "PDFs cannot be made on this server: a library of the operating system is missing. "
            "Whoever runs it can install it (Debian: apt-get install %(packages)s) and then "
            "restart the web and worker processes. Nothing was lost."
        )
        % {"packages": PACKAGES}
    )


def render_pdf(html: str) -> Pdf:
    """The pages of a document: HTML with its style inside, tagged for screen readers.

    Raises ``PdfUnavailable`` where Pango is missing.
    """
    if why_unavailable():
        raise unavailable_error()
    import weasyprint
    from weasyprint.urls import URLFetcher

    class Refusing(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise ValueError(f"documents fetch nothing: {url[:200]}")

    document = weasyprint.HTML(
        string=html, base_url=None, url_fetcher=Refusing(), media_type="print"
    ).render(pdf_tags=True)
    return Pdf(document.write_pdf(pdf_tags=True), len(document.pages))
