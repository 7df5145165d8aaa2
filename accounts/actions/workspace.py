"""Workspaces and their settings."""

import datetime as dt
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actors import Actor
from accounts.fields import (
    REQUIRED,
    BadValue,
    Choice,
    Currency,
    Email,
    Rule,
    Text,
    TimeZone,
    Whole,
    read,
)
from accounts.models import Membership, Role, User, Workspace
from cs_platform.core import tenancy
from cs_platform.core.errors import Conflict, DomainError

SETTINGS: dict[str, Rule] = {
    "name": Text(200, empty=REQUIRED),
    "timezone": TimeZone(),
    "currency": Currency(empty=REQUIRED),
    "fiscal_year_start_month": Whole(1, 12, empty=REQUIRED),
    "unknown_accounts": Choice(Workspace.UnknownAccounts.values, empty=REQUIRED),
}


def _settings(fields: dict[str, Any]) -> dict[str, Any]:
    clean = {}
    for name, value in fields.items():
        try:
            clean[name] = read(SETTINGS[name], value)
        except BadValue as error:
            raise DomainError(error.message, code=error.code, field=name) from error
    return clean


def check_password(password: str, user: User) -> None:
    """Raise ``weak_password`` with every reason when the password is too easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(
            " ".join(error.messages), code="weak_password", field="password"
        ) from error


def person(email: str, *, name: str = "", password: str | None = None) -> tuple[User, bool]:
    """The user with this address, made when there is none; whether it was made.

    An existing user's password is left alone. Without a password a new user cannot log in until
    one is set by a link. Errors: ``not_an_email``, ``weak_password``.
    """
    try:
        address = read(Email(empty=REQUIRED), email)
    except BadValue as error:
        raise DomainError(error.message, code=error.code, field="email") from error
    found = User.objects.filter(email__iexact=address).first()
    if found is not None:
        return found, False
    user = User(email=User.objects.normalize_email(address), name=name.strip()[:150])
    if password is not None:
        check_password(password, user)
    user.set_password(password)
    user.save()
    return user, True


def create_workspace(
    *,
    slug: str,
    name: str,
    timezone: str,
    currency: str,
    owner_email: str,
    owner_password: str | None,
    now: dt.datetime,
    fiscal_year_start_month: int = 4,
    owner_name: str = "",
    actor: Actor | None = None,
) -> Workspace:
    """Make a workspace with its first owner. Errors: ``slug_taken``, ``invalid_slug`` and those
    of the fields; nothing is kept when one occurs.

    An owner who already has a log-in keeps its password.
    """
    settings = _settings(
        {
            "name": name,
            "timezone": timezone,
            "currency": currency,
            "fiscal_year_start_month": fiscal_year_start_month,
        }
    )
    workspace = Workspace(slug=slug, **settings)
    try:
        workspace.clean_fields()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), code="invalid_slug", field="slug") from error
    with transaction.atomic():
        if Workspace.objects.filter(slug=slug).exists():
            raise Conflict(
                _("The address “%(slug)s” is taken.") % {"slug": slug},
                code="slug_taken",
                field="slug",
            )
        try:
            with transaction.atomic():
                workspace.save()
        except IntegrityError as error:
            raise Conflict(
                _("The address “%(slug)s” is taken.") % {"slug": slug},
                code="slug_taken",
                field="slug",
            ) from error
        user, _made = person(owner_email, name=owner_name, password=owner_password)
        owner = Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
        with tenancy.scope(workspace.pk):
            audit.record(
                actor=actor or Actor.of(owner), action="workspace_created", obj=workspace, now=now
            )
    return workspace


@transaction.atomic
def update_workspace(
    *, actor: Actor, workspace: Workspace, now: dt.datetime, **settings: Any
) -> Workspace:
    """Change settings of the workspace (`SETTINGS`). Errors: those of the fields.

    The currency cannot change once there are exchange rates, which are rates *to* it, or
    contracts in it: the figures of closed periods are kept, and would read as another currency's.
    """
    from accounts.models import ContractEvent, ExchangeRate

    clean = _settings(settings)
    locked = Workspace.objects.select_for_update().get(pk=workspace.pk)
    changed = {name: value for name, value in clean.items() if getattr(locked, name) != value}
    if "currency" in changed and ExchangeRate.objects.exists():
        raise Conflict(
            _("The exchange rates are rates to %(currency)s; remove them first.")
            % {"currency": locked.currency},
            code="currency_in_use",
            field="currency",
        )
    if "currency" in changed and ContractEvent.objects.filter(currency=locked.currency).exists():
        raise Conflict(
            _("There are contracts in %(currency)s, and figures made of them; it cannot change.")
            % {"currency": locked.currency},
            code="currency_in_use",
            field="currency",
        )
    before = {name: getattr(locked, name) for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
    if changed:
        locked.save(update_fields=list(changed))
        audit.record(
            actor=actor,
            action="workspace_changed",
            obj=locked,
            detail={"before": before, "after": changed},
            now=now,
        )
    return locked
