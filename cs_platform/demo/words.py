"""The word lists beside the code: parts of names, and what people say, in both languages."""

import json
from importlib.resources import files
from typing import Any


def read_json(name: str) -> Any:
    """The word list ``name``.json of this package."""
    return json.loads((files("cs_platform.demo") / f"{name}.json").read_text(encoding="utf-8"))
