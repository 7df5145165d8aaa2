"""What comments are about: themes with their keywords, put on by rule and by hand."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actions import audit
from accounts.actions.dirty import marked
from accounts.actors import Actor
from cs_platform.core.errors import Conflict, DomainError
from cs_platform.core.tenancy import current_workspace_id
from metrics.surveys.default_themes import default_themes
from metrics.surveys.models import Response, ResponseTheme, Theme
from metrics.surveys.rollup import theme_changes
from metrics.surveys.theme_rules import keywords_of

MOST_KEYWORDS = 200


def create_theme(
    *, actor: Actor, now: dt.datetime, name: str, factor: str, driver: str, keywords: str = ""
) -> Theme:
    """Add a theme; past comments are looked through for its keywords by the worker.

    Errors: ``name_required``, ``name_taken``, ``too_many_keywords``, ``keyword_too_long``.
    """
    theme = Theme(name=_name(name), factor=factor, driver=driver, created_at=now)
    theme.keywords, theme.is_pending = _keywords(keywords), True
    with transaction.atomic():
        _save(theme)
        audit.record(actor=actor, action="theme_created", obj=theme, now=now)
        _announce()
    return theme


def update_theme(
    *,
    actor: Actor,
    now: dt.datetime,
    theme: Theme,
    name: str,
    factor: str,
    driver: str,
    keywords: str,
    is_archived: bool = False,
) -> Theme:
    """Change a theme. New keywords are looked for in past comments, and what the old ones had put
    on and the new ones do not is taken off; what members put on or took off stays.

    Errors as for ``create_theme``.
    """
    with transaction.atomic():
        locked: Theme = Theme.objects.select_for_update().get(pk=theme.pk)
        found = _keywords(keywords)
        if (found, is_archived) != (locked.keywords, locked.is_archived):
            locked.is_pending = True
        locked.name, locked.factor, locked.driver = _name(name), factor, driver
        locked.keywords, locked.is_archived = found, is_archived
        _save(locked)
        audit.record(actor=actor, action="theme_changed", obj=locked, now=now)
        _announce()
    return locked


def create_default_themes(*, actor: Actor, now: dt.datetime) -> Sequence[Theme]:
    """Add the themes a workspace begins with, those whose name is there already left out."""
    known = set(Theme.objects.values_list("name", flat=True))
    return [
        create_theme(
            actor=actor, now=now, name=name, factor=factor, driver=driver, keywords=keywords
        )
        for name, factor, driver, keywords in default_themes()
        if name not in known
    ]


def put_theme(*, actor: Actor, now: dt.datetime, response: Response, theme: Theme) -> ResponseTheme:
    """Put a theme on a comment, or confirm one that its keywords put there. Idempotent."""
    return _decide(actor, now, response, theme, is_removed=False)


def take_theme_off(*, actor: Actor, now: dt.datetime, response: Response, theme: Theme) -> None:
    """Take a theme off a comment; its keywords will not put it back. Idempotent."""
    _decide(actor, now, response, theme, is_removed=True)


@transaction.atomic
def _decide(
    actor: Actor, now: dt.datetime, response: Response, theme: Theme, *, is_removed: bool
) -> ResponseTheme:
    with theme_changes([response.pk]):
        tag, _created = ResponseTheme.objects.update_or_create(
            response=response,
            theme=theme,
            defaults={
                "is_automatic": False,
                "is_removed": is_removed,
                "tagged_by": actor.membership,
                "tagged_at": now,
            },
        )
    return tag


def _name(name: str) -> str:
    cleaned = name.replace("\x00", "").strip()
    if not cleaned:
        raise DomainError(_("A theme needs a name."), code="name_required", field="name")
    return cleaned[:100]


def _keywords(text: str) -> list[str]:
    found = keywords_of(text)
    if len(found) > MOST_KEYWORDS:
        raise DomainError(
            _("A theme has at most %(most)d keywords.") % {"most": MOST_KEYWORDS},
            code="too_many_keywords",
            field="keywords",
        )
    for word in found:
        if len(word) > 100:
            raise DomainError(
                _("“%(word)s…” is longer than 100 characters.") % {"word": word[:30]},
                code="keyword_too_long",
                field="keywords",
            )
    return found


def _save(theme: Theme) -> None:
    try:
        with transaction.atomic():
            theme.save()
    except IntegrityError as error:
        raise Conflict(
            _("There is a theme of this name."), code="name_taken", field="name"
        ) from error


def _announce() -> None:
    workspace_id = current_workspace_id()
    transaction.on_commit(lambda: marked.send(sender=Theme, workspace_id=workspace_id), robust=True)
