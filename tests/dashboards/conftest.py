"""A small book of business whose figures are known by hand."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.folding import fold
from accounts.models import Account, Membership, Workspace
from cs_platform.core import clock, tenancy
from health.measures import MEASURES
from health.models import AccountCurrent, ScoreDay
from health.scorecards import published_version
from tests.health import figures


class Book:
    """Makes accounts with their row of the lists and their score days, in one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.now = clock.now()
        self.today = clock.local_date(self.now, workspace.timezone)
        with tenancy.scope(workspace.pk):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT health_ensure_score_months(%s, %s)", [self.on(-60), self.on(1)]
                )
            self.version = published_version(now=self.now)

    def on(self, days: int) -> dt.date:
        """The day ``days`` from today."""
        return self.today + dt.timedelta(days=days)

    def account(
        self,
        name: str,
        *,
        external_id: str = "",
        score: int | None = None,
        mrr: int = 0,
        owner: Membership | None = None,
        reading: str = "",
        days: dict[int, int | None] | None = None,
        fields: dict[str, Any] | None = None,
        **current: Any,
    ) -> Account:
        """An account; ``days`` are its earlier scores by days from today (negative)."""
        external_id = external_id or f"id-{name}"[:200]
        shared = {key: current.pop(key) for key in ("segment", "tier", "country") if key in current}
        stage = current.pop("stage", "adoption")
        with tenancy.scope(self.workspace.pk):
            account = Account.objects.create(
                external_id=external_id,
                name=name,
                name_reading=reading,
                search_text=fold(f"{name} {reading} {external_id}"),
                owner=owner,
                stage=stage,
                created_at=self.now,
                updated_at=self.now,
                **shared,
                **(fields or {}),
            )
            band = band_of(score)
            AccountCurrent.objects.create(
                account=account,
                name=name,
                name_reading=reading,
                external_id=external_id,
                owner=owner,
                stage=stage,
                mrr=Decimal(mrr),
                arr=Decimal(mrr * 12),
                score=score,
                coverage=current.pop("coverage", 0.9),
                band=band,
                spark=[None] * 30 + [score],
                day=self.today,
                computed_at=self.now,
                version=self.version,
                **shared,
                **current,
            )
            scores = {**(days or {}), 0: score}
            for back, earlier in scores.items():
                week_band = band_of(scores[back - 7]) if back - 7 in scores else None
                self.score_day(
                    account, back, earlier, mrr=mrr, owner=owner, week_band=week_band,
                    **shared, **current,
                )  # fmt: skip
                figures.keep(self.on(back))
        return account

    def score_day(
        self, account: Account, back: int, score: int | None, *, mrr: int, **fields: Any
    ) -> None:
        """One day of the account's scores, in the open scope."""
        owner = fields.pop("owner", None)
        kept = (
            "week_band", "segment", "renewal_on", "churn_probability", "expected_loss", "is_flagged"
        )  # fmt: skip
        ScoreDay(
            workspace_id=self.workspace.pk,
            account_id=account.pk,
            day=self.on(back),
            series=ScoreDay.Series.LIVE,
            version_id=self.version.pk,
            score=score,
            coverage=0.9,
            band=band_of(score),
            raw=[None if score is None else float(score)] * len(MEASURES),
            points=[None if score is None else float(score)] * len(MEASURES),
            owner_id=owner and owner.pk,
            stage=account.stage,
            mrr=Decimal(mrr),
            is_closed=back < 0,
            computed_at=self.now,
            **{key: fields[key] for key in kept if key in fields},
        ).save(force_insert=True)


def band_of(score: int | None) -> str:
    """The band of a score under the default borders."""
    if score is None:
        return ""
    return "green" if score >= 70 else "yellow" if score >= 40 else "red"


@pytest.fixture
def book(workspace: Workspace) -> Book:
    """The book of the tests' workspace."""
    return Book(workspace)


@pytest.fixture
def url(workspace: Workspace) -> Callable[..., str]:
    """``url("account", 3)`` → its address in the tests' workspace."""
    from django.urls import reverse

    return lambda name, *args: reverse(name, args=[workspace.slug, *args])


@pytest.fixture
def get(client_as: Callable[..., Any]) -> Callable[..., Any]:
    """``get("csm", url)`` → the answer; ``htmx="list"`` asks for the part htmx exchanges there."""

    def fetch(role: str, address: str, *, htmx: str = "", **headers: str) -> Any:
        if htmx:
            headers |= {"HX-Request": "true", "HX-Target": htmx}
        return client_as(role).get(address, headers=headers)

    return fetch


def text_of(answer: Any) -> str:
    """The body of a 200 answer as text."""
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())
