"""Workspaces and keys for the benchmarks."""

from typing import Any


def workspace_with_key(
    slug: str, scopes: list[str], *, timezone: str = "Asia/Tokyo"
) -> tuple[Any, str]:
    """The workspace, made unless an earlier run left it, and the secret of a new key of it."""
    from accounts.actions.keys import create_key
    from accounts.actions.workspace import create_workspace
    from accounts.actors import Actor
    from accounts.models import Workspace
    from cs_platform.core import clock
    from cs_platform.core.tenancy import scope

    now = clock.now()
    workspace = Workspace.objects.filter(slug=slug).first() or create_workspace(
        slug=slug, name=slug, timezone=timezone, currency="JPY",
        owner_email=f"owner@{slug}.example", owner_password=None, now=now,
    )  # fmt: skip
    with scope(workspace.pk):
        _key, secret = create_key(
            actor=Actor.system("benchmark"), workspace=workspace, name="bench",
            scopes=scopes, now=now,
        )  # fmt: skip
    return workspace, secret
