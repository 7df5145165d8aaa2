"""What accounts were at an earlier time."""

import datetime as dt
from collections.abc import Iterable

from cs_platform.core import sql


def tiers_as_of(as_of: dt.datetime, account_ids: Iterable[int] | None = None) -> dict[int, str]:
    """Tier as of a moment by account, of those (among ``account_ids``) whose tier ever changed.

    Whoever is not in it had the tier it has now.
    """
    binds = {"as_of": as_of, "account_ids": None if account_ids is None else list(account_ids)}
    return {row["account_id"]: row["tier"] for row in sql.rows("accounts/tiers_as_of", binds)}
