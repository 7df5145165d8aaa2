"""One budget for everybody who writes to customers."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.actions.budget import (
    ContactBudgetSpent,
    release_contacts,
    reserve_contact,
    reserve_contacts,
    update_budget,
)
from accounts.actions.consent import allow_mail, refuse_mail
from accounts.contact_rules import ACCOUNT_DAYS, Reason, is_account_full, is_too_soon
from accounts.models import Contact, ContactReservation, OutgoingMail, Workspace
from accounts.queries.budget import Asked, contact_budget, refusals, reservations_of
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from cs_platform.core.tenancy import scope
from metrics.surveys.actions import waves
from metrics.surveys.actions.opting_out import opt_out
from metrics.surveys.actions.sending import send_due
from metrics.surveys.audience import Audience
from metrics.surveys.models import Invitation
from metrics.surveys.queries.audience import preview, reachable
from tests.surveys.people import NOW, SYSTEM, make_account, make_contact, make_survey

DAY = dt.timedelta(days=1)


def _reserve(contact: Contact, at: dt.datetime = NOW, topic: str = "", kind: str = "survey") -> Any:
    return reserve_contact(
        now=NOW, contact=contact, account=contact.account, kind=kind, at=at, topic=topic or str(at)
    )


def _refused(contact: Contact, at: dt.datetime = NOW, topic: str = "") -> Reason:
    with pytest.raises(ContactBudgetSpent) as caught:
        _reserve(contact, at, topic)
    assert caught.value.code == f"contact_{caught.value.reason.value}"
    return caught.value.reason


def test_a_person_is_asked_every_fourteen_days_unless_said_otherwise(scoped: Workspace) -> None:
    contact = make_contact()
    assert (contact_budget().days_between, contact_budget().account_most) == (14, 10)
    _reserve(contact)
    assert _refused(contact, NOW + 14 * DAY - dt.timedelta(seconds=1)) == Reason.TOO_SOON
    # what is planned for later holds its place as well as what is past
    assert _refused(contact, NOW - 13 * DAY) == Reason.TOO_SOON
    _reserve(contact, NOW + 14 * DAY, kind="playbook")
    assert _refused(contact, NOW + 20 * DAY) == Reason.TOO_SOON
    assert [entry.kind for entry in reservations_of(contact)] == ["playbook", "survey"]
    update_budget(actor=SYSTEM, now=NOW, days_between=5)
    _reserve(contact, NOW + 20 * DAY)


def test_reminders_are_not_held_against_their_own_request(scoped: Workspace) -> None:
    contact = make_contact()
    _reserve(contact, topic="wave:1")
    _reserve(contact, NOW + 7 * DAY, topic="wave:1", kind="reminder")
    # but against the next one
    assert _refused(contact, NOW + 15 * DAY, topic="wave:2") == Reason.TOO_SOON
    assert _refused(contact, NOW + 21 * DAY - dt.timedelta(seconds=1), "wave:2") == Reason.TOO_SOON
    _reserve(contact, NOW + 21 * DAY, topic="wave:2")


def test_an_account_gets_so_many_letters_within_thirty_days(scoped: Workspace) -> None:
    update_budget(actor=SYSTEM, now=NOW, days_between=0, account_most=2)
    account = make_account()
    people = [make_contact(account) for _n in range(4)]
    _reserve(people[0])
    _reserve(people[1], NOW + 10 * DAY)
    assert _refused(people[2], NOW + 20 * DAY) == Reason.ACCOUNT_FULL
    assert _refused(people[2], NOW + ACCOUNT_DAYS * DAY - dt.timedelta(1)) == Reason.ACCOUNT_FULL
    _reserve(people[2], NOW + ACCOUNT_DAYS * DAY)
    _reserve(make_contact(), NOW + 20 * DAY)


def test_one_address_is_one_person_at_however_many_accounts(scoped: Workspace) -> None:
    here, there = (
        make_contact(email="Both@customer.example"),
        make_contact(email="both@CUSTOMER.example"),
    )
    _reserve(here)
    assert _refused(there, NOW + DAY) == Reason.TOO_SOON
    refuse_mail(now=NOW, contact=there, source="link")
    here.refresh_from_db()
    assert (here.consent, here.consent_at, here.consent_source) == ("refused", NOW, "link")
    assert _refused(here, NOW + 100 * DAY) == Reason.REFUSED
    # a second time changes nothing of the first
    refuse_mail(now=NOW + DAY, contact=here, source="again")
    here.refresh_from_db()
    assert (here.consent_at, here.consent_source) == (NOW, "link")
    allow_mail(now=NOW + DAY, contact=here, source="member")
    there.refresh_from_db()
    assert there.consent == "given"


def test_whoever_has_no_address_has_left_or_refused_is_not_written_to(scoped: Workspace) -> None:
    assert _refused(make_contact(email="")) == Reason.NO_ADDRESS
    assert _refused(make_contact(left_on=NOW.date())) == Reason.LEFT
    assert _refused(make_contact(consent="refused")) == Reason.REFUSED
    leaving = make_contact(left_on=NOW.date() + DAY)
    _reserve(leaving)
    assert _refused(leaving, NOW + 30 * DAY) == Reason.LEFT


def test_people_leave_when_the_workspaces_day_begins(scoped: Workspace) -> None:
    """On 5 March in Tokyo, which is 15:00 of the 4th in UTC; looked at by every way there is."""
    midnight = dt.datetime(2026, 3, 4, 15, 0, tzinfo=dt.UTC)
    # when letters go out the same day
    before = midnight - dt.timedelta(hours=12)
    contact = make_contact(left_on=dt.date(2026, 3, 5))
    survey = make_survey()
    for at, is_left in ((before, False), (midnight, True)):
        assert refusals([contact], at=at) == ({contact.pk: Reason.LEFT} if is_left else {})
        found = preview(survey, now=at)
        assert (found.invited, found.reasons) == ((0, {"left": 1}) if is_left else (1, {}))
        assert reachable(Audience.parse({}), at=at).count() == (0 if is_left else 1)
        with transaction.atomic():
            wave = waves.start_wave(now=at, survey=survey)
            waves.build_wave(now=at, wave=wave)
            wave.refresh_from_db()
            assert (wave.audience_size, wave.excluded) == ((0, {"left": 1}) if is_left else (1, {}))
            transaction.set_rollback(True)
    # a letter that waits since before is not sent after
    waves.build_wave(now=before, wave=waves.start_wave(now=before, survey=survey))
    Invitation.objects.update(due_at=before)
    send_due(now=midnight)
    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.reason) == (Invitation.State.SUPPRESSED, Reason.LEFT)


def test_what_is_given_back_may_be_used_again_and_what_was_sent_may_not(scoped: Workspace) -> None:
    contact = make_contact()
    _reserve(contact, NOW + DAY, topic="later")
    assert release_contacts(now=NOW, topics=["later"]) == 1
    _reserve(contact, NOW + DAY, topic="other")
    assert release_contacts(now=NOW + 2 * DAY, topics=["other"]) == 0
    assert _refused(contact, NOW + 3 * DAY) == Reason.TOO_SOON


def test_looking_is_like_reserving(scoped: Workspace) -> None:
    update_budget(actor=SYSTEM, now=NOW, days_between=14, account_most=2)
    account = make_account()
    people = [make_contact(account) for _n in range(3)]
    people += [make_contact(email=""), make_contact(email=people[0].email)]
    seen = refusals(people, at=NOW)
    asked = [Asked(person, NOW, f"t{person.pk}") for person in people]
    results = reserve_contacts(now=NOW, kind="survey", asked=asked)
    assert seen == {
        one.contact.pk: result
        for one, result in zip(asked, results, strict=True)
        if isinstance(result, Reason)
    }
    assert list(seen.values()) == [Reason.ACCOUNT_FULL, Reason.NO_ADDRESS, Reason.TOO_SOON]


@pytest.mark.parametrize(
    ("limits", "field"),
    [({"days_between": 366}, "days_between"), ({"account_most": 0}, "account_most"),
     ({"days_between": "x"}, "days_between"), ({"days_between": -1}, "days_between")],
)  # fmt: skip
def test_bad_limits(scoped: Workspace, limits: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as caught:
        update_budget(actor=SYSTEM, now=NOW, **limits)
    assert caught.value.field == field
    assert contact_budget().pk is None


def test_another_accounts_person_is_refused(scoped: Workspace) -> None:
    with pytest.raises(DomainError) as caught:
        reserve_contact(
            now=NOW, contact=make_contact(), account=make_account(), kind="survey", at=NOW, topic=""
        )
    assert caught.value.code == "wrong_account"


def test_opting_out_takes_back_what_waits(scoped: Workspace) -> None:
    contact = make_contact()
    make_survey(starts_at=NOW)
    (wave,) = waves.start_due_waves(now=NOW - dt.timedelta(hours=5) + DAY)
    waves.build_wave(now=NOW - dt.timedelta(hours=5) + DAY, wave=wave)
    invitation = Invitation.objects.get()
    assert invitation.due_at > NOW
    opt_out(now=NOW, contact=contact, source="the link in a letter")
    opt_out(now=NOW, contact=contact, source="the link in a letter")
    invitation.refresh_from_db()
    assert (invitation.state, invitation.reason) == ("suppressed", "refused")
    assert not OutgoingMail.objects.exists()
    assert ContactReservation.objects.get().released_at == NOW


moments = st.integers(0, 200).map(lambda days: NOW + days * DAY)


@settings(deadline=None)
@given(moments, st.lists(moments, max_size=30), st.integers(1, 6))
def test_an_account_is_full_exactly_if_some_window_would_be(
    at: dt.datetime, others: list[dt.datetime], most: int
) -> None:
    letters = [*others, at]
    window = ACCOUNT_DAYS * DAY
    starts = [NOW + day * DAY for day in range(-ACCOUNT_DAYS, 201)]
    fullest = max(
        sum(start <= letter < start + window for letter in letters)
        for start in starts
        if start <= at < start + window
    )
    assert is_account_full(at, others, most) == (fullest > most)


@settings(deadline=None)
@given(moments, st.lists(moments), st.integers(0, 60))
def test_too_soon_is_the_nearest_of_all(
    at: dt.datetime, others: list[dt.datetime], days: int
) -> None:
    nearest = min((abs(at - other) for other in others), default=dt.timedelta.max)
    assert is_too_soon(at, others, days) == (nearest < days * DAY)


@pytest.mark.live
@pytest.mark.timeout(120)
def test_waves_at_the_same_time_never_write_to_one_person_twice(installation: Any) -> None:
    workspace_id = installation.workspace.pk
    now = clock.now()
    everyday = {"window_days": list(range(1, 8)), "window_from": 0, "window_to": 24}
    with scope(workspace_id):
        update_budget(actor=SYSTEM, now=now, days_between=14, account_most=5)
        accounts = [make_account() for _n in range(20)]
        for n in range(160):
            make_contact(accounts[n % 20])
        for _n in range(4):
            make_survey(now=now, **everyday)
        started = waves.start_due_waves(now=now)
    assert len(started) == 4
    barrier = threading.Barrier(4)
    errors: list[BaseException] = []

    def build(wave: Any) -> None:
        try:
            barrier.wait()
            is_more = True
            while is_more:
                with scope(workspace_id):
                    is_more = waves.build_wave(now=now, wave=wave, chunk=15)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=build, args=[wave]) for wave in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with scope(workspace_id):
        asked = list(Invitation.objects.values_list("contact_id", flat=True))
        assert len(asked) == len(set(asked)) == 100  # 20 accounts, 5 letters each
        by_account = list(Invitation.objects.values_list("account_id", flat=True))
        assert {by_account.count(account.pk) for account in accounts} == {5}
        assert ContactReservation.objects.count() == 100
        for wave in started:
            wave.refresh_from_db()
            assert wave.audience_size + sum(wave.excluded.values()) == wave.population == 160
