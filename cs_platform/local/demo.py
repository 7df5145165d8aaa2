"""`make demo`: servers, migrations, sample data, web, worker and scheduler in the foreground."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from cs_platform.local import environment, processes
from cs_platform.local.environment import BASE_DIR
from cs_platform.local.files import secret, write_private
from cs_platform.local.sample import load_state
from cs_platform.local.servers import Server, free_port, start_postgres, start_valkey
from cs_platform.local.supervisor import Service, Supervisor

QUEUES = "ingest,score,mail,default"
_READY_SECONDS = 60


class Stopped(BaseException):
    """Somebody asked the demo to end."""


class Failed(Exception):
    """The demo cannot go on; the message says why and what to do."""


def run() -> int:
    """Serve until stopped; the exit code."""
    started = time.monotonic()
    var = environment.var_dir()
    try:
        for directory in (var, var / "log", var / "run"):
            directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
        print(f"Nothing can be kept in {var} ({reason}). Choose VAR_DIR=…", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    supervisor = Supervisor(_say)
    try:
        with environment.take_possession(var):
            try:
                _serve(var, supervisor, started)
            finally:
                environment.withdraw(var)
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                _say("Stopping")
                supervisor.stop()
    except Stopped:
        return 0
    except (Failed, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1


def _serve(var: Path, supervisor: Supervisor, started: float) -> NoReturn:
    port = _port()
    for leftover in sorted((var / "run").glob("*.json")):
        processes.end_remembered(leftover)
    _check_free(port)
    env = {
        **os.environ,
        "VAR_DIR": str(var),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret(var / "secret-key"),
        "DJANGO_SETTINGS_MODULE": "cs_platform.settings",
        "PYTHONUNBUFFERED": "1",
        "PUBLIC_URL": os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}",
    }
    env.update(_servers(var, supervisor))
    environment.publish(var, env)
    _prepare(var, env)
    for name, command in _commands(var, port).items():
        supervisor.run(Service(name, _starter(var, name, command, env)))
    url = f"http://127.0.0.1:{port}/"
    _wait_until_ready(url, supervisor, var)
    state = load_state(var)
    print(
        f"URL: {url}\n"
        f"Log in: {state['email']} / {state['password']}\n"
        f"Write key: {state['write_key']}\n"
        f"API key: {state['api_key']}",
        flush=True,
    )
    _say(f"Ready after {time.monotonic() - started:.0f} s; Ctrl-C stops it, logs are in {var}/log")
    while True:
        supervisor.tend()
        time.sleep(0.2)


def _servers(var: Path, supervisor: Supervisor) -> dict[str, str]:
    """Addresses of the database and the broker; our own are started where none is named."""
    addresses = {}
    kinds: tuple[tuple[str, str, Callable[..., Server]], ...] = (
        ("DATABASE_URL", "postgres", start_postgres),
        ("REDIS_URL", "valkey", start_valkey),
    )
    for variable, name, start in kinds:
        if os.environ.get(variable):
            addresses[variable] = os.environ[variable]
            continue
        _say(f"Starting {name}")
        # Fixed for this run: whoever uses the server finds it again after it has been revived.
        port = free_port()

        def revive(
            start: Callable[..., Server] = start, name: str = name, port: int = port
        ) -> subprocess.Popen[bytes]:
            return start(var / name, port=port).process

        service = Service(name, revive, ask=signal.SIGINT)
        supervisor.run(service)
        addresses[variable] = _address(var, name, port)
    return addresses


def _address(var: Path, name: str, port: int) -> str:
    if name == "valkey":
        return f"redis://127.0.0.1:{port}/0"
    password = secret(var / name / "password")
    return f"postgres://postgres:{password}@127.0.0.1:{port}/cs_platform"


def _prepare(var: Path, env: dict[str, str]) -> None:
    """Static files, database and sample data, as far as they are not there yet."""
    mark, fingerprint = var / "static.made", _static_fingerprint()
    collecting = None
    # In development files are served from where they lie.
    is_development = os.environ.get("DEBUG", "").lower() in {"1", "true", "yes", "on"}
    if not is_development and (not mark.exists() or mark.read_text() != fingerprint):
        _say("Collecting static files")
        collecting = _manage(env, "collectstatic", "--noinput", "--clear", "--verbosity=0")
    try:
        _say("Migrating the database")
        _finish("migrate", _manage(env, "migrate", "--noinput", "--verbosity=0"))
        if not load_state(var).get("complete"):
            _say("Making the sample data (once)")
        _finish("sample data", _python(env, "-m", "cs_platform.local.sample"))
        if collecting:
            _finish("collectstatic", collecting)
            write_private(mark, fingerprint)
    finally:
        if collecting:
            processes.end(collecting)


def _static_fingerprint() -> str:
    """Changes when a static file, a package that brings some, or the settings do."""
    digest = hashlib.sha256()
    for name in ("package-lock.json", "requirements-local.lock", "cs_platform/settings.py"):
        digest.update((BASE_DIR / name).read_bytes())
    for path in sorted((BASE_DIR / "static").rglob("*")):
        if path.is_file():
            digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _commands(var: Path, port: int) -> dict[str, list[str]]:
    celery = [sys.executable, "-m", "celery", "-A", "cs_platform"]
    return {
        "web": [
            sys.executable, "-m", "gunicorn", "cs_platform.wsgi:application",
            # Threads: an idle connection, as browsers open ahead of need, must not hold a process.
            "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{port}", "--timeout", "60",
            "--no-control-socket",
        ],
        "worker": [
            *celery, "worker", "--queues", QUEUES, "--concurrency", "2", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle",
        ],
        "scheduler": [
            *celery, "beat", "--loglevel", "INFO", "--pidfile", "",
            "--schedule", str(var / "run" / "schedule"),
        ],
    }  # fmt: skip


def _starter(
    var: Path, name: str, command: list[str], env: dict[str, str]
) -> Callable[[], subprocess.Popen[bytes]]:
    log = var / "log" / f"{name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return lambda: processes.spawn(
        command, log=log, remember_in=var / "run" / f"{name}.json", cwd=BASE_DIR, env=env
    )


def _manage(env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return _python(env, "manage.py", *arguments)


def _python(env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return processes.spawn([sys.executable, *arguments], log=None, cwd=BASE_DIR, env=env)


def _finish(what: str, process: subprocess.Popen[bytes]) -> None:
    try:
        code = process.wait()
    except BaseException:
        processes.end(process, patience=5)
        raise
    if code:
        raise Failed(f"{what} failed (exit code {code}); its last words are above.")


def _wait_until_ready(url: str, supervisor: Supervisor, var: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.tend()
        try:
            with urllib.request.urlopen(f"{url}accounts/login/", timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise Failed(f"The web process does not answer at {url}; see {var}/log/web.log")


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Failed(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Failed(f"Port {port} is for root alone. Choose another: PORT=8001") from None
        except OSError:
            raise Failed(
                f"Port {port} is taken by another program. Choose another: PORT={port + 1}"
            ) from None


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _say(text: str) -> None:
    print(f"• {text}", file=sys.stderr, flush=True)
