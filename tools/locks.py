"""Locks pin every file by its hash and name no host: whoever installs chooses the source.

``python tools/locks.py`` checks; with ``--tidy`` it takes the addresses out of the npm lock.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NPM_LOCK = ROOT / "package-lock.json"
ADDRESSES = ("resolved", "funding")


def python_faults(text: str) -> list[str]:
    """What is wrong with one requirements lock."""
    faults = []
    # A requirement and its hashes are one logical line, continued by backslashes.
    for line in re.sub(r"\\\n", " ", text).splitlines():
        requirement = line.strip()
        if not requirement or requirement.startswith("#"):
            continue
        name = requirement.split()[0]
        if not re.match(r"[A-Za-z0-9._-]+(\[[^]]*\])?==[^\s;]+", requirement):
            faults.append(f"not pinned by ==: {name}")
        if "--hash=sha256:" not in requirement:
            faults.append(f"no hash: {name}")
    if "://" in text or "--index" in text or "--find-links" in text:
        faults.append("names a host")
    return faults


def npm_faults(lock: dict[str, Any]) -> list[str]:
    """What is wrong with the npm lock."""
    faults = []
    for name, package in lock["packages"].items():
        if name and "integrity" not in package:
            faults.append(f"no hash: {name}")
        faults += [f"names a host: {name} ({key})" for key in ADDRESSES if key in package]
    return faults


def tidy() -> None:
    """Take the addresses out of the npm lock."""
    lock = json.loads(NPM_LOCK.read_text())
    for package in lock["packages"].values():
        for key in ADDRESSES:
            package.pop(key, None)
    NPM_LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


def main(arguments: list[str]) -> int:
    if arguments == ["--tidy"]:
        tidy()
        return 0
    locks = sorted(ROOT.glob("requirements*.lock"))
    faults = [
        f"{path.name}: {fault}" for path in locks for fault in python_faults(path.read_text())
    ]
    faults += [
        f"{NPM_LOCK.name}: {fault}" for fault in npm_faults(json.loads(NPM_LOCK.read_text()))
    ]
    print(
        "\n".join(faults) or f"{len(locks) + 1} locks: every entry has its hash, no host is named"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
