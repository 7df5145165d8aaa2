"""PDFs: what is in them can be read back, and nothing is fetched to make them."""

import io
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.utils.safestring import mark_safe
from pypdf import PdfReader

from accounts.models import Workspace
from cs_platform.core import diagnosis, pdf
from cs_platform.core.diagnosis import Level
from cs_platform.documents.rendering import to_pdf
from tests.documents.conftest import text_of


def made(body: str, title: str = "題", language: str = "ja") -> pdf.Pdf:
    workspace = Workspace(name="奏 <株式会社> & Co.")
    return to_pdf(mark_safe(body), title=title, workspace=workspace, language=language)


def test_japanese_can_be_read_back_and_found() -> None:
    found = made("<p>顧客解約率は前月比で改善しました。</p>")
    assert found.pages == 1
    assert "顧客解約率は前月比で改善しました。" in text_of(found.content)


def test_the_file_says_what_it_is_and_nothing_else() -> None:
    reader = PdfReader(io.BytesIO(made("<p>x</p>", title="定例会資料 <A&B>").content))
    assert reader.metadata is not None
    assert reader.metadata.title == "定例会資料 <A&B>"
    assert reader.metadata.author == "奏 <株式会社> & Co."
    assert set(reader.metadata) <= {"/Title", "/Author", "/Producer"}
    catalogue = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "ja"
    # tagged: a screen reader finds headings and tables
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/JavaScript" not in str(catalogue)


def test_pages_are_a4_and_numbered() -> None:
    found = made("<h2>1</h2><p>text</p>" * 120)
    reader = PdfReader(io.BytesIO(found.content))
    assert found.pages == len(reader.pages) > 2
    for number, page in enumerate(reader.pages, 1):
        width, height = (float(side) for side in page.mediabox[2:])
        assert (round(width), round(height)) == (595, 842)
        assert f"{number} / {found.pages}" in page.extract_text()


def test_nothing_is_fetched(monkeypatch: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    asked: list[object] = []

    def refuse(*arguments: object, **_options: object) -> None:
        asked.append(arguments)
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    file = secret.as_uri()
    found = made(
        f"""<link rel="stylesheet" href="http://example.com/a.css">
        <link rel="attachment" href="{file}">
        <style>@import url({file}); body {{ background: url(http://example.com/x.png) }}
        @font-face {{ font-family: x; src: url({file}) }}</style>
        <img src="{file}"><img src="http://169.254.169.254/latest/meta-data/">
        <object data="{file}"></object><embed src="{file}"><iframe src="{file}"></iframe>
        <svg viewBox="0 0 9 9"><image href="{file}"/><use href="{file}#a"/></svg>
        <p>still here</p>"""
    )
    assert asked == []
    assert "stillhere" in text_of(found.content)
    assert b"TOP-SECRET" not in found.content
    assert "/EmbeddedFiles" not in str(PdfReader(io.BytesIO(found.content)).trailer["/Root"])


def test_without_pango_there_is_an_error_that_says_what_to_install(monkeypatch: Any) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert pdf.why_unavailable()
    with pytest.raises(pdf.PdfUnavailable) as error:
        made("<p>x</p>")
    assert error.value.status == 503
    assert "libpango-1.0-0" in str(error.value.message)
    (finding,) = diagnosis.documents_can_be_made()
    assert finding.level is Level.FAULT
    assert "apt-get install libpango" in finding.advice


def test_the_doctor_finds_pdfs_in_order(monkeypatch: Any) -> None:
    (finding,) = diagnosis.documents_can_be_made()
    assert finding.level is Level.OK
    monkeypatch.setattr(pdf, "has_japanese_font", lambda: False)
    (finding,) = diagnosis.documents_can_be_made()
    assert finding.level is Level.WARNING
    assert "fonts-noto-cjk" in finding.advice
