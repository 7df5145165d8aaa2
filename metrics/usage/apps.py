from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsageConfig(AppConfig):
    name = "metrics.usage"
    label = "usage"

    def ready(self) -> None:
        from accounts.actions.dirty import marked
        from accounts.audit_words import describe

        describe({"login_event_set": _("Chose what counts as a log-in")})
        marked.connect(_nudge, dispatch_uid="usage.nudge")


def _nudge(*, workspace_id: int, **_signal: Any) -> None:
    from metrics.usage.ingest import nudge

    nudge(workspace_id)
