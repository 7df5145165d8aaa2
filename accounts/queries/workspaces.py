"""The workspace whose scope is open."""

import datetime as dt

from accounts.models import Workspace
from cs_platform.core.clock import local_date
from cs_platform.core.tenancy import current_workspace_id


def current_workspace() -> Workspace:
    """The workspace of the open scope, with its time zone and currency."""
    return Workspace.objects.get(pk=current_workspace_id())


def today(now: dt.datetime) -> dt.date:
    """The day it is in the open scope's workspace."""
    return local_date(now, current_workspace().timezone)
