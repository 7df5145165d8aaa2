"""Workspaces and keys for the benchmarks."""

from typing import Any


def workspace_with_key(slug: str, scopes: list[str]) -> tuple[Any, str]:
    """A new workspace and the secret of a key of it."""
    from accounts.actions.keys import create_key
    from accounts.actions.workspace import create_workspace
    from accounts.actors import Actor
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope

    now = clock.now()
    workspace = create_workspace(
        slug=slug, name=slug, timezone="Asia/Tokyo", currency="JPY",
        owner_email=f"owner@{slug}.example", owner_password=None, now=now,
    )  # fmt: skip
    with scope(workspace.pk):
        _key, secret = create_key(
            actor=Actor.system("benchmark"), workspace=workspace, name="bench",
            scopes=scopes, now=now,
        )  # fmt: skip
    return workspace, secret
