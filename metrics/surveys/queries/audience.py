"""Whom a wave would ask, and whom not and why."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.contact_rules import ACCOUNT_DAYS, Reason
from accounts.models import Contact, Subscription
from accounts.queries.budget import contact_budget
from accounts.queries.workspaces import current_workspace
from cs_platform.core import sql
from cs_platform.core.clock import local_date
from metrics.surveys.audience import LARGEST_DRAW, Audience, bound_of_share
from metrics.surveys.models import Survey

# Contracts that make their plan the account's.
RUNNING = [
    Subscription.Status.ACTIVE.value,
    Subscription.Status.PAUSED.value,
    Subscription.Status.OVERDUE.value,
]
NOT_SAMPLED = "not_sampled"
_EXAMPLES = 10
# From so many people on, a preview counts one account in so many first.
LARGE = 20_000
ONE_IN = 10
_EVERYBODY = 2**62
LABELS = {reason.value: reason.label for reason in Reason} | {
    NOT_SAMPLED: _("Not drawn for the sample")
}


@dataclass(frozen=True)
class Group:
    """People who share a fate; ``reason`` is '' for those who are asked."""

    reason: str
    people: int
    examples: list[Contact]

    @property
    def label(self) -> str:
        """The reason in words."""
        return str(LABELS.get(self.reason, ""))


@dataclass(frozen=True)
class Preview:
    """A wave as it would be if it began now. ``excluded`` has the largest group first.

    ``is_estimate``: counted for one account in `ONE_IN`, and multiplied.
    """

    is_estimate: bool
    population: int
    invited: int
    invited_examples: list[Contact]
    excluded: list[Group]

    @property
    def reasons(self) -> Mapping[str, int]:
        """People left out, by reason."""
        return {group.reason: group.people for group in self.excluded}


def people(audience: Audience) -> QuerySet[Contact]:
    """Everybody the filters name, whether they can be reached or not."""
    found: QuerySet[Contact] = Contact.objects.all()
    if audience.segments:
        found = found.filter(account__segment__in=audience.segments)
    if audience.stages:
        found = found.filter(account__stage__in=audience.stages)
    if audience.tiers:
        found = found.filter(account__tier__in=audience.tiers)
    if audience.plans:
        on_plan = Subscription.objects.filter(plan__code__in=audience.plans, status__in=RUNNING)
        found = found.filter(account_id__in=on_plan.values("account_id"))
    if audience.roles:
        roles = Q()
        if "champion" in audience.roles:
            roles |= Q(is_champion=True)
        if "decision_maker" in audience.roles:
            roles |= Q(is_decision_maker=True)
        found = found.filter(roles)
    return found


def reachable(audience: Audience, *, at: dt.datetime) -> QuerySet[Contact]:
    """Those of them who have an address, are still there and have not refused mail."""
    return (
        people(audience)
        .exclude(email="")
        .exclude(consent=Contact.Consent.REFUSED)
        .exclude(left_on__lte=local_date(at, current_workspace().timezone))
    )


def sample_bound(audience: Audience, *, wave_number: int, at: dt.datetime) -> int | None:
    """The highest draw of a wave's sample; None where everybody is asked.

    A size is drawn from those who can be reached, so that it is reached where they suffice.
    """
    if audience.sample_share is not None:
        return bound_of_share(audience.sample_share)
    if audience.sample_size is None:
        return None
    seed = audience.wave_seed(wave_number)
    ids = reachable(audience, at=at).values_list("id", flat=True)
    draws = sorted(audience.draw(seed, pk) for pk in ids.iterator(chunk_size=10_000))
    if len(draws) <= audience.sample_size:
        return LARGEST_DRAW
    return draws[audience.sample_size - 1]


def is_large() -> bool:
    """Whether counting everybody takes longer than a page may."""
    return bool(Contact.objects.order_by("id")[LARGE:].exists())


def preview(
    survey: Survey,
    *,
    now: dt.datetime,
    audience: Audience | None = None,
    is_estimate: bool = False,
) -> Preview:
    """Who would be asked if a wave began now, and who not and why. One query for a million people.

    ``audience`` may be one that is not stored yet. An estimate counts one account in
    `ONE_IN`. Letters are taken to go out at once; a sending
    window may move some of them past, or into, another letter's days.
    """
    audience = audience or Audience.parse(survey.audience)
    budget = contact_budget()
    latest = survey.waves.order_by("-number").values_list("number", flat=True).first() if (
        survey.pk
    ) else None  # fmt: skip
    share = audience.sample_share
    every = ONE_IN if is_estimate else 1
    rows = sql.rows(
        "surveys/preview_audience",
        {
            "at": now,
            "zone": current_workspace().timezone,
            "segments": list(audience.segments),
            "stages": list(audience.stages),
            "tiers": list(audience.tiers),
            "roles": list(audience.roles),
            "plans": list(audience.plans),
            "running": RUNNING,
            "seed": audience.wave_seed((latest or 0) + 1),
            "every": every,
            "sample_size": -(-(audience.sample_size or _EVERYBODY) // every),
            "sample_bound": _EVERYBODY if share is None else bound_of_share(share),
            "gap": dt.timedelta(days=budget.days_between),
            "window": dt.timedelta(days=ACCOUNT_DAYS),
            "account_most": budget.account_most or _EVERYBODY,
            "examples": _EXAMPLES,
        },
    )
    shown = {pk for row in rows for pk in row["examples"]}
    contacts = {
        contact.pk: contact
        for contact in Contact.objects.select_related("account").filter(pk__in=shown)
    }
    groups = [
        Group(
            row["reason"],
            row["people"] * every,
            [contacts[pk] for pk in row["examples"] if pk in contacts],
        )
        for row in rows
    ]
    asked = next((group for group in groups if not group.reason), Group("", 0, []))
    excluded = [group for group in groups if group.reason]
    excluded.sort(key=lambda group: (-group.people, group.reason))
    return Preview(
        is_estimate=is_estimate,
        population=sum(group.people for group in groups),
        invited=asked.people,
        invited_examples=asked.examples,
        excluded=excluded,
    )
