"""Children end with us, and what an earlier run left is found without hitting a stranger."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cs_platform.local import processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def spawn(tmp_path: Path, command: list[str]) -> subprocess.Popen[bytes]:
    return processes.spawn(
        command, log=tmp_path / "log", remember_in=tmp_path / "child.json",
        cwd=tmp_path, env=os.environ,
    )  # fmt: skip


def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable, "-c",
            "import os, pathlib, sys, time\n"
            "from cs_platform.local import processes\n"
            "here = pathlib.Path(sys.argv[1])\n"
            "processes.spawn([sys.executable, '-c', 'import time; time.sleep(60)'],\n"
            "    log=None, remember_in=here / 'child.json', cwd=here, env=os.environ)\n"
            "time.sleep(60)\n",
            str(tmp_path),
        ],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    note = tmp_path / "child.json"
    assert eventually(lambda: note.exists() and note.read_text().endswith("}"))
    child = json.loads(note.read_text())
    assert processes.birth(child["pid"]) == child["born"]
    parent.kill()
    parent.wait()
    assert eventually(lambda: processes.birth(child["pid"]) is None)


def test_a_remembered_process_is_ended(tmp_path: Path) -> None:
    child = spawn(tmp_path, SLEEP)
    assert processes.end_remembered(tmp_path / "child.json")
    assert child.wait(5) == -signal.SIGTERM
    assert not (tmp_path / "child.json").exists()


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    child = spawn(tmp_path, SLEEP)
    try:
        note = tmp_path / "child.json"
        note.write_text(json.dumps({"pid": child.pid, "born": "another boot/1"}))
        assert not processes.end_remembered(note)
        assert child.poll() is None
    finally:
        processes.end(child)


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"pid": "x", "born": "y"}', '{"pid": 1}'])
def test_a_half_written_note_is_nobody(tmp_path: Path, rubbish: str) -> None:
    (tmp_path / "note").write_text(rubbish)
    assert not processes.end_remembered(tmp_path / "note")


def test_a_child_that_will_not_listen_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('grandchild', 'w').write(f'{child.pid} ')\n"
        "time.sleep(60)\n"
    )
    child = spawn(tmp_path, [sys.executable, "-c", script])
    note = tmp_path / "grandchild"
    assert eventually(lambda: note.exists() and note.read_text().endswith(" "))
    grandchild = int(note.read_text())
    processes.end(child, patience=0.2)
    assert child.returncode == -signal.SIGKILL
    assert eventually(lambda: processes.birth(grandchild) is None)
