"""A mail server that says what it is told to say, and keeps what it took."""

import email.policy
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from cs_platform.local.servers import free_port


class Postbox:
    """What arrived, and how recipients are answered: the words before the @ decide.

    ``gone…`` is refused for good when it is named, ``busy…`` for now, ``spam…`` for good once the
    letter is read. ``hold`` keeps every letter waiting until it is set.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.held = threading.Event()
        self.hold: threading.Event | None = None
        self.busy = {"busy"}

    async def handle_RCPT(  # noqa: N802 - named by aiosmtpd
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        name = address.partition("@")[0]
        if name.startswith("gone"):
            return "550 5.1.1 no such person"
        if any(name.startswith(word) for word in self.busy):
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.hold is not None:
            import asyncio

            self.held.set()
            while not self.hold.is_set():
                await asyncio.sleep(0.02)
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 not wanted here"
        parsed = BytesParser(policy=email.policy.default).parsebytes(envelope.content)
        self.letters.append(parsed)  # type: ignore[arg-type]
        return "250 OK"

    @property
    def recipients(self) -> list[str]:
        """Whom the letters were for, in the order they came."""
        return [str(letter["To"]) for letter in self.letters]


class Server:
    """The server; may be stopped and started again on its port."""

    def __init__(self) -> None:
        self.postbox = Postbox()
        self.port = free_port()
        self.start_again()

    def stop(self) -> None:
        """No longer answer."""
        self.controller.stop()

    def start_again(self) -> None:
        """Answer on the same port."""
        self.controller = Controller(self.postbox, hostname="127.0.0.1", port=self.port)
        self.controller.start()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[Server]:
    """A real SMTP server that Django sends to."""
    server = Server()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.EMAIL_TIMEOUT = 5
    settings.DEFAULT_FROM_EMAIL = "Surveys <surveys@sender.example>"
    yield server
    if server.postbox.hold is not None:
        server.postbox.hold.set()
    server.stop()
