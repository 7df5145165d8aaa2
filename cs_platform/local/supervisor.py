"""Keeps a few processes running: starts them again when they die, stops them all together."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cs_platform.local import processes

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a dead process is started again
_SETTLED = 60.0  # seconds after which a process counts as having started well


@dataclass
class Service:
    """One process to keep running. ``start`` may raise ``RuntimeError``; it is tried again."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    ask: signal.Signals = signal.SIGTERM
    pause: float = _FIRST_PAUSE  # seconds before it is started again, the next time it dies
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0, init=False)
    due_at: float = field(default=0, init=False)


class Supervisor:
    """Runs services in the order they are added and stops them in the reverse."""

    def __init__(self, say: Callable[[str], None], *, patience: float = 15) -> None:
        self._say = say
        self._patience = patience
        self._services: list[Service] = []

    def run(self, service: Service) -> None:
        """Start ``service`` and keep it running from now on."""
        self._services.append(service)
        self._start(service)

    def tend(self) -> None:
        """Look after every service once: note who died, start again who is due."""
        now = time.monotonic()
        for service in self._services:
            if service.process is None:
                if now >= service.due_at:
                    self._revive(service)
            elif (code := service.process.poll()) is not None:
                processes.end(service.process)  # whatever it started ends with it
                service.process = None
                if now - service.started_at > _SETTLED:
                    service.pause = _FIRST_PAUSE
                self._postpone(service, _how(code))

    def stop(self) -> None:
        """End every service, the last one first; those that do not listen are killed."""
        for service in reversed(self._services):
            if service.process is not None:
                processes.end(service.process, ask=service.ask, patience=self._patience)
        self._services.clear()

    def _start(self, service: Service) -> None:
        service.process = service.start()
        service.started_at = time.monotonic()

    def _revive(self, service: Service) -> None:
        try:
            self._start(service)
        except (RuntimeError, OSError) as error:
            self._postpone(service, f"did not start: {error}")
        else:
            self._say(f"{service.name} runs again")

    def _postpone(self, service: Service, why: str) -> None:
        service.due_at = time.monotonic() + service.pause
        self._say(f"{service.name} {why}; starting it again in {service.pause:.0f} s")
        service.pause = min(service.pause * 2, _LONGEST_PAUSE)


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
