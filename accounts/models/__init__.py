"""Customers and the people who look after them."""

from accounts.models.account import Account, AttributeChange, Contact
from accounts.models.audit import AuditEntry
from accounts.models.budget import ContactBudget, ContactReservation
from accounts.models.contract import (
    ContractEvent,
    ExchangeRate,
    Plan,
    Product,
    Subscription,
)
from accounts.models.dirty import DirtyAccount
from accounts.models.idempotency import KeptAnswer
from accounts.models.imports import ImportIssue, ImportRun
from accounts.models.interaction import Interaction, Task
from accounts.models.mail import MailAttachment, OutgoingMail
from accounts.models.views import SavedView
from accounts.models.workspace import ApiKey, Membership, Role, User, Workspace

__all__ = [
    "Account",
    "ApiKey",
    "AttributeChange",
    "AuditEntry",
    "Contact",
    "ContactBudget",
    "ContactReservation",
    "ContractEvent",
    "DirtyAccount",
    "ExchangeRate",
    "ImportIssue",
    "ImportRun",
    "Interaction",
    "KeptAnswer",
    "MailAttachment",
    "Membership",
    "OutgoingMail",
    "Plan",
    "Product",
    "Role",
    "SavedView",
    "Subscription",
    "Task",
    "User",
    "Workspace",
]
