"""Child processes that leave nothing behind: tethered to us, and remembered in case that fails."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_TETHER = Path(__file__).with_name("tether.py")
_PATIENCE = 20  # seconds between asking a process to end and insisting


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    remember_in: Path | None = None,
    cwd: Path,
    env: Mapping[str, str],
    on_our_death: signal.Signals = signal.SIGTERM,
    user: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a process group of its own, its output appended to ``log`` (None: ours).

    When this process dies, even of SIGKILL, Linux sends ``on_our_death`` to the child; elsewhere
    the next start finds the child by ``remember_in`` (see `end_remembered`). ``user`` is the
    (uid, gid) to run as; ``cwd`` may be a directory that user could not find by itself.
    """
    identity = "-" if user is None else f"{user[0]}:{user[1]}"
    tether = [sys.executable, "-I", "-S", str(_TETHER), str(int(on_our_death)), str(os.getpid())]
    with contextlib.nullcontext() if log is None else log.open("ab") as output:
        process = subprocess.Popen(
            [*tether, identity, *command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            cwd=cwd, env=dict(env), start_new_session=True,
        )  # fmt: skip
    if remember_in is not None:
        remember_in.write_text(json.dumps({"pid": process.pid, "born": birth(process.pid)}))
    return process


def birth(pid: int) -> str | None:
    """When the process ``pid`` began, in a form that tells it from a later one of that number.

    None when there is none, or only its remains (a zombie).
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        if Path("/proc/self").exists():
            return None
        shown = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return shown.stdout.strip() or None
    # The name in parentheses may contain anything; the fields are counted after it.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else f"{boot}/{fields[19]}"


def end(
    process: subprocess.Popen[bytes], *, ask: signal.Signals = signal.SIGTERM,
    patience: float = _PATIENCE,
) -> None:  # fmt: skip
    """Ask a child to end, wait, then insist on it and on whatever it started."""
    if process.poll() is None:
        process.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    _kill_group(process.pid)
    process.wait()


def end_remembered(
    remembered_in: Path, *, ask: signal.Signals = signal.SIGTERM, patience: float = _PATIENCE
) -> bool:
    """End the process an earlier run of ours left running; whether there was one.

    A process of the same number that began at another time is not ours and is left alone.
    """
    try:
        remembered = json.loads(remembered_in.read_text())
        pid, born = int(remembered["pid"]), remembered["born"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False
    found = born is not None and birth(pid) == born
    if found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, ask)
        deadline = time.monotonic() + patience
        while birth(pid) == born and time.monotonic() < deadline:
            time.sleep(0.05)
        if birth(pid) == born:
            _kill_group(pid)
    remembered_in.unlink(missing_ok=True)
    return found


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
