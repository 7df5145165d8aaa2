"""Which database role a process speaks as.

Three roles share one database; `manage.py migrate` makes the last two:

- the *owner*, named by ``DATABASE_URL``: creates and migrates the tables, bypasses row-level
  security as every table owner does, and is used by ``migrate``, ``doctor`` and
  ``create_workspace`` alone;
- the *application* role ``<database>_app``: what web and worker processes use; owns nothing,
  bypasses nothing;
- the *analytics* role ``<database>_analytics``: no log-in of its own; `cs_platform.core.sql`
  takes it on for one statement, for the listed files that bind their workspace explicitly.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ROLES = ("owner", "application")


def application_role(database: str) -> str:
    """Name of the role that web and worker processes use on ``database``."""
    return f"{database[:50]}_app"


def analytics_role(database: str) -> str:
    """Name of the role that the set-based SQL files run as on ``database``."""
    return f"{database[:50]}_analytics"


def application_password(secret_key: str) -> str:
    """Password of the application role, derived so that no second secret must be kept."""
    return hmac.new(secret_key.encode(), b"database application role", hashlib.sha256).hexdigest()


def parse_url(url: str) -> dict[str, Any]:
    """``postgres://user:password@host:port/name?option=value`` → Django's settings keys.

    Raises ``ImproperlyConfigured`` for another scheme or a missing database name.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL must start with postgres:// (got {parts.scheme or 'nothing'}://)"
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database: postgres://user@host:port/NAME")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def databases_from_environment(environ: Mapping[str, str], *, secret_key: str) -> dict[str, Any]:
    """Django's ``DATABASES`` with the application role active and the owner beside it.

    ``DATABASE_URL`` names the owner. ``DATABASE_APP_URL`` is needed only where the owner may not
    create roles and an administrator has made the application role by hand.
    """
    owner = parse_url(environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/cs_platform"))
    app_url = environ.get("DATABASE_APP_URL")
    if app_url:
        app = parse_url(app_url)
        application = {"USER": app["USER"], "PASSWORD": app["PASSWORD"]}
    else:
        application = {"USER": "", "PASSWORD": application_password(secret_key)}
    default = {
        "ENGINE": "cs_platform.core.postgres",
        **owner,
        "OPTIONS": {"connect_timeout": 3, "application_name": "cs-platform", **owner["OPTIONS"]},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OWNER": {"USER": owner["USER"], "PASSWORD": owner["PASSWORD"]},
        "APPLICATION": application,
        "TEST": {"NAME": environ.get("TEST_DATABASE_NAME")},
    }
    _set_role(default, environ.get("DATABASE_ROLE", "application"))
    return {"default": default}


def _set_role(settings: dict[str, Any], role: str) -> None:
    if role not in ROLES:
        raise ImproperlyConfigured(f"database role must be one of {ROLES}, not {role!r}")
    chosen = settings["OWNER" if role == "owner" else "APPLICATION"]
    settings["USER"] = chosen["USER"] or application_role(settings["NAME"])
    settings["PASSWORD"] = chosen["PASSWORD"]


def use_role(connection: Any, role: str) -> None:
    """Make ``connection`` speak as ``role`` from its next query on; closes what is open."""
    connection.close()
    _set_role(connection.settings_dict, role)


def speaks_as_owner(connection: Any) -> bool:
    """Whether the connection uses the role that bypasses tenancy."""
    return bool(connection.settings_dict["USER"] == connection.settings_dict["OWNER"]["USER"])
