"""What can be wrong with an installation, checked in the order in which things depend on each
other; each finding says what to do about it."""

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from cs_platform.core import pdf
from cs_platform.core.database import application_role, use_role
from cs_platform.core.isolation import tenant_models
from cs_platform.core.tasks import HEARTBEAT_KEY

OLDEST_POSTGRES = 15
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
_HEARTBEAT_OLD = 60  # seconds; the heart beats every 15
_MARK_OLD = 6  # seconds; marks are swept every 2
_FREE_BYTES = 2 * 1024**3


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``advice`` is what to do when it is not in order."""

    level: Level
    text: str
    advice: str = ""


def _ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def _warning(text: str, advice: str) -> Finding:
    return Finding(Level.WARNING, text, advice)


def _fault(text: str, advice: str) -> Finding:
    return Finding(Level.FAULT, text, advice)


def findings() -> Iterator[Finding]:
    """Look at everything. What needs a database is left out when there is none."""
    yield from settings_in_order()
    yield from files_in_order()
    yield from documents_can_be_made()
    found = list(database_answers())
    yield from found
    if all(finding.level is not Level.FAULT for finding in found):
        for check in (database_fits, migrations_applied, isolation_in_place, workspaces_in_order):
            yield from check()
    found = list(broker_answers())
    yield from found
    if all(finding.level is not Level.FAULT for finding in found):
        yield from workers_alive()
        yield from scheduler_alive()
        yield from queue_drained()


def settings_in_order() -> Iterator[Finding]:
    """The secret key and the switches that differ between a desk and the internet."""
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""
    if not key:
        yield _fault("SECRET_KEY is not set.", "Set it to 50 random characters, and keep it.")
    elif len(key) < 32 or key.startswith("django-insecure"):
        yield _warning("SECRET_KEY is short or public.", "Use 50 random characters.")
    else:
        yield _ok("SECRET_KEY is set.")
    if settings.DEBUG:
        yield _warning("DEBUG is on: errors show source code.", "Unset DEBUG outside development.")
    outside = [host for host in settings.ALLOWED_HOSTS if host not in _LOCAL_HOSTS]
    if "*" in outside:
        yield _warning("ALLOWED_HOSTS accepts any host name.", "Name the hosts you serve.")
    elif outside and not settings.HTTPS_ONLY:
        yield _warning(
            f"Serves {', '.join(outside)} without HTTPS_ONLY: log-ins may travel unencrypted.",
            "Put a TLS proxy in front, then set HTTPS_ONLY=1 and BEHIND_PROXY=1.",
        )
    if outside and settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend":
        yield _warning(
            "Letters are written to the log and reach nobody, links for new passwords included.",
            "Name a mail server: EMAIL_HOST, and EMAIL_PORT, EMAIL_HOST_USER, … as it needs them.",
        )
    sends = settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    public = urlsplit(settings.PUBLIC_URL).hostname or ""
    if sends and settings.EMAIL_HOST not in _LOCAL_HOSTS and public in _LOCAL_NAMES:
        yield _warning(
            f"Letters leave through {settings.EMAIL_HOST}, and their links lead to "
            f"{settings.PUBLIC_URL}: nobody who gets one can follow them.",
            "Set PUBLIC_URL to the address at which customers reach this installation.",
        )


_LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]"}
# As a URL's host name is read: without brackets.
_LOCAL_NAMES = {"", "localhost", "127.0.0.1", "::1"}


def files_in_order() -> Iterator[Finding]:
    """Static files, message catalogues, room on the disk."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if settings.DEBUG or manifest.exists():
        yield _ok("Static files are in place.")
    else:
        yield _fault(
            f"No static files in {settings.STATIC_ROOT}: pages have no style.",
            "Run: python manage.py collectstatic --noinput",
        )
    sources = [path for root in settings.LOCALE_PATHS for path in Path(root).rglob("*.po")]
    stale = [path for path in sources if _is_stale(path.with_suffix(".mo"), path)]
    if stale:
        yield _fault(
            f"{len(stale)} of {len(sources)} message catalogues are not compiled.",
            "Run: python manage.py messages --compile",
        )
    else:
        yield _ok(f"{len(sources)} message catalogues are compiled.")
    place = _existing(Path(settings.VAR_DIR))
    free = shutil.disk_usage(place).free
    if free < _FREE_BYTES:
        yield _warning(f"Only {free / 1024**3:.1f} GiB free in {place}.", "Make room.")
    else:
        yield _ok(f"{free / 1024**3:.0f} GiB free in {place}.")


def documents_can_be_made() -> Iterator[Finding]:
    """Pango for reports and review sheets as PDF, and a font for Japanese."""
    if reason := pdf.why_unavailable():
        yield _fault(
            f"PDFs cannot be made: {reason}.",
            f"Debian: apt-get install {pdf.PACKAGES}; then restart the web and the workers.",
        )
        return
    if pdf.has_japanese_font() is False:
        yield _warning(
            "No font has Japanese letters: they come out as boxes in PDFs.",
            "Debian: apt-get install fonts-noto-cjk",
        )
    else:
        yield _ok("PDFs can be made.")


def _is_stale(compiled: Path, source: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _rows(query: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def database_answers() -> Iterator[Finding]:
    """Both roles can log in; afterwards the connection speaks as the owner."""
    for role, variable in (("application", "DATABASE_APP_URL"), ("owner", "DATABASE_URL")):
        use_role(connection, role)
        try:
            _rows("SELECT 1")
        except Error as error:
            yield _fault(
                f"The database refuses the {role} role: {str(error).strip()}",
                "Run: python manage.py migrate (it makes the role, and renews its password "
                "after a change of SECRET_KEY)"
                if role == "application"
                else f"Is the server running, and is {variable} right?",
            )
        else:
            yield _ok(f"The database answers the {role} role.")


def database_fits() -> Iterator[Finding]:
    """Version, extensions, clock."""
    ((version,),) = _rows("SELECT current_setting('server_version_num')::int / 10000")
    if version < OLDEST_POSTGRES:
        yield _fault(
            f"PostgreSQL is {version}.", f"Move to {OLDEST_POSTGRES} or newer; older ones lack "
            "what the isolation of workspaces needs.",
        )  # fmt: skip
    else:
        yield _ok(f"PostgreSQL is {version}.")
    present = {name for (name,) in _rows("SELECT extname FROM pg_extension")}
    if lacking := [name for name in EXTENSIONS if name not in present]:
        yield _fault(
            f"Extensions are missing: {', '.join(lacking)}.",
            "Install PostgreSQL's contrib package, then: python manage.py migrate",
        )
    else:
        yield _ok("The extensions are there.")
    ((there,),) = _rows("SELECT clock_timestamp()")
    apart = abs((there - dt.datetime.now(dt.UTC)).total_seconds())
    if apart > 5:
        yield _warning(
            f"The clocks of this machine and the database are {apart:.0f} s apart.",
            "Let both follow an NTP server: events would be dated wrongly.",
        )


def migrations_applied() -> Iterator[Finding]:
    """Every migration of the code has run."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(f"{step.app_label}.{step.name}" for step, _ in waiting[:5])
        yield _fault(f"{len(waiting)} migrations wait: {names}", "Run: python manage.py migrate")
    else:
        yield _ok("All migrations are applied.")


def isolation_in_place() -> Iterator[Finding]:
    """Row-level security on every tenant table; the application role owns and bypasses nothing."""
    advice = "Run: python manage.py migrate (it applies the isolation of workspaces anew)"
    database = connection.settings_dict
    role = database["APPLICATION"]["USER"] or application_role(database["NAME"])
    ((bypasses, owned),) = _rows(
        """SELECT rolsuper OR rolbypassrls,
                  (SELECT count(*) FROM pg_class WHERE relowner = r.oid)
             FROM pg_roles AS r WHERE rolname = %s
            UNION ALL SELECT NULL, 0 LIMIT 1""",
        (role,),
    )
    tables = [model._meta.db_table for model in tenant_models()]
    walled = {
        name
        for (name,) in _rows(
            """SELECT c.relname FROM pg_class AS c
                WHERE c.relrowsecurity AND c.relname = ANY(%s)
                  AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)""",
            (tables,),
        )
    }
    partitions = _rows(
        """SELECT c.relname FROM pg_class AS c
            WHERE c.relispartition AND has_table_privilege(%s, c.oid, 'SELECT')""",
        (role,),
    )
    found = []
    if bypasses is None:
        found.append(_fault(f"The role {role} does not exist.", advice))
    elif bypasses or owned:
        found.append(
            _fault(
                f"The role {role} owns tables or bypasses row-level security.",
                f"Give the tables to the owner; ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS",
            )
        )
    if bare := sorted(set(tables) - walled):
        found.append(_fault(f"Without row-level security: {', '.join(bare)}.", advice))
    if partitions:
        found.append(
            _fault(
                f"The application may read {len(partitions)} partitions past the walls.",
                f"Revoke it: REVOKE ALL ON {partitions[0][0]}, … FROM {role}",
            )
        )
    yield from found or [_ok(f"{len(tables)} tables are walled off between workspaces.")]


def workspaces_in_order() -> Iterator[Finding]:
    """There is a workspace, and Python knows the time zone of each."""
    workspaces = _rows("SELECT slug, timezone FROM accounts_workspace ORDER BY slug")
    if not workspaces:
        yield _warning("There is no workspace yet.", "Run: python manage.py create_workspace")
    for slug, zone in workspaces:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            yield _fault(
                f"Workspace {slug} has the time zone {zone!r}, unknown to this machine.",
                "Correct it in its settings, or install the system's tzdata package.",
            )


def broker_answers() -> Iterator[Finding]:
    """The broker takes and gives back a value."""
    try:
        cache.set("doctor", "here", 10)
        alive = cache.get("doctor") == "here"
    except Exception as error:  # whatever the client library raises is the finding
        alive, reason = False, str(error)
    else:
        reason = "it does not keep what it is given"
    if alive:
        yield _ok("The broker answers.")
    else:
        yield _fault(
            f"The broker does not answer: {reason}", "Is the server running, is REDIS_URL right?"
        )


def workers_alive() -> Iterator[Finding]:
    """At least one worker answers, and every queue has one."""
    from cs_platform.celery import app

    queues = app.control.inspect(timeout=2).active_queues() or {}
    if not queues:
        yield _fault(
            "No worker answers: events are kept, scores stand still.",
            "Start: celery -A cs_platform worker --queues ingest,score,mail,default",
        )
        return
    served = {queue["name"] for worker in queues.values() for queue in worker}
    if lacking := {"ingest", "score", "mail", "default"} - served:
        yield _fault(
            f"No worker serves the queues {', '.join(sorted(lacking))}.",
            "Name them in a worker's --queues.",
        )
    else:
        yield _ok(f"{len(queues)} worker(s) serve every queue.")


def scheduler_alive() -> Iterator[Finding]:
    """The scheduler's heartbeat came through a worker lately."""
    beat = cache.get(HEARTBEAT_KEY)
    if beat is None or time.time() - beat > _HEARTBEAT_OLD:
        since = "ever" if beat is None else f"for {time.time() - beat:.0f} s"
        yield _fault(
            f"No heartbeat of the scheduler {since}.",
            "Start exactly one: celery -A cs_platform beat (and a worker on the queue default)",
        )
    else:
        yield _ok("The scheduler's heart beats.")


def queue_drained(pause: Callable[[float], None] = time.sleep) -> Iterator[Finding]:
    """Marks of changed accounts are taken away within seconds."""
    oldest = "SELECT min(id), count(*) FROM accounts_dirtyaccount"
    ((before, _),) = _rows(oldest)
    if before is not None:
        pause(_MARK_OLD)
        ((after, count),) = _rows(oldest)
        if after == before:
            yield _fault(
                f"{count} changed accounts wait; the oldest for more than {_MARK_OLD} s.",
                "Is the worker on the queue score busy or failing? See its log.",
            )
            return
    yield _ok("Changed accounts are scored as they come.")
