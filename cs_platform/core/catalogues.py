"""Message catalogues without GNU gettext: extraction, merging, checks and compilation.

A string belongs to the app whose code or template says it, and each app has one catalogue per
language, ``locale/<app>/<language>/LC_MESSAGES/django.po``. Entries are sorted and carry file names
but no line numbers or dates, so that two branches that add strings merge without conflicts.

When a page is rendered the catalogues are one: a string two of them translate is read from the
first. So they must agree, and a string that means two things carries a context.
"""

import io
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import templatize

LANGUAGES = ("ja",)
SOURCES = ("cs_platform", "accounts", "metrics", "support", "health", "playbooks", "templates")
# Debug-only pages and generated code speak to developers, in English.
_LEFT_OUT = {"migrations", "__pycache__", "styleguide", "node_modules"}
_CONTEXT = (1, "c")
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": (_CONTEXT, 2),
    "pgettext_lazy": (_CONTEXT, 2),
    "npgettext": (_CONTEXT, 2, 3),
    "npgettext_lazy": (_CONTEXT, 2, 3),
}
_VOLATILE = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By'
    r"|Project-Id-Version|Report-Msgid-Bugs-To):.*\n",
    re.MULTILINE,
)
# Without the flag " ", which nobody means: "95% interval" fills nothing in.
_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\-+]?\d*(?:\.\d+)?([sdifgrc])|%%")


def apps(root: Path) -> list[str]:
    """The apps that have catalogues: the folders of ``locale/``."""
    return sorted(path.name for path in (root / "locale").iterdir() if path.is_dir())


def app_of(source: Path, known: list[str]) -> str:
    """The app a source file (relative to the root) belongs to; ``core`` for what is shared."""
    parts = [part for part in source.parts if part not in {"templates", "cs_platform"}]
    # The inner app before the one that holds it: metrics/surveys before metrics.
    return next((part for part in reversed(parts[:2]) if part in known), "core")


def catalogue_path(root: Path, app: str, language: str) -> Path:
    """Where an app's catalogue of one language is kept."""
    return root / "locale" / app / language / "LC_MESSAGES" / "django.po"


def _source_files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        for path in sorted((root / name).rglob("*")):
            relative = path.relative_to(root)
            if path.suffix in {".py", ".html", ".txt"} and not _LEFT_OUT & set(relative.parts):
                yield relative


def extracted(root: Path) -> dict[str, Catalog]:
    """The strings of the source files by app. Raises ``SyntaxError`` for a broken template tag."""
    known = apps(root)
    found = {app: Catalog(fuzzy=False) for app in known}
    for source in _source_files(root):
        text = (root / source).read_text(encoding="utf-8")
        if source.suffix != ".py":
            # What templatize leaves is code but for its indentation.
            text = "\n".join(map(str.strip, templatize(text, origin=str(source)).split("\n")))
        catalogue = found[app_of(source, known)]
        code = io.BytesIO(text.encode())
        for _line, ids, comments, context in extract(
            "python",
            code,
            keywords=_KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        ):
            place = [(source.as_posix(), 0)]
            catalogue.add(ids, locations=place, auto_comments=comments, context=context)
    return found


def read_catalogue(path: Path, language: str) -> Catalog:
    """A catalogue as kept; an empty one where there is none yet."""
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _key(message: Message) -> tuple[str, str]:
    ids = message.id if isinstance(message.id, str) else message.id[0]
    return ids, message.context or ""


def _entries(catalogue: Catalog) -> dict[tuple[str, str], Message]:
    return {_key(message): message for message in catalogue if message.id}


def merged(template: Catalog, kept: Catalog, language: str) -> Catalog:
    """The template's strings with the translations kept for them; what is obsolete is dropped."""
    result = Catalog(locale=language, fuzzy=False)
    translations = _entries(kept)
    for key, message in sorted(_entries(template).items()):
        old = translations.get(key)
        same_form = old is not None and isinstance(old.id, str) == isinstance(message.id, str)
        result.add(
            message.id,
            string=old.string if old is not None and same_form else None,
            locations=sorted({(name, 0) for name, _line in message.locations}),
            flags=(old.flags & {"fuzzy"} if old is not None else set())
            | (message.flags & {"python-format"}),
            auto_comments=message.auto_comments,
            user_comments=old.user_comments if old is not None else (),
            context=message.context,
        )
    return result


def write_catalogue(path: Path, catalogue: Catalog) -> bool:
    """Write a catalogue; returns whether the file changed."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, include_lineno=False, width=100, omit_header=False)
    text = _VOLATILE.sub("", buffer.getvalue().decode())
    text = text[text.index('msgid ""') :]
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def placeholders(text: str) -> Counter[str]:
    """What is filled in: ``%(name)s``, ``%s`` and ``{name}``, each with its number of uses."""
    found: Counter[str] = Counter()
    for match in _PERCENT.finditer(text):
        if match[2]:
            found[f"%({match[1]})" if match[1] else "%" + match[2]] += 1
    try:
        fields = [name for _text, name, _spec, _conv in string.Formatter().parse(text)]
    except ValueError:
        return found
    found.update("{" + name + "}" for name in fields if name is not None)
    return found


def _translations(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return [text or "" for text in strings]


def problems(template: Catalog, kept: Catalog) -> list[str]:
    """What ``--check`` complains about, one sentence per string."""
    wanted, have = _entries(template), _entries(kept)
    found = [f"missing: {key[0]!r}" for key in wanted if key not in have]
    for key, message in have.items():
        said = repr(key[0])
        if key not in wanted:
            found.append(f"obsolete: {said}")
            continue
        texts = _translations(message)
        if message.fuzzy:
            found.append(f"fuzzy: {said}")
        if not texts or not all(text.strip() for text in texts):
            found.append(f"untranslated: {said}")
            continue
        source = message.id if isinstance(message.id, str) else message.id[1]
        # A name may be said twice or not in the same place, but not be left out or made up.
        if any(set(placeholders(text)) != set(placeholders(source)) for text in texts):
            found.append(f"placeholders differ: {said}")
    return sorted(found)


def clashes(kept: Mapping[str, Catalog]) -> list[str]:
    """Strings that the catalogues (by app) of one language translate differently, a sentence each.

    Only one of the translations would be shown, everywhere. What is not translated yet is no clash.
    """
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for app in sorted(kept):
        for key, message in _entries(kept[app]).items():
            if any(texts := _translations(message)):
                said.setdefault(key, {})[app] = texts
    found = []
    for (ids, context), by_app in sorted(said.items()):
        if len({tuple(texts) for texts in by_app.values()}) > 1:
            where = ", ".join(f"{app} {' / '.join(texts)!r}" for app, texts in by_app.items())
            name = f"{ids!r} in the context {context!r}" if context else repr(ids)
            found.append(f"translated differently: {name} ({where})")
    return found


def compile_catalogues(root: Path) -> int:
    """Write the ``.mo`` files that are older than their ``.po``; returns how many.

    Each is put in place in one step: a process that reads it meanwhile sees the old or the new.
    """
    count = 0
    for app in apps(root):
        for language in LANGUAGES:
            source = catalogue_path(root, app, language)
            target = source.with_suffix(".mo")
            if not source.exists() or (
                target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns
            ):
                continue
            buffer = io.BytesIO()
            write_mo(buffer, read_catalogue(source, language))
            temporary = target.with_suffix(f".{id(buffer)}.tmp")
            temporary.write_bytes(buffer.getvalue())
            temporary.replace(target)
            count += 1
    return count
