"""How far back the ledger goes."""

import datetime as dt

from django.db.models import Min

from accounts.models import ContractEvent


def first_day() -> dt.date | None:
    """The first day on which a contract of the open scope took effect; None without contracts."""
    found = ContractEvent.objects.exclude(
        kind__in=[ContractEvent.Kind.VOID, ContractEvent.Kind.ONE_OFF]
    ).aggregate(first=Min("effective_on"))
    first: dt.date | None = found["first"]
    return first
