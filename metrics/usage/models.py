"""Usage events, what became of them, and their roll-ups per day.

Everything here is keyed by the workspace first, so that the tables can be distributed by it (the
migration widens the primary key of those that have an ``id``).
None of them has foreign keys: an event must be stored at the speed of its arrival, and the
statements that write them take their workspace and accounts from rows they have just read.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cs_platform.core.tenancy import TenantModel
from metrics.usage.reasons import reason


class UsageModel(TenantModel):
    """A table that is distributed by workspace, without a foreign key to it."""

    distributed = True

    workspace = models.ForeignKey(
        "accounts.Workspace",
        on_delete=models.CASCADE,
        editable=False,
        db_index=False,
        db_constraint=False,
    )

    class Meta(TenantModel.Meta):
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = []


class Kind(models.TextChoices):
    """The calls of the Segment specification; the first three are usage, the others identity."""

    TRACK = "track", pgettext_lazy("kind of event", "Track")
    PAGE = "page", pgettext_lazy("kind of event", "Page")
    SCREEN = "screen", pgettext_lazy("kind of event", "Screen")
    IDENTIFY = "identify", pgettext_lazy("kind of event", "Identify")
    GROUP = "group", pgettext_lazy("kind of event", "Group")
    ALIAS = "alias", pgettext_lazy("kind of event", "Alias")


class Event(UsageModel):
    """One thing a user did, as it was received.

    Partitioned by month of ``happened_at`` (see `metrics.usage.partitions`). It has no unique
    key: ``SeenMessage`` alone decides what is a duplicate.
    """

    # Attribution of events that came before their account was known updates them.
    application_grants = "SELECT, INSERT, UPDATE"

    # None until the account is known
    account_id = models.BigIntegerField(null=True)
    # the account the message named, where it does not exist (yet)
    account_ref = models.CharField(max_length=200, blank=True)
    # '' for none; '~' + anonymous id for a user who has not said who they are
    user_id = models.CharField(max_length=201, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()
    # when the account became known, where that was after the event
    attributed_at = models.DateTimeField(null=True)
    is_historical = models.BooleanField(default=False)
    # the sender's clock was ahead: happened_at is the time of receipt
    is_clamped = models.BooleanField(default=False)
    message_key = models.UUIDField()
    properties = models.JSONField()

    class Meta(UsageModel.Meta):
        indexes: ClassVar = [
            # what a roll-up of one account-day reads
            models.Index(fields=["workspace", "account_id", "happened_at"], name="usage_event_day"),
            # what attribution looks for
            models.Index(
                fields=["workspace", "user_id"],
                condition=models.Q(account_id__isnull=True),
                name="usage_event_unattributed",
            ),
            # the event browser pages by order of arrival, which the heap is in
            BrinIndex(fields=["id"], name="usage_event_arrival", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return self.name


class SeenMessage(UsageModel):
    """The one authority on duplicates: a message key is stored in the statement of its event.

    Kept 90 days; a message sent again later counts again.
    """

    application_grants = "SELECT, INSERT, DELETE"

    pk = models.CompositePrimaryKey("workspace_id", "message_key")
    message_key = models.UUIDField()
    received_on = models.DateField()

    class Meta(UsageModel.Meta):
        indexes: ClassVar = [BrinIndex(fields=["received_on"], name="usage_seenmessage_age")]


class RejectedEvent(UsageModel):
    """An item, or a whole body, that could not be taken in, with the reason. Kept 90 days."""

    application_grants = "SELECT, INSERT, DELETE"

    received_at = models.DateTimeField(_("received"))
    api_key_id = models.BigIntegerField(null=True)
    endpoint = models.CharField(_("endpoint"), max_length=30)
    # position in its batch
    position = models.PositiveIntegerField(default=0)
    code = models.CharField(_("reason"), max_length=50)
    message = models.TextField(_("message"))
    # at most 32 KB of it
    body = models.TextField(_("body"))

    def __str__(self) -> str:
        return self.code

    @property
    def reason(self) -> str:
        """Why it was refused, in the reader's words."""
        return reason(self.code)


class DirtyDay(UsageModel):
    """Marks that days of accounts have new events: a row for all that one statement touched.

    The arrays run in parallel. A queue without a unique key.
    """

    account_ids = ArrayField(models.BigIntegerField())
    days = ArrayField(models.DateField())


class IdentityMark(UsageModel):
    """An identify, group or alias call, or an unattributed user, that awaits the worker.

    Written in the statement of its event, drained in order of arrival by
    `metrics.usage.identity`.
    """

    application_grants = "SELECT, INSERT, DELETE"

    # '' for an event whose user had no account when it arrived
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    user_id = models.CharField(max_length=201, blank=True)
    # the other id of the same person: alias, or identify with an anonymous id
    previous_id = models.CharField(max_length=201, blank=True)
    account_id = models.BigIntegerField(null=True)
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()
    traits = models.JSONField(default=dict)


class Receipt(UsageModel):
    """What one request brought, until the worker adds it to its source. A queue."""

    application_grants = "SELECT, INSERT, DELETE"

    api_key_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    # None when nothing was accepted
    newest_at = models.DateTimeField(null=True)
    accepted = models.PositiveIntegerField()
    duplicates = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()


class UnknownAccount(UsageModel):
    """An account that events name and nobody has created; they are held until it exists."""

    pk = models.CompositePrimaryKey("workspace_id", "external_id")
    external_id = models.CharField(max_length=200)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()


class UserAlias(UsageModel):
    """Two ids of one person."""

    pk = models.CompositePrimaryKey("workspace_id", "previous_id", "user_id")
    previous_id = models.CharField(max_length=201)
    user_id = models.CharField(max_length=201)

    class Meta(UsageModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "user_id"], name="usage_useralias_by_user")
        ]


class UserLink(UsageModel):
    """From ``happened_at`` on, the user belongs to the account. The history is kept."""

    pk = models.CompositePrimaryKey("workspace_id", "user_id", "happened_at", "account_id")
    user_id = models.CharField(max_length=201)
    account_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()


class EventName(UsageModel):
    """An entry of the event catalogue."""

    pk = models.CompositePrimaryKey("workspace_id", "name")
    name = models.CharField(_("event"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # whether it counts as a log-in; set by name when first seen
    is_login = models.BooleanField(_("counts as log-in"), default=False)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    def __str__(self) -> str:
        return self.name


class Source(UsageModel):
    """What an API key has sent so far."""

    pk = models.CompositePrimaryKey("workspace_id", "api_key_id")
    api_key_id = models.BigIntegerField()
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    # receipt of the newest event minus the time it happened, in the last request
    lag_seconds = models.FloatField(_("lag"), null=True)
    accepted = models.BigIntegerField(_("accepted"), default=0)
    duplicates = models.BigIntegerField(_("duplicates"), default=0)
    rejected = models.BigIntegerField(pgettext_lazy("events", "rejected"), default=0)


class AccountDay(UsageModel):
    """Usage of one account on one workspace-local day, by the day it became known.

    A row has at least one event, here and in the two tables below; the migration adds to the keys
    what scoring reads.
    The day as known at the end of day K is the sum over ``known_on`` <= K; ``users`` counts users
    whose first event of the day became known on ``known_on``, so it adds up as well.
    """

    pk = models.CompositePrimaryKey("workspace_id", "account_id", "day", "known_on")
    account_id = models.BigIntegerField()
    day = models.DateField()
    known_on = models.DateField()
    events = models.IntegerField()
    logins = models.IntegerField()
    users = models.IntegerField()
    last_event_at = models.DateTimeField()

    class Meta(UsageModel.Meta):
        indexes: ClassVar = [BrinIndex(fields=["day"], name="usage_accountday_by_day")]


class AccountDayEvent(UsageModel):
    """Count of one event name for one account on one day, by the day it became known."""

    pk = models.CompositePrimaryKey("workspace_id", "account_id", "day", "name", "known_on")
    account_id = models.BigIntegerField()
    day = models.DateField()
    name = models.CharField(max_length=200)
    known_on = models.DateField()
    events = models.IntegerField()

    class Meta(UsageModel.Meta):
        indexes: ClassVar = [BrinIndex(fields=["day"], name="usage_accountdayevent_by_day")]


class UserDay(UsageModel):
    """One user's activity for one account on one day; anonymous users have none.

    ``known_on`` is the day on which the first of these events became known.
    """

    pk = models.CompositePrimaryKey("workspace_id", "account_id", "day", "user_id")
    account_id = models.BigIntegerField()
    day = models.DateField()
    user_id = models.CharField(max_length=201)
    known_on = models.DateField()
    events = models.IntegerField()
    logins = models.IntegerField()

    class Meta(UsageModel.Meta):
        indexes: ClassVar = [BrinIndex(fields=["day"], name="usage_userday_by_day")]


class LastUse(UsageModel):
    """The last day an account has of a user, or of an event's name, as known now.

    What scoring the present reads of the two tables above; a look into the past reads them
    themselves. Kept by the roll-up; the migration adds the day to the key.
    """

    pk = models.CompositePrimaryKey("workspace_id", "account_id", "is_user", "key")
    account_id = models.BigIntegerField()
    # a user's id, otherwise an event's name
    is_user = models.BooleanField()
    key = models.CharField(max_length=201)
    last_day = models.DateField()


def countable() -> list[str]:
    """The kinds of event that are usage and enter the roll-ups."""
    return [Kind.TRACK.value, Kind.PAGE.value, Kind.SCREEN.value]
