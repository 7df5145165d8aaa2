"""`make demo`'s supervisor as a person meets it: start, accident, stop, start again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cs_platform.local import processes
from cs_platform.local.servers import free_port

from .test_processes import eventually
from .test_servers import private_dir  # noqa: F401

pytestmark = pytest.mark.live


class Demo:
    """A demo of its own directory and port; what it says is kept."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, free_port()
        self.output = ""
        self.process: subprocess.Popen[str] | None = None

    def begin(self) -> subprocess.Popen[str]:
        kept = ("PATH", "HOME", "LANG", "TMPDIR")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cs_platform.local", "demo"],
            env={
                **{name: os.environ[name] for name in kept if name in os.environ},
                "VAR_DIR": str(self.var), "PORT": str(self.port), "DEBUG": "1",
                "DEMO_SIZE": "accounts=3,events=60,months=1",
            },
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        return self.process

    def start(self) -> None:
        process = self.begin()
        self.output = ""
        assert process.stdout
        for line in process.stdout:
            self.output += line
            if "Ready after" in line:
                return
        pytest.fail(f"the demo ended:\n{self.output}")

    def end(self) -> int:
        assert self.process
        self.process.terminate()
        rest, _ = self.process.communicate(timeout=30)
        self.output += rest
        return self.process.returncode

    def said(self, name: str) -> str:
        (line,) = re.findall(rf"^{name}: (.+)$", self.output, re.MULTILINE)
        return line

    def children(self) -> dict[str, dict[str, object]]:
        notes = [*self.var.glob("run/*.json"), *self.var.glob("*/process.json")]
        return {
            note.stem if note.parent.name == "run" else note.parent.name: json.loads(
                note.read_text()
            )
            for note in notes
        }


@pytest.fixture
def demo(private_dir: Path) -> Iterator[Demo]:  # noqa: F811
    demo = Demo(private_dir / "var")
    yield demo
    if demo.process and demo.process.poll() is None:
        demo.process.kill()
        demo.process.communicate()


def alive(child: dict[str, object]) -> bool:
    return processes.birth(int(str(child["pid"]))) == child["born"]


def test_a_life_of_the_demo(demo: Demo) -> None:
    demo.start()
    lines = {name: demo.said(name) for name in ("URL", "Log in", "Write key", "API key")}
    with urllib.request.urlopen(f"{lines['URL']}accounts/login/") as page:
        assert page.status == 200
    children = demo.children()
    assert set(children) == {"postgres", "valkey", "web", "worker", "scheduler"}
    assert all(map(alive, children.values()))
    private = [demo.var / name for name in ("demo.json", "secret-key", "environment.json")]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}

    os.kill(int(str(children["worker"]["pid"])), signal.SIGKILL)
    assert eventually(lambda: demo.children()["worker"] != children["worker"])
    children = demo.children()

    # The supervisor dies without a word: nobody outlives it, and the next start is clean.
    assert demo.process
    demo.process.kill()
    demo.process.communicate()
    assert eventually(lambda: not any(map(alive, children.values())))

    started = time.monotonic()
    demo.start()
    assert time.monotonic() - started < 20
    assert {name: demo.said(name) for name in lines} == lines
    children = demo.children()
    assert demo.end() == 0
    assert not any(map(alive, children.values()))
    assert not (demo.var / "environment.json").exists()


def test_a_taken_port_is_named(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo.port = taken.getsockname()[1]
        output, _ = demo.begin().communicate(timeout=30)
    assert demo.process
    assert demo.process.returncode == 1
    assert f"Port {demo.port} is taken by another program" in output
    assert "Traceback" not in output


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("kept")
    demo = Demo(in_the_way / "var")
    output, _ = demo.begin().communicate(timeout=30)
    assert "Nothing can be kept in" in output
    assert "VAR_DIR" in output
    assert "Traceback" not in output
    assert in_the_way.read_text() == "kept"
