"""Rounds of a survey: begun when they are due, and built in chunks, each in its own transaction.

A chunk looks at contacts in the order of their ids, reserves their letters in the contact budget
and writes their invitations; how far it came is written with it. Killed anywhere, a wave goes on
where its last chunk ended, and asks nobody twice.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actions.budget import reserve_contacts
from accounts.contact_rules import Reason, has_left, person_key
from accounts.models import Contact, ContactReservation, Workspace
from accounts.queries.budget import Asked
from accounts.queries.workspaces import current_workspace
from accounts.zones import zone_of
from cs_platform.core.errors import Conflict
from metrics.surveys.audience import Audience
from metrics.surveys.models import Channel, Invitation, Survey, Wave
from metrics.surveys.queries.audience import NOT_SAMPLED, people, sample_bound
from metrics.surveys.timing import next_moment, next_wave_after

CHUNK = 2000


@transaction.atomic
def start_wave(*, now: dt.datetime, survey: Survey) -> Wave:
    """Begin the next round of an open survey now. Its people are invited by `build_wave`.

    Errors: ``not_open``, ``no_letters`` (the survey sends none), ``wave_being_built``.
    """
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if survey.state != Survey.State.OPEN:
        raise Conflict(_("The survey is not open."), code="not_open")
    if not survey.by_mail:
        raise Conflict(_("This survey sends no letters."), code="no_letters")
    if survey.waves.filter(built_at__isnull=True).exists():
        raise Conflict(_("The last round is still being prepared."), code="wave_being_built")
    number = (survey.waves.aggregate(last=Max("number"))["last"] or 0) + 1
    audience = Audience.parse(survey.audience)
    wave = Wave.objects.create(
        survey=survey,
        number=number,
        started_at=now,
        sample_bound=sample_bound(audience, wave_number=number, at=now),
    )
    survey.next_wave_at = next_wave_after(
        survey.starts_at or survey.published_at or now,
        now,
        survey.recurrence_months,
        current_workspace().timezone,
    )
    survey.save(update_fields=["next_wave_at"])
    return wave


def start_due_waves(*, now: dt.datetime) -> list[Wave]:
    """Begin the rounds whose time has come. A round being built holds the next one up."""
    due = (
        Survey.objects.filter(state=Survey.State.OPEN, by_mail=True, next_wave_at__lte=now)
        .exclude(pk__in=Wave.objects.filter(built_at__isnull=True).values("survey_id"))
        .order_by("next_wave_at")
    )
    with transaction.atomic():
        locked = list(due.select_for_update(skip_locked=True, of=("self",)))
        return [start_wave(now=now, survey=survey) for survey in locked]


@transaction.atomic
def build_wave(*, now: dt.datetime, wave: Wave, chunk: int = CHUNK) -> bool:
    """Invite the next people of a wave; whether more are to come.

    False as well while another worker is at it, and while the survey is paused; a wave of a closed
    survey is over.
    """
    found = (
        Wave.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("survey")
        .filter(pk=wave.pk, built_at__isnull=True)
        .first()
    )
    if found is None or found.survey.state == Survey.State.PAUSED:
        return False
    if found.survey.state == Survey.State.CLOSED:
        found.built_at = now
        found.save(update_fields=["built_at"])
        return False
    audience = Audience.parse(found.survey.audience)
    contacts = list(
        people(audience)
        .select_related("account")
        .filter(pk__gt=found.built_until)
        .order_by("pk")[:chunk]
    )
    left_out = _invite_all(found, audience, contacts, now)
    found.population += len(contacts)
    found.audience_size += len(contacts) - left_out.total()
    found.excluded = dict(Counter(found.excluded) + left_out)
    is_over = len(contacts) < chunk
    if contacts:
        found.built_until = contacts[-1].pk
    if is_over:
        found.built_at = now
    found.save()
    return not is_over


def _invite_all(
    wave: Wave, audience: Audience, contacts: list[Contact], now: dt.datetime
) -> Counter[str]:
    """Invite those of a chunk who may be; how many were left out by reason."""
    left_out: Counter[str] = Counter()
    asked: list[Asked] = []
    workspace = current_workspace()
    seed = audience.wave_seed(wave.number)
    known = _asked_in_wave(wave, contacts)
    moments = Moments(wave.survey, workspace, now)
    for contact in contacts:
        person = person_key(contact.email)
        own = _own_reason(contact, workspace, now)
        if own is not None:
            left_out[own] += 1
        elif wave.sample_bound is not None and audience.draw(seed, contact.pk) > wave.sample_bound:
            left_out[NOT_SAMPLED] += 1
        elif person in known:
            left_out[Reason.SAME_PERSON] += 1
        else:
            known.add(person)
            asked.append(Asked(contact, moments.of(contact), wave_topic(wave, contact)))
    results = reserve_contacts(now=now, kind=ContactReservation.Kind.SURVEY, asked=asked)
    invitations = []
    for one, result in zip(asked, results, strict=True):
        if isinstance(result, Reason):
            left_out[result] += 1
        else:
            invitations.append(
                new_invitation(wave.survey, one.contact, due_at=one.at, now=now, wave=wave)
            )
    Invitation.objects.bulk_create(invitations, batch_size=1000)
    return Counter({str(reason.value if isinstance(reason, Reason) else reason): count
                    for reason, count in left_out.items()})  # fmt: skip


def _own_reason(contact: Contact, workspace: Workspace, now: dt.datetime) -> Reason | None:
    """What keeps a person out by itself, before a sample is drawn."""
    if not person_key(contact.email):
        return Reason.NO_ADDRESS
    if has_left(contact.left_on, now, workspace.timezone):
        return Reason.LEFT
    return Reason.REFUSED if contact.consent == Contact.Consent.REFUSED else None


def _asked_in_wave(wave: Wave, contacts: Iterable[Contact]) -> set[str]:
    """Which of these people an earlier chunk has asked under another contact."""
    addresses = {person_key(contact.email) for contact in contacts}
    return set(
        ContactReservation.objects.filter(
            address__in=addresses, topic__startswith=f"wave:{wave.pk}:", released_at__isnull=True
        ).values_list("address", flat=True)
    )


def wave_topic(wave: Wave, contact: Contact) -> str:
    """What the budget knows a person's request in a wave by."""
    return f"wave:{wave.pk}:{contact.pk}"


class Moments:
    """When letters of a survey go out from ``now`` on, by the recipients' time zones."""

    def __init__(self, survey: Survey, workspace: Workspace, now: dt.datetime) -> None:
        self._survey = survey
        self._home = workspace.timezone
        self._now = now
        self._by_zone: dict[str, dt.datetime] = {}

    def of(self, contact: Contact) -> dt.datetime:
        """The first moment in the person's sending window."""
        zone = zone_of(contact.timezone, contact.account.country, self._home)
        if zone not in self._by_zone:
            survey = self._survey
            self._by_zone[zone] = next_moment(
                self._now, zone, survey.window_days, survey.window_from, survey.window_to
            )
        return self._by_zone[zone]


def new_invitation(
    survey: Survey,
    contact: Contact,
    *,
    due_at: dt.datetime,
    now: dt.datetime,
    wave: Wave | None = None,
    channel: str = Channel.MAIL,
) -> Invitation:
    """An invitation to be stored: open for the survey's days to answer, at most until it closes."""
    expires_at = due_at + dt.timedelta(days=survey.answer_days)
    if survey.closes_at is not None:
        expires_at = min(expires_at, survey.closes_at)
    return Invitation(
        survey=survey,
        wave=wave,
        contact=contact,
        account_id=contact.account_id,
        channel=channel,
        language=survey.language_for(_language_of(contact)),
        touchpoint=survey.touchpoint,
        created_at=now,
        due_at=due_at,
        expires_at=expires_at,
    )


def _language_of(contact: Contact) -> str:
    """The person's language; where it is not known, Japanese at a firm in Japan."""
    return contact.language or ("ja" if contact.account.country == "JP" else "")
