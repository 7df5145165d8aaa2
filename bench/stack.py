"""A real server for the benchmarks: PostgreSQL with its durability on, Valkey, gunicorn."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_GUNICORN = "gunicorn cs_platform.wsgi --workers 2 --threads 4 --log-level warning"
_WORKER = (
    "celery -A cs_platform worker --queues ingest,score,mail,default --concurrency 2"
    " --loglevel WARNING --without-gossip --without-mingle"
)
_SCHEDULER = "celery -A cs_platform beat --loglevel WARNING --pidfile="


@dataclass
class Stack:
    """Where the server listens, and how to start more of its processes."""

    port: int
    environment: dict[str, str]

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """A worker of all queues and the scheduler, as long as they are needed."""
        with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
            for command in (_WORKER, f"{_SCHEDULER} --schedule {directory}/schedule"):
                process = self.process(command)
                stack.callback(process.wait)
                stack.callback(process.terminate)
            yield

    def process(self, command: str) -> "subprocess.Popen[bytes]":
        """Start one of our own commands, ``python -m``."""
        return subprocess.Popen(
            [sys.executable, "-m", *command.split()],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def running(*, with_pages: bool) -> Iterator[Stack]:
    """Servers up, database migrated, Django set up in this process as the application role.

    ``with_pages`` also packs the static files, which takes half a minute.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-platform-bench-"))
        Path(directory).chmod(0o755)
        os.environ.setdefault("SECRET_KEY", "only-for-benchmarks")
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        os.environ["VAR_DIR"] = directory
        if "DATABASE_URL" not in os.environ:
            from cs_platform.local.servers import start_postgres

            options = {"shared_buffers": "1GB", "max_wal_size": "8GB", "work_mem": "64MB"}
            postgres = start_postgres(Path(directory) / "postgres", options=options)
            stack.callback(postgres.stop)
            os.environ["DATABASE_URL"] = postgres.url
        if "REDIS_URL" not in os.environ:
            from cs_platform.local.servers import start_valkey

            valkey = start_valkey(Path(directory) / "valkey")
            stack.callback(valkey.stop)
            os.environ["REDIS_URL"] = valkey.url

        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        if with_pages:
            call_command("collectstatic", interactive=False, verbosity=0)
        from cs_platform.local.servers import free_port

        result = Stack(free_port(), dict(os.environ))
        web = result.process(f"{_GUNICORN} --bind 127.0.0.1:{result.port}")
        stack.callback(web.wait)
        stack.callback(web.terminate)
        _wait(f"http://127.0.0.1:{result.port}/bench/empty")
        yield result


def _wait(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
