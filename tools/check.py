"""Every static check of the tree, two at a time; the slowest starts first."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# LGPL-3.0: psycopg2 alone, used as a library. GPL and AGPL are not acceptable in a product that
# firms build into their own.
LICENCES = [
    "Apache", "BSD", "CC0", "ISC", "LGPL", "Lesser General Public", "MIT", "MPL",
    "Mozilla Public", "PSF", "Python Software Foundation", "PostgreSQL", "Public Domain",
    "Unlicense", "ZPL", "Zope",
]  # fmt: skip

PYTHON = sys.executable
CHECKS: dict[str, list[str]] = {
    "types": [PYTHON, "-m", "mypy", "."],
    "licences": [
        "pip-licenses", "--from=mixed", "--partial-match", f"--allow-only={';'.join(LICENCES)}",
        # GPL; lints templates in this check and is no part of what anybody installs
        "--ignore-packages", "djlint",
    ],
    "imports": ["lint-imports"],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "strings": [PYTHON, "manage.py", "messages", "--check"],
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "locks": [PYTHON, "tools/locks.py"],
}  # fmt: skip


def run(name: str) -> tuple[str, int, str, float]:
    """Run one check; its name, exit code, output and seconds."""
    environment = {
        "SECRET_KEY": "only-for-checks",
        **os.environ,
        "PATH": f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    start = time.monotonic()
    done = subprocess.run(
        CHECKS[name], cwd=ROOT, env=environment, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return name, done.returncode, done.stdout, time.monotonic() - start


def main(names: list[str]) -> int:
    unknown = set(names) - set(CHECKS)
    if unknown:
        print(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(CHECKS)}")
        return 2
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for name, code, output, seconds in pool.map(run, names or CHECKS):
            print(f"{'ok' if code == 0 else 'FAILED':<7}{name:<11}{seconds:5.1f} s", flush=True)
            if code:
                failed.append(name)
                print(output.rstrip(), flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
