"""Pages below /w/<workspace_slug>/ that write accounts, contracts, tasks and settings."""

from django.urls import path

from accounts.views import accounts, contracts, settings, work

urlpatterns = [
    path("accounts/new/", accounts.account_new, name="account_new"),
    path("accounts/<int:account_id>/edit/", accounts.account_edit, name="account_edit"),
    path("accounts/<int:account_id>/stage/", accounts.account_stage, name="account_stage"),
    path("accounts/<int:account_id>/assign/", accounts.account_assign, name="account_assign"),
    path("accounts/<int:account_id>/contacts/new/", accounts.contact_new, name="contact_new"),
    path("contacts/<int:contact_id>/edit/", accounts.contact_edit, name="contact_edit"),
    path(
        "accounts/<int:account_id>/contracts/new/",
        contracts.subscription_new,
        name="subscription_new",
    ),
    path("accounts/<int:account_id>/one-off/", contracts.one_off_new, name="one_off_new"),
    path("contracts/<int:subscription_id>/", contracts.subscription, name="subscription"),
    *(
        path(
            f"contracts/<int:subscription_id>/{name}/",
            contracts.operate,
            {"operation": name},
            name=f"subscription_{name}",
        )
        for name in contracts.OPERATIONS
    ),
    path("ledger/<int:event_id>/void/", contracts.contract_event_void, name="contract_event_void"),
    path("accounts/<int:account_id>/log/", work.interaction_new, name="interaction_new"),
    path("tasks/", work.tasks, name="tasks"),
    path("tasks/new/", work.task_new, name="task_new"),
    path("tasks/<int:task_id>/finish/", work.task_finish, name="task_finish"),
    path("tasks/<int:task_id>/reopen/", work.task_reopen, name="task_reopen"),
    path("settings/", settings.settings, name="settings"),
    path("settings/members/", settings.members, name="members"),
    path("settings/members/<int:member_id>/role/", settings.member_role, name="member_role"),
    path(
        "settings/members/<int:member_id>/deactivate/",
        settings.member_deactivate,
        name="member_deactivate",
    ),
    path("settings/keys/", settings.api_keys, name="api_keys"),
    path("settings/keys/<int:key_id>/revoke/", settings.api_key_revoke, name="api_key_revoke"),
    path("settings/rates/", settings.exchange_rates, name="exchange_rates"),
    path(
        "settings/rates/<int:rate_id>/remove/",
        settings.exchange_rate_remove,
        name="exchange_rate_remove",
    ),
    path("settings/catalogue/", settings.catalogue, name="catalogue"),
    path(
        "settings/catalogue/products/<int:product_id>/", settings.product_edit, name="product_edit"
    ),
    path("settings/catalogue/plans/<int:plan_id>/", settings.plan_edit, name="plan_edit"),
    path("settings/contact-budget/", settings.contact_budget, name="contact_budget"),
    path("settings/audit/", settings.audit_log, name="audit_log"),
]
