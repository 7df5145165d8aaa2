import os
import subprocess
import sys

import pytest
from django.db import connection


@pytest.mark.django_db
def test_tests_run_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        name, is_superuser, bypasses = cursor.fetchone()
    assert name.endswith("_app")
    assert not is_superuser
    assert not bypasses


@pytest.mark.parametrize(
    ("given", "backend", "host"),
    [
        ({}, "console", "localhost"),
        ({"EMAIL_HOST": ""}, "console", "localhost"),
        ({"EMAIL_HOST": "smtp.example.com"}, "smtp", "smtp.example.com"),
    ],
)
def test_letters_are_sent_where_a_mail_server_is_named(
    given: dict[str, str], backend: str, host: str
) -> None:
    code = "from cs_platform import settings as s; print(s.EMAIL_BACKEND, s.EMAIL_HOST)"
    inherited = {name: value for name, value in os.environ.items() if name[:6] != "EMAIL_"}
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **given}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.split() == [f"django.core.mail.backends.{backend}.EmailBackend", host]
