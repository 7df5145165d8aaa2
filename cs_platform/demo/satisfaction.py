"""The generated answers enter the workspace: old ones by import, the latest round as it was asked.

The surveys go by external ids and the answers too, so a run that was killed is finished by running
it again.
"""

import datetime as dt
from collections.abc import Callable

from accounts.actors import Actor
from accounts.models import OutgoingMail, Workspace
from cs_platform.core import clock, tenancy
from cs_platform.demo.load import taken
from cs_platform.demo.people import Person
from cs_platform.demo.voices import Voice, recommendation
from cs_platform.demo.world import Customer, World
from metrics.surveys.actions.answers import answer_invitation
from metrics.surveys.actions.response_upserts import upsert_responses
from metrics.surveys.actions.sending import send_due, settle_letters
from metrics.surveys.actions.surveys import create_survey, publish_survey
from metrics.surveys.actions.themes import create_default_themes
from metrics.surveys.actions.waves import build_wave, start_wave
from metrics.surveys.models import Channel, Invitation, Survey, Theme
from metrics.surveys.rollup import roll_up_results

_NAMES = {
    "nps": "四半期NPS調査 / Quarterly NPS",
    "csat": "問い合わせ後のCSAT / CSAT after support",
    "ces": "問い合わせ後のCES / CES after support",
}
ANSWERS_AT_ONCE = 2_000
# the latest round began so many days ago; the time that letters take to go out everywhere
_ASKED_DAYS_AGO = 12
_SENDING_HOURS = 72


def surveys(*, actor: Actor, now: dt.datetime, begun: dt.datetime) -> dict[str, Survey]:
    """The three surveys of the open scope by kind, made and opened where they are missing."""
    if not Theme.objects.exists():
        create_default_themes(actor=actor, now=begun)
    found = {}
    for kind, name in _NAMES.items():
        survey = Survey.objects.filter(external_id=f"demo-{kind}").first()
        if survey is None:
            survey = create_survey(
                actor=actor,
                now=begun,
                kind=kind,
                name=name,
                external_id=f"demo-{kind}",
                by_mail=True,
                by_link=kind == "nps",
                after_case=kind == "csat",
                touchpoint="" if kind == "nps" else "support",
                recurrence_months=3 if kind == "nps" else None,
                window_days=[1, 2, 3, 4, 5, 6, 7],
                starts_at=now + dt.timedelta(days=80),
            )
            survey = publish_survey(actor=actor, now=begun, survey=survey)
        found[kind] = survey
    return found


def past_answers(
    workspace: Workspace,
    world: World,
    actor: Actor,
    now: dt.datetime,
    progress: Callable[[int], object],
) -> None:
    """Answers of earlier rounds and after support, as another tool would hand them over."""
    with tenancy.scope(workspace.pk):
        surveys(
            actor=actor, now=now, begun=clock.day_start(world.settings.since, workspace.timezone)
        )
    waiting: list[dict[str, object]] = []
    for number, customer in enumerate(world.customers()):
        waiting += [_item(voice, customer) for voice in world.voices(number, customer)]
        if len(waiting) >= ANSWERS_AT_ONCE or number + 1 == world.settings.accounts:
            with tenancy.scope(workspace.pk):
                taken(upsert_responses(items=waiting, is_historical=True, actor=actor, now=now))
            waiting = []
        progress(1)


def _item(voice: Voice, customer: Customer) -> dict[str, object]:
    return {
        "external_id": voice.external_id,
        "survey_external_id": f"demo-{voice.kind}",
        "contact_external_id": voice.person.external_id,
        "account_external_id": customer.firm.external_id,
        "score": voice.score,
        "comment": voice.comment,
        "language": voice.person.language,
        "channel": Channel.MAIL.value,
        "touchpoint": voice.touchpoint,
        "happened_at": voice.happened_at.isoformat(),
    }


def latest_round(workspace: Workspace, world: World, actor: Actor, now: dt.datetime) -> int:
    """Ask everybody to recommend us, as the workers would have; how many answered.

    In one transaction: the letters count as delivered before a worker could send them.
    """
    day = clock.local_date(now, workspace.timezone) - dt.timedelta(days=_ASKED_DAYS_AGO)
    asked_at = clock.day_start(day, workspace.timezone) + dt.timedelta(hours=9)
    with tenancy.scope(workspace.pk):
        survey = surveys(actor=actor, now=now, begun=asked_at)["nps"]
        if survey.waves.exists():
            return 0
        wave = start_wave(now=asked_at, survey=survey)
        while build_wave(now=asked_at, wave=wave):
            pass
        for hour in range(0, _SENDING_HOURS, 3):
            send_due(now=asked_at + dt.timedelta(hours=hour))
        letters = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED)
        letters.update(state=OutgoingMail.State.SENT, sent_at=asked_at)
        settle_letters()
        answered = _answer(world, day, now)
        roll_up_results(now)
    return answered


def _answer(world: World, day: dt.date, now: dt.datetime) -> int:
    people: dict[str, tuple[int, int, Person]] = {}
    for number, customer in enumerate(world.customers()):
        for place, person in enumerate(customer.people):
            people[person.external_id] = (number, place, person)
    invited = Invitation.objects.filter(state=Invitation.State.SENT).select_related("contact")
    count = 0
    for invitation in invited.order_by("contact__external_id"):
        number, place, person = people[invitation.contact.external_id]
        rng = world.answering(number, place)
        said = recommendation(world.life(number), person, day, rng)
        if said is None:
            continue
        at = (
            now
            - dt.timedelta(days=_ASKED_DAYS_AGO - 0.5)
            + dt.timedelta(days=min(float(rng.exponential(2.5)), _ASKED_DAYS_AGO - 0.6))
        )
        score, comment = said
        answer_invitation(
            now=at,
            invitation=invitation,
            answers={"score": score, "comment": comment} if comment else {"score": score},
            language=person.language,
        )
        count += 1
    return count
