"""The catalogues: what is collected, what is kept, what is complained about."""

import gettext
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.core.management import CommandError, call_command

from cs_platform.core import catalogues


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small source tree with two apps that have catalogues."""
    files = {
        "accounts/views.py": '_("Owner")\nngettext("%(n)s seat", "%(n)s seats", n)\n'
        'pgettext("verb", "Close")\n_("Close")\n',
        "metrics/usage/views.py": 'raise E(_("Not a %(kind)s: " "%(value)s"))\n',
        "templates/accounts/page.html": '  {% trans "Owner" %}\n {{ _("Inner") }}\n'
        "{% blocktrans trimmed with a=b count n=m %}\n  {{ a }} one\n{% plural %}\n"
        "  {{ a }} many\n{% endblocktrans %}",
        "templates/layout.html": '{% trans "Skip" context "link" %}',
        "templates/styleguide/page.html": '{% trans "Debug" %}',
        "accounts/migrations/0001.py": '_("Old")',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for app in ("accounts", "core", "metrics"):
        (tmp_path / "locale" / app).mkdir(parents=True)
    return tmp_path


def _ids(catalogue: Catalog) -> set[object]:
    return {(message.context, message.id) for message in catalogue if message.id}


def test_every_string_goes_to_the_app_that_says_it(project: Path) -> None:
    found = catalogues.extracted(project)
    assert _ids(found["accounts"]) == {
        (None, "Owner"),
        (None, ("%(n)s seat", "%(n)s seats")),
        ("verb", "Close"),
        (None, "Close"),
        (None, "Inner"),
        (None, ("%(a)s one", "%(a)s many")),
    }
    assert _ids(found["metrics"]) == {(None, "Not a %(kind)s: %(value)s")}
    assert _ids(found["core"]) == {("link", "Skip")}


def _translated(project: Path) -> Catalog:
    template = catalogues.extracted(project)["accounts"]
    kept = catalogues.merged(template, Catalog(locale="ja"), "ja")
    for message in kept:
        if message.id:
            text = message.id if isinstance(message.id, str) else message.id[1]
            message.string = "訳 " + text if isinstance(message.id, str) else ("訳 " + text,)
    return kept


def test_translations_survive_and_a_second_run_changes_nothing(project: Path) -> None:
    path = catalogues.catalogue_path(project, "accounts", "ja")
    assert catalogues.write_catalogue(path, _translated(project))
    template = catalogues.extracted(project)["accounts"]
    again = catalogues.merged(template, catalogues.read_catalogue(path, "ja"), "ja")
    assert catalogues.problems(template, again) == []
    assert not catalogues.write_catalogue(path, again)
    text = path.read_text()
    assert "#: accounts/views.py templates/accounts/page.html\n" in text
    assert "Date" not in text


def test_everything_out_of_order_is_named(project: Path) -> None:
    template = catalogues.extracted(project)["accounts"]
    kept = _translated(project)
    kept.get("Owner").string = ""
    kept.get("Inner").flags.add("fuzzy")
    kept.get(("%(n)s seat", "%(n)s seats")).string = ("訳 %(count)s",)
    kept.delete("Close", context="verb")
    kept.add("Gone", "去った")
    assert catalogues.problems(template, kept) == [
        "fuzzy: 'Inner'",
        "missing: 'Close'",
        "obsolete: 'Gone'",
        "placeholders differ: '%(n)s seat'",
        "untranslated: 'Owner'",
    ]


def _catalogue(*entries: tuple[str | tuple[str, str], str, str | None]) -> Catalog:
    result = Catalog(locale="ja", fuzzy=False)
    for ids, text, context in entries:
        result.add(ids, text if isinstance(ids, str) else (text,), context=context)
    return result


def test_a_string_translated_in_two_ways_is_named() -> None:
    plural = ("%(n)s seat", "%(n)s seats")
    kept = {
        "metrics": _catalogue(
            ("Value", "値", None), ("Open", "公開中", "survey"), (plural, "%(n)s席", None)
        ),
        "accounts": _catalogue(
            ("Value", "価値実現", None), ("Open", "未解決", None), (plural, "%(n)s人", None)
        ),
        "core": _catalogue(("Value", "", None), ("Open", "未解決", None)),
    }
    assert catalogues.clashes(kept) == [
        "translated differently: '%(n)s seat' (accounts '%(n)s人', metrics '%(n)s席')",
        "translated differently: 'Value' (accounts '価値実現', metrics '値')",
    ]
    kept["accounts"] = _catalogue(("Value", "価値実現", "lifecycle stage"))
    assert catalogues.clashes(kept) == []
    kept["core"] = _catalogue(("Open", "開く", "survey"))
    assert catalogues.clashes(kept) == [
        "translated differently: 'Open' in the context 'survey' (core '開く', metrics '公開中')",
    ]


def test_the_check_fails_on_strings_translated_in_two_ways(project: Path, settings: Any) -> None:
    settings.BASE_DIR = project
    for app, text in {"accounts": "担当CSM", "metrics": "オーナー"}.items():
        (project / app / "owner.py").write_text('_("Proprietor")')
        kept = catalogues.merged(catalogues.extracted(project)[app], Catalog(locale="ja"), "ja")
        for message in kept:
            if message.id == "Proprietor":
                message.string = text
            elif message.id:
                source = message.id if isinstance(message.id, str) else message.id[1]
                message.string = source if isinstance(message.id, str) else (source,)
        catalogues.write_catalogue(catalogues.catalogue_path(project, app, "ja"), kept)
    said = StringIO()
    with pytest.raises(CommandError, match=r"1 string\(s\)"):
        call_command("messages", "metrics", check=True, stdout=said)
    assert "ja: translated differently: 'Proprietor'" in said.getvalue()
    path = catalogues.catalogue_path(project, "metrics", "ja")
    path.write_text(path.read_text().replace("オーナー", "担当CSM"))
    call_command("messages", "metrics", check=True, stdout=said)


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_catalogues_agree_with_each_other(language: str) -> None:
    root = Path(settings.BASE_DIR)
    paths = {app: catalogues.catalogue_path(root, app, language) for app in catalogues.apps(root)}
    kept = {app: catalogues.read_catalogue(path, language) for app, path in paths.items()}
    assert len(kept) > 1
    assert catalogues.clashes(kept) == []


_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
# Beside Japanese a bracket, a colon or a question mark is as wide as a character.
_HALF_WIDTH = re.compile(
    r"[()]|[\u3040-\u30ff\u3400-\u9fff」）][:?]|[:?][\u3040-\u30ff\u3400-\u9fff]"
)
_PLACEHOLDER = re.compile(r"%\([a-z_0-9]+\)[.\d]*[a-z]|%\{[^}]*\}")


def test_japanese_is_punctuated_as_japanese() -> None:
    root = Path(settings.BASE_DIR)
    found = []
    for app in catalogues.apps(root):
        for message in catalogues.read_catalogue(catalogues.catalogue_path(root, app, "ja"), "ja"):
            said = [message.string] if isinstance(message.string, str) else message.string
            for text in filter(_JAPANESE.search, said if message.id else []):
                if _HALF_WIDTH.search(_PLACEHOLDER.sub("x", text)):
                    found.append(f"{app}: {text}")
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%(name)s of %(n)d", {"%(name)": 1, "%(n)": 1}),
        ("%s and %s", {"%s": 2}),
        ("100%% of {kind}", {"{kind}": 1}),
        ("100% of nothing {", {}),
    ],
)
def test_placeholders(text: str, expected: dict[str, int]) -> None:
    assert {k: v for k, v in catalogues.placeholders(text).items() if k != "%o"} == expected


def test_compiled_catalogues_are_read_by_gettext(project: Path) -> None:
    path = catalogues.catalogue_path(project, "accounts", "ja")
    catalogues.write_catalogue(path, _translated(project))
    assert catalogues.compile_catalogues(project) == 1
    assert catalogues.compile_catalogues(project) == 0
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Owner") == "訳 Owner"
    assert compiled.pgettext("verb", "Close") == "訳 Close"
    assert compiled.ngettext("%(n)s seat", "%(n)s seats", 1) == "訳 %(n)s seats"
