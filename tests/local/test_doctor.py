"""Each thing that can be wrong is named, with what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.actions.dirty import mark_dirty
from accounts.models import DirtyAccount, Workspace
from cs_platform.core import diagnosis, tenancy
from cs_platform.core.database import use_role
from cs_platform.core.diagnosis import Finding, Level


def texts(findings: Iterable[Finding], level: Level = Level.FAULT) -> str:
    return " ".join(f"{f.text} {f.advice}" for f in findings if f.level is level)


@pytest.mark.parametrize(
    ("values", "level", "words"),
    [
        ({"SECRET_KEY": ""}, Level.FAULT, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, Level.WARNING, "short"),
        ({"SECRET_KEY": "x" * 50, "DEBUG": True}, Level.WARNING, "DEBUG is on"),
        ({"ALLOWED_HOSTS": ["*"]}, Level.WARNING, "any host name"),
        (
            {"ALLOWED_HOSTS": ["cs.example.com"], "HTTPS_ONLY": False},
            Level.WARNING,
            "unencrypted",
        ),
        (
            {
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "smtp.example.com",
                "PUBLIC_URL": "http://localhost:8000",
            },
            Level.WARNING,
            "http://localhost:8000: nobody who gets one can follow them",
        ),
        (
            {
                "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
                "ALLOWED_HOSTS": ["cs.example.com"],
            },
            Level.WARNING,
            "Letters are written to the log and reach nobody",
        ),
    ],
)
def test_settings(settings: Any, values: dict[str, Any], level: Level, words: str) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert words in texts(diagnosis.settings_in_order(), level)


def test_sound_settings_have_no_finding_against_them(settings: Any) -> None:
    settings.SECRET_KEY, settings.DEBUG, settings.ALLOWED_HOSTS = "x" * 50, False, ["localhost"]
    assert {finding.level for finding in diagnosis.settings_in_order()} == {Level.OK}


def test_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT, settings.DEBUG = tmp_path / "static", False
    source = tmp_path / "locale" / "ja" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.touch()
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    found = texts(diagnosis.files_in_order())
    assert "collectstatic" in found
    assert "1 of 1 message catalogues are not compiled" in found
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "staticfiles.json").touch()
    source.with_suffix(".mo").touch()
    assert texts(diagnosis.files_in_order()) == ""


@pytest.fixture
def owner(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The doctor's connection, which speaks as the owner; what a test breaks is rolled back."""
    with django_db_blocker.unblock():
        use_role(connection, "owner")
        connection.set_autocommit(False)
        yield connection
        connection.rollback()
        connection.set_autocommit(True)
        use_role(connection, "application")


def test_a_sound_database(owner: Any) -> None:
    for check in (
        diagnosis.database_fits,
        diagnosis.migrations_applied,
        diagnosis.isolation_in_place,
    ):
        assert texts(check()) == ""


@pytest.mark.parametrize(
    ("damage", "check", "words"),
    [
        ("DROP EXTENSION pg_trgm CASCADE", diagnosis.database_fits, "pg_trgm"),
        (
            "DELETE FROM django_migrations WHERE app = 'sessions'",
            diagnosis.migrations_applied,
            "sessions.0001_initial",
        ),
        (
            "ALTER TABLE accounts_account DISABLE ROW LEVEL SECURITY",
            diagnosis.isolation_in_place,
            "Without row-level security: accounts_account",
        ),
        (
            "ALTER ROLE {role} BYPASSRLS",
            diagnosis.isolation_in_place,
            "bypasses row-level security",
        ),
    ],
)
def test_damage_is_found(
    owner: Any, damage: str, check: Callable[[], Iterable[Finding]], words: str
) -> None:
    from cs_platform.core.database import application_role

    role = connection.ops.quote_name(application_role(connection.settings_dict["NAME"]))
    with owner.cursor() as cursor:
        cursor.execute(damage.format(role=role))
    assert words in texts(check())


def test_a_time_zone_unknown_here_is_named(owner: Any) -> None:
    with owner.cursor() as cursor:
        # tests of live processes leave theirs behind; the rollback brings them back
        cursor.execute("TRUNCATE accounts_workspace CASCADE")
    assert "no workspace" in texts(diagnosis.workspaces_in_order(), Level.WARNING)
    with owner.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_workspace (slug, name, timezone, currency,"
            " fiscal_year_start_month, unknown_accounts, created_at)"
            " VALUES ('mars', 'Mars', 'Mars/Olympus', 'JPY', 4, 'create', now())"
        )
    assert "'Mars/Olympus'" in texts(diagnosis.workspaces_in_order())


@pytest.mark.django_db
def test_a_heartbeat_that_is_missing_or_old() -> None:
    cache.delete(diagnosis.HEARTBEAT_KEY)
    assert "No heartbeat of the scheduler ever" in texts(diagnosis.scheduler_alive())
    cache.set(diagnosis.HEARTBEAT_KEY, diagnosis.time.time() - 300)
    assert "for 300 s" in texts(diagnosis.scheduler_alive())
    from cs_platform.core.tasks import heartbeat

    heartbeat()
    assert texts(diagnosis.scheduler_alive()) == ""


def test_marks_that_stay(workspace: Workspace) -> None:
    with tenancy.scope(workspace.pk):
        mark_dirty([1, 2])
        waiting = texts(diagnosis.queue_drained(pause=lambda seconds: None))
        assert "2 changed accounts wait" in waiting
        drained = diagnosis.queue_drained(pause=lambda _: bool(DirtyAccount.objects.all().delete()))
        assert texts(drained) == ""


def test_an_unreachable_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = RedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})
    monkeypatch.setattr(diagnosis, "cache", nobody)
    assert "REDIS_URL" in texts(diagnosis.broker_answers())


@pytest.mark.django_db
def test_the_command_fails_on_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    import cs_platform.core.management.commands.doctor as command

    fault = Finding(Level.FAULT, "The roof leaks.", "Mend it.")
    monkeypatch.setattr(command, "findings", lambda: iter([fault]))
    out = StringIO()
    with pytest.raises(CommandError, match="1 fault"):
        call_command("doctor", stdout=out, no_color=True)
    assert "The roof leaks." in out.getvalue()
    assert "→ Mend it." in out.getvalue()
    monkeypatch.setattr(command, "findings", lambda: iter([Finding(Level.OK, "Dry.")]))
    call_command("doctor", stdout=out)
