"""The outbox, against a real mail server."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection

from accounts import delivery
from accounts.actions.consent import refuse_mail
from accounts.actions.mail import Attachment, cancel_mails, forget_texts, queue_mail, retry_mail
from accounts.models import MailAttachment, OutgoingMail, Workspace
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from cs_platform.core.tenancy import scope
from tests.live import wait_until
from tests.surveys.people import SYSTEM, make_contact
from tests.surveys.smtp import Server, mail_server

__all__ = ["mail_server"]


def _queue(to: str, **fields: Any) -> OutgoingMail:
    given = {"kind": "test", "subject": "Hello", "text": "Text.", "dedupe_key": f"to {to}"}
    return queue_mail(now=clock.now(), to=to, **{**given, **fields})


def _state(mail: OutgoingMail) -> tuple[str, int]:
    mail.refresh_from_db()
    return mail.state, mail.attempts


def _let_pass(mail: OutgoingMail) -> dt.timedelta:
    """Act as if the pause before the next attempt were over; how long it would have been."""
    mail.refresh_from_db()
    pause = mail.next_attempt_at - clock.now()
    OutgoingMail.objects.filter(pk=mail.pk).update(next_attempt_at=clock.now())
    return pause


def test_a_letter_arrives_as_it_was_written(scoped: Workspace, mail_server: Server) -> None:
    mail = _queue(
        "hanako@customer.example",
        subject="アンケートのお願い",
        text="こんにちは。",
        html="<p>こんにちは。</p>",
        headers={"List-Unsubscribe": "<https://x.example/u>"},
        attachments=[Attachment("報告.pdf", "application/pdf", b"%PDF-1.7")],
    )
    assert delivery.deliver(scoped.pk) == 1
    (letter,) = mail_server.postbox.letters
    assert letter["Subject"] == "アンケートのお願い"
    assert letter["Message-ID"] == mail.message_id
    assert mail.message_id.endswith("@sender.example>")
    assert letter["From"] == f"{scoped.name} <surveys@sender.example>"
    assert letter["List-Unsubscribe"] == "<https://x.example/u>"
    assert letter.get_body(("plain",)).get_content().strip() == "こんにちは。"
    assert "<p>こんにちは。</p>" in letter.get_body(("html",)).get_content()
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("報告.pdf", b"%PDF-1.7")
    assert _state(mail) == ("sent", 1)
    assert delivery.deliver(scoped.pk) == 0
    assert len(mail_server.postbox.letters) == 1


def test_no_header_can_be_smuggled_in(scoped: Workspace, mail_server: Server) -> None:
    Workspace.objects.filter(pk=scoped.pk).update(name="Acme\r\nBcc: all@evil.example")
    _queue(
        "a@customer.example",
        subject="Hi\r\nBcc: all@evil.example\x00\u2028X-Evil: 1",
        text="nul \x00 in text",
        headers={"X-Topic": "one\r\nX-Evil: 1"},
    )
    assert delivery.deliver(scoped.pk) == 1
    (letter,) = mail_server.postbox.letters
    assert letter["Bcc"] is None
    assert letter["X-Evil"] is None
    assert letter["Subject"] == "Hi Bcc: all@evil.example X-Evil: 1"
    assert letter["X-Topic"] == "one X-Evil: 1"
    assert letter.get_content().strip() == "nul  in text"
    with pytest.raises(DomainError) as caught:
        _queue("a@customer.example\nBcc: b@evil.example")
    assert (caught.value.code, caught.value.field) == ("not_an_email", "to")
    with pytest.raises(ValueError, match="Bcc"):
        _queue("b@customer.example", headers={"Bcc": "all@evil.example"})


def test_the_same_key_is_the_same_letter(scoped: Workspace, mail_server: Server) -> None:
    first = _queue("a@customer.example", attachments=[Attachment("a.txt", "text/plain", b"a")])
    again = _queue("a@customer.example", attachments=[Attachment("a.txt", "text/plain", b"a")])
    assert again.pk == first.pk
    assert MailAttachment.objects.count() == 1
    assert delivery.deliver(scoped.pk) == 1


def test_one_bad_address_keeps_nobody_waiting(scoped: Workspace, mail_server: Server) -> None:
    names = ("a", "gone", "b", "busy", "c", "spam", "d")
    mails = {name: _queue(f"{name}@customer.example") for name in names}
    assert delivery.deliver(scoped.pk) == 4
    assert [name.partition("@")[0] for name in mail_server.postbox.recipients] == list("abcd")
    states = {name: _state(mail)[0] for name, mail in mails.items()}
    assert states == {
        **dict.fromkeys("abcd", "sent"),
        "gone": "bounced",
        "spam": "bounced",
        "busy": "queued",
    }
    assert mails["gone"].error == "SMTPRecipientsRefused: 550 5.1.1 no such person"
    assert "554" in mails["spam"].error
    assert "451" in mails["busy"].error


def test_what_is_refused_for_now_is_tried_less_and_less_often(
    scoped: Workspace, mail_server: Server
) -> None:
    mail = _queue("busy@customer.example")
    pauses = []
    for attempt in range(delivery.MOST_ATTEMPTS):
        assert delivery.deliver(scoped.pk) == 0
        assert delivery.deliver(scoped.pk) == 0
        assert _state(mail) == (
            ("queued", attempt + 1) if attempt + 1 < delivery.MOST_ATTEMPTS else ("failed", 9)
        )
        pauses.append(_let_pass(mail).total_seconds())
    minutes = [round(seconds / 60) for seconds in pauses[:-1]]
    assert minutes == [1, 5, 15, 60, 180, 360, 720, 1440]
    assert delivery.deliver(scoped.pk) == 0
    mail_server.postbox.busy.clear()
    with pytest.raises(DomainError, match="failed"):
        retry_mail(actor=SYSTEM, now=clock.now(), mail=_queue("ok@customer.example"))
    retry_mail(actor=SYSTEM, now=clock.now(), mail=mail)
    assert delivery.deliver(scoped.pk) == 2
    assert mail.message_id in [letter["Message-ID"] for letter in mail_server.postbox.letters]


def test_a_server_that_is_away_loses_nothing(scoped: Workspace, mail_server: Server) -> None:
    mails = [_queue(f"person-{n}@customer.example") for n in range(5)]
    mail_server.stop()
    assert delivery.deliver(scoped.pk) == 0
    # each try costs one letter's attempt at most; all of them wait
    assert all(_state(mail)[0] == "queued" and mail.attempts <= 1 for mail in mails)
    mail_server.start_again()
    for mail in mails:
        _let_pass(mail)
    assert delivery.deliver(scoped.pk) == 5
    assert len(set(mail_server.postbox.recipients)) == 5


def test_a_claim_that_ran_out_is_taken_over_under_the_same_id(
    scoped: Workspace, mail_server: Server
) -> None:
    mail = _queue("a@customer.example")
    # what a worker killed between claim and sending leaves behind
    (claimed,) = delivery._claim(clock.now())
    assert _state(mail) == ("sending", 1)
    assert delivery.deliver(scoped.pk) == 0
    _let_pass(mail)
    assert delivery.deliver(scoped.pk) == 1
    assert mail_server.postbox.letters[0]["Message-ID"] == mail.message_id
    # the first worker was only slow: what it says no longer counts
    delivery._settle(scoped.pk, claimed, state="bounced", error="late")
    assert _state(mail) == ("sent", 2)


def test_a_letter_taken_back_is_not_sent(scoped: Workspace, mail_server: Server) -> None:
    contact = make_contact()
    cancelled = _queue("a@customer.example")
    refused = _queue(contact.email, contact=contact)
    late = _queue(contact.email, contact=contact, dedupe_key="late")
    assert cancel_mails(now=clock.now(), dedupe_keys=[cancelled.dedupe_key]) == 1
    refuse_mail(now=clock.now(), contact=contact, source="test")
    # written by somebody who had not seen the refusal yet
    OutgoingMail.objects.filter(pk=late.pk).update(state="queued")
    assert delivery.deliver(scoped.pk) == 0
    assert {_state(mail)[0] for mail in (cancelled, refused, late)} == {"cancelled"}


def test_texts_are_forgotten_and_facts_kept(scoped: Workspace, mail_server: Server) -> None:
    mail = _queue("a@customer.example", attachments=[Attachment("a.txt", "text/plain", b"a")])
    waiting = _queue("busy@customer.example")
    delivery.deliver(scoped.pk)
    assert forget_texts(before=clock.now() - dt.timedelta(minutes=1)) == 0
    assert forget_texts(before=clock.now() + dt.timedelta(minutes=1)) == 1
    mail.refresh_from_db()
    waiting.refresh_from_db()
    assert (mail.text, mail.to_address, mail.state) == ("", "a@customer.example", "sent")
    assert waiting.text == "Text."
    assert not MailAttachment.objects.exists()


def test_another_workspace_sees_no_letter(
    workspace: Workspace, rival_workspace: Workspace, mail_server: Server
) -> None:
    with scope(workspace.pk):
        _queue("a@customer.example")
    with scope(rival_workspace.pk):
        assert not delivery.has_mail(clock.now())
    assert delivery.deliver(rival_workspace.pk) == 0
    assert delivery.deliver(workspace.pk) == 1


@pytest.mark.live
@pytest.mark.timeout(120)
def test_workers_beside_each_other_send_each_letter_once(
    installation: Any, mail_server: Server
) -> None:
    workspace = installation.workspace
    with scope(workspace.pk):
        for n in range(120):
            _queue(f"person-{n}@customer.example")

    def work() -> None:
        try:
            delivery.deliver(workspace.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recipients = mail_server.postbox.recipients
    assert len(recipients) == len(set(recipients)) == 120
    with scope(workspace.pk):
        assert OutgoingMail.objects.filter(state="sent", attempts=1).count() == 120


@pytest.mark.live
@pytest.mark.timeout(300)
def test_a_worker_killed_while_sending_loses_nothing(
    installation: Any, mail_server: Server
) -> None:
    workspace = installation.workspace
    installation.env |= {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
    }
    with scope(workspace.pk):
        mails = [_queue(f"person-{n}@customer.example") for n in range(10)]
    postbox = mail_server.postbox
    postbox.hold = threading.Event()
    installation.start_beat()
    worker = installation.start_worker()
    wait_until(postbox.held.is_set, worker.last_words())
    worker.kill()
    postbox.hold.set()
    with scope(workspace.pk):
        assert OutgoingMail.objects.filter(state="sending").count() == 10
        # their claims run out
        OutgoingMail.objects.update(next_attempt_at=clock.now())
    worker.start()

    def all_sent() -> bool:
        with scope(workspace.pk):
            return OutgoingMail.objects.filter(state="sent").count() == 10

    wait_until(all_sent, worker.last_words())
    ids = [str(letter["Message-ID"]) for letter in postbox.letters]
    assert set(ids) == {mail.message_id for mail in mails}
    # only the one that was on the wire when the worker died may have come twice, as the same one
    assert len(ids) - len(set(ids)) <= 1
