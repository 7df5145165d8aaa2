import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from metrics.usage.models import DirtyDay, Event


@pytest.mark.django_db
def test_the_application_cannot_read_a_partition(scoped) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM usage_event_default")
    assert Event.objects.count() == 0
    DirtyDay.objects.create(account_ids=[1], days=[dt.date(2026, 1, 1)])
    assert DirtyDay.objects.count() == 1
