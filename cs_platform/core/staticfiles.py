from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class _OneFile(FileSystemStorage):
    """A storage that knows one file under the name it is served by."""

    def __init__(self, source: Path) -> None:
        super().__init__(location=source.parent)
        self._source = source

    def path(self, name: str) -> str:
        return str(self._source)


class NpmFinder(BaseFinder):
    """Serves the few files of ``settings.NPM_FILES`` out of ``node_modules``."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source = settings.NPM_FILES.get(path)
        found = str(source) if source and source.exists() else None
        if find_all:
            return [found] if found else []
        return found or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Any]]:
        for name, source in settings.NPM_FILES.items():
            if source.exists():
                yield name, _OneFile(source)
