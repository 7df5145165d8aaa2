"""The demo's workspace: made once, by the product's own actions and commands.

Runs as a process of its own (``python -m cs_platform.local.sample``), so that the supervisor
stays small. Safe to run again at any point: it goes on where a killed one stopped.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from cs_platform.local.environment import var_dir
from cs_platform.local.files import write_private

SLUG = "demo"
NAME = "Kanade"
EMAIL = "demo@cs-platform.example"
SIZE = {"accounts": 200, "events": 250_000, "months": 18, "seed": 7}
# Enough for every chart; the rest of the history would double the time of the first start.
SCORE_DAYS = 120


def load_state(var: Path) -> dict[str, Any]:
    """What is known of the demo's workspace: its log-in, its keys, whether it is complete."""
    try:
        return dict(json.loads((var / "demo.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _size() -> dict[str, int]:
    """`SIZE`, or what ``DEMO_SIZE`` says instead: ``accounts=20,events=2000``."""
    chosen = dict(SIZE)
    for pair in filter(None, os.environ.get("DEMO_SIZE", "").split(",")):
        name, _, value = pair.partition("=")
        if name not in chosen or not value.isdigit():
            raise SystemExit(f"DEMO_SIZE: {pair!r} is not one of {', '.join(SIZE)} = a number")
        chosen[name] = int(value)
    return chosen


def prepare(var: Path) -> None:
    """Make the workspace, its data and its keys, as far as they are missing."""
    from django.core.management import call_command

    from accounts.actions.keys import create_key
    from accounts.actors import Actor
    from accounts.models import ApiKey, User, Workspace
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope

    state = load_state(var)

    def keep(**news: Any) -> None:
        state.update(news)
        write_private(var / "demo.json", json.dumps(state, indent=1))

    if "password" not in state:
        keep(email=EMAIL, password=secrets.token_urlsafe(9), complete=False)
    if not state["complete"]:
        call_command(
            "generate_workspace", workspace=SLUG, name=NAME,
            owner_email=state["email"], password=state["password"],
            score_days=SCORE_DAYS, **_size(),
        )  # fmt: skip
        owner = User.objects.get(email=state["email"])
        if not owner.check_password(state["password"]):
            # The database outlived var/, where the password was: only this log-in changes.
            owner.set_password(state["password"])
            owner.save()
        keep(complete=True)
    workspace = Workspace.objects.get(slug=SLUG)
    for name, label, scopes in (
        ("write_key", "Write key", [ApiKey.Scope.INGEST]),
        ("api_key", "API key", [ApiKey.Scope.READ, ApiKey.Scope.WRITE]),
    ):
        if name not in state:
            with scope(workspace.pk):
                _, key = create_key(
                    actor=Actor.system("demo"), workspace=workspace, now=clock.now(),
                    name=label, scopes=scopes,
                )  # fmt: skip
            keep(**{name: key})


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")
    django.setup()
    prepare(var_dir())


if __name__ == "__main__":
    main()
