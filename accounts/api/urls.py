from django.urls import path

from accounts.api.contract_events import ContractEvents
from accounts.api.views import (
    AccountBulk,
    AccountItem,
    Accounts,
    ContactBulk,
    ContactItem,
    Contacts,
    SubscriptionBulk,
    SubscriptionItem,
    Subscriptions,
)
from accounts.api.work import Interactions, TaskFinish, TaskItem, TaskReopen, Tasks

# External ids may hold slashes, so what follows them in other addresses comes first.
urlpatterns = [
    path("accounts", Accounts.as_view(), name="api_accounts"),
    path("accounts/bulk", AccountBulk.as_view(), name="api_account_bulk"),
    path("accounts/<path:external_id>", AccountItem.as_view(), name="api_account"),
    path("contacts", Contacts.as_view(), name="api_contacts"),
    path("contacts/bulk", ContactBulk.as_view(), name="api_contact_bulk"),
    path("contacts/<path:external_id>", ContactItem.as_view(), name="api_contact"),
    path("subscriptions", Subscriptions.as_view(), name="api_subscriptions"),
    path("subscriptions/bulk", SubscriptionBulk.as_view(), name="api_subscription_bulk"),
    path("subscriptions/<path:external_id>", SubscriptionItem.as_view(), name="api_subscription"),
    path("contract-events", ContractEvents.as_view(), name="api_contract_events"),
    path("interactions", Interactions.as_view(), name="api_interactions"),
    path("tasks", Tasks.as_view(), name="api_tasks"),
    path("tasks/<int:id>", TaskItem.as_view(), name="api_task"),
    path("tasks/<int:id>/finish", TaskFinish.as_view(), name="api_task_finish"),
    path("tasks/<int:id>/reopen", TaskReopen.as_view(), name="api_task_reopen"),
]
