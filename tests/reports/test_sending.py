"""A report that has fallen due, all the way: task, worker, outbox, a real mail server."""

import datetime as dt
import io
import threading
from typing import Any

import pytest
from kombu import Connection
from pypdf import PdfReader

from accounts.actors import Actor
from accounts.models import OutgoingMail
from cs_platform.celery import app
from cs_platform.core import clock
from cs_platform.core.tenancy import scope
from metrics.reports.actions.schedules import create_schedule
from metrics.reports.models import Report, ReportDelivery, Section
from tests.cast import Cast
from tests.live import wait_until
from tests.surveys.smtp import Server, mail_server

__all__ = ["mail_server"]
pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]


def test_a_due_report_arrives_once_whoever_is_killed(
    installation: Any, mail_server: Server
) -> None:
    workspace = installation.workspace
    owner = Cast(workspace)["owner"]
    installation.env |= {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
    }
    with scope(workspace.pk):
        create_schedule(
            actor=Actor.of(owner), now=clock.now() - dt.timedelta(days=62), name="Leaders",
            day_of_month=1, hour=0, language="ja", sections=list(Section.values), is_active=True,
            recipients=[owner],
        )  # fmt: skip
    postbox = mail_server.postbox
    postbox.hold = threading.Event()
    installation.start_beat()
    worker = installation.start_worker()

    def call() -> None:
        """What the scheduler sends each minute."""
        with Connection(installation.env["REDIS_URL"]) as broker:
            app.send_task("documents.send_reports", connection=broker)

    call()
    wait_until(postbox.held.is_set, worker.last_words())
    worker.kill()
    postbox.hold.set()
    with scope(workspace.pk):
        # the killed worker's claim runs out
        assert OutgoingMail.objects.update(next_attempt_at=clock.now()) == 1
    worker.start()
    call()

    def is_sent() -> bool:
        with scope(workspace.pk):
            return OutgoingMail.objects.filter(state="sent").exists()

    wait_until(is_sent, worker.last_words())
    call()
    with scope(workspace.pk):
        report = Report.objects.get()
        mail = ReportDelivery.objects.get().mail
    # the one on the wire when the worker died may have come twice, as the same letter
    assert {str(letter["Message-ID"]) for letter in postbox.letters} == {mail.message_id}
    assert len(postbox.letters) <= 2
    letter = postbox.letters[-1]
    assert letter["To"] == owner.user.email
    (file,) = letter.iter_attachments()
    assert file.get_content() == bytes(report.pdf)
    pages = PdfReader(io.BytesIO(file.get_content())).pages
    assert len(pages) == report.pages
    assert workspace.name in pages[0].extract_text()
