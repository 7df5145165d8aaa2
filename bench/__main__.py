"""``python -m bench [SUBJECT …]``; ``SCALE=small`` (minutes) or ``full``."""

import importlib
import os
import sys

from bench.harness import report
from bench.stack import running

SUBJECTS = ("ingest", "scoring", "freshness", "pages", "peers", "kpis", "surveys", "renewals")


def main() -> None:
    """Run the subjects asked for, or all of them, and report."""
    scale = os.environ.get("SCALE", "small")
    if scale not in {"small", "full"}:
        sys.exit("SCALE must be small or full")
    wanted = sys.argv[1:] or list(SUBJECTS)
    if unknown := set(wanted) - set(SUBJECTS):
        sys.exit(f"unknown subject: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    results = []
    with running(with_pages=bool({"pages", "kpis", "surveys", "renewals"} & set(wanted))) as stack:
        for subject in wanted:
            results += importlib.import_module(f"bench.{subject}").run(stack, scale)
    report(results, scale)


if __name__ == "__main__":
    main()
