"""A dead service runs again, with growing pauses; stopping ends everything in reverse."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cs_platform.local import processes, supervisor
from cs_platform.local.supervisor import Service, Supervisor

from .test_processes import SLEEP, eventually


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 0.1)


class Starter:
    def __init__(self, tmp_path: Path, name: str, command: list[str]) -> None:
        self.tmp_path, self.name, self.command = tmp_path, name, command
        self.children: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> subprocess.Popen[bytes]:
        child = processes.spawn(
            self.command, log=self.tmp_path / f"{self.name}.log",
            remember_in=self.tmp_path / f"{self.name}.json", cwd=self.tmp_path, env=os.environ,
        )  # fmt: skip
        self.children.append(child)
        return child


def test_a_killed_service_runs_again(tmp_path: Path) -> None:
    said: list[str] = []
    starter = Starter(tmp_path, "worker", SLEEP)
    boss = Supervisor(said.append)
    service = Service("worker", starter, pause=0.1)
    boss.run(service)
    starter.children[0].kill()
    starter.children[0].wait()

    def tended() -> bool:
        boss.tend()
        return len(starter.children) == 2

    assert eventually(tended)
    assert starter.children[1].poll() is None
    assert said == ["worker was ended by SIGKILL; starting it again in 0 s", "worker runs again"]
    boss.stop()
    assert starter.children[1].poll() is not None


def test_pauses_grow_for_a_service_that_keeps_dying(tmp_path: Path) -> None:
    starter = Starter(tmp_path, "web", [sys.executable, "-S", "-c", "raise SystemExit(3)"])
    said: list[str] = []
    boss = Supervisor(said.append)
    service = Service("web", starter, pause=0.1)
    boss.run(service)

    def tended() -> bool:
        boss.tend()
        return len(said) >= 5

    assert eventually(tended)
    assert service.pause == pytest.approx(0.8)
    assert said[0] == "web ended with exit code 3; starting it again in 0 s"
    boss.stop()


def test_a_service_that_cannot_be_started_again_is_tried_later(tmp_path: Path) -> None:
    starter = Starter(tmp_path, "postgres", SLEEP)
    said: list[str] = []
    boss = Supervisor(said.append)
    attempts = []

    def start() -> subprocess.Popen[bytes]:
        attempts.append(time.monotonic())
        if len(attempts) == 2:
            raise RuntimeError("no room on the disk")
        return starter()

    service = Service("postgres", start, pause=0.1)
    boss.run(service)
    starter.children[0].kill()
    starter.children[0].wait()

    def tended() -> bool:
        boss.tend()
        return len(attempts) == 3

    assert eventually(tended)
    assert "postgres did not start: no room on the disk" in said[1]
    boss.stop()


def test_the_last_service_ends_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    boss = Supervisor(lambda text: None)
    for name in ("database", "web"):
        script = (
            "import signal, sys, time\n"
            f"def end(*_): open({str(order)!r}, 'a').write('{name} '); sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, end)\n"
            "print('ready', flush=True)\n"
            "time.sleep(60)\n"
        )
        boss.run(Service(name, Starter(tmp_path, name, [sys.executable, "-S", "-c", script])))
        assert eventually(lambda log=tmp_path / f"{name}.log": "ready" in log.read_text())
    boss.stop()
    assert order.read_text() == "web database "
