"""How often a customer may be written to, and the ledger that holds everybody to it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account, Contact
from cs_platform.core.constraints import TenantForeignKey
from cs_platform.core.tenancy import TenantModel


class ContactBudget(TenantModel):
    """The workspace's limits, over all surveys and playbooks together. One row, made when read.

    ``days_between`` is the least number of days between two requests to one person, 0 for no
    limit; ``account_most`` the most letters to one account within any 30 days, None for no limit.
    """

    days_between = models.PositiveSmallIntegerField(
        _("days between two requests to the same person"), default=14
    )
    account_most = models.PositiveIntegerField(
        _("most letters to one account within 30 days"), null=True, blank=True, default=10
    )
    updated_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["workspace"], name="accounts_contactbudget_one"),
            models.CheckConstraint(
                condition=models.Q(days_between__lte=365), name="accounts_contactbudget_days"
            ),
        ]


class ContactReservation(TenantModel):
    """A letter that was, or is going to be, sent to a person: an entry of the budget's ledger.

    ``at`` is when it goes out. Entries with the same ``topic`` (an invitation and its reminders)
    are one request: the days between requests are not counted among them. A person is an address:
    the same one at two accounts is asked once. A released entry no longer counts.
    """

    class Kind(models.TextChoices):
        SURVEY = "survey", _("Survey")
        REMINDER = "reminder", _("Reminder")
        PLAYBOOK = "playbook", _("Playbook")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_constraint=False, related_name="reservations"
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, db_constraint=False, related_name="reservations"
    )
    # the contact's address in lower case, at the time
    address = models.CharField(max_length=254)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    topic = models.CharField(max_length=100)
    at = models.DateTimeField()
    made_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar = [
            *TenantModel.Meta.constraints,
            TenantForeignKey(field="contact", name="accounts_contactreservation_contact_fk"),
            TenantForeignKey(field="account", name="accounts_contactreservation_account_fk"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "address", "at"],
                condition=models.Q(released_at__isnull=True),
                name="accounts_reservation_person",
            ),
            models.Index(
                fields=["workspace", "account", "at"],
                condition=models.Q(released_at__isnull=True),
                name="accounts_reservation_account",
            ),
            models.Index(fields=["workspace", "topic"], name="accounts_reservation_topic"),
            models.Index(fields=["workspace", "contact"], name="accounts_reservation_contact"),
        ]
