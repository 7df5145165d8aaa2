from typing import Any

from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "metrics.usage"
    label = "usage"

    def ready(self) -> None:
        from accounts.actions.dirty import marked

        marked.connect(_nudge, dispatch_uid="usage.nudge")


def _nudge(*, workspace_id: int, **_signal: Any) -> None:
    from metrics.usage.ingest import nudge

    nudge(workspace_id)
