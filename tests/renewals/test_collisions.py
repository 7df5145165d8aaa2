"""Two people at the same row, two workers at the same round: in processes of their own."""

import threading
from typing import Any

import pytest
from django.db import connection

from cs_platform.core import tenancy
from cs_platform.core.errors import DomainError
from health.renewals.actions.refresh import refresh_renewals
from health.renewals.actions.steps import move_step
from health.renewals.models import QuarterOutlook, Renewal, RenewalNote
from tests.renewals.conftest import NOW
from tests.renewals.test_refresh import ACTOR, contract

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def test_of_two_who_move_the_same_row_at_once_one_is_told(installation: Any) -> None:
    workspace = installation.workspace
    with tenancy.scope(workspace.pk):
        contract("S-1")
    refresh_renewals(workspace.pk, NOW)
    with tenancy.scope(workspace.pk):
        pk = Renewal.objects.get().pk
    barrier, told = threading.Barrier(2), []

    def move(step: str) -> None:
        try:
            barrier.wait()
            with tenancy.scope(workspace.pk):
                move_step(actor=ACTOR, now=NOW, renewal_id=pk, version=1, step=step)
            told.append("done")
        except DomainError as error:
            told.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=(step,)) for step in ("quoted", "agreed")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["changed_meanwhile", "done"]
    with tenancy.scope(workspace.pk):
        assert RenewalNote.objects.count() == 1


def test_two_rounds_at_once_make_every_row_once(installation: Any) -> None:
    workspace = installation.workspace
    with tenancy.scope(workspace.pk):
        for number in range(30):
            contract(f"S-{number}")
    failed: list[BaseException] = []

    def run() -> None:
        try:
            refresh_renewals(workspace.pk, NOW)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with tenancy.scope(workspace.pk):
        assert Renewal.objects.count() == 30
        assert QuarterOutlook.objects.filter(cut="all").count() == 6
