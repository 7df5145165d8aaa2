"""Pages that combine the apps, below /w/<workspace_slug>/."""

from django.urls import path

from cs_platform.dashboards.views import (
    account,
    accounts,
    at_risk,
    losses,
    overview,
    satisfaction,
    saved,
    search,
    today,
)

urlpatterns = [
    path("today/", today.today, name="today"),
    path("overview/", overview.overview, name="overview"),
    path("at-risk/", at_risk.at_risk_list, name="at_risk"),
    path("search/", search.search, name="search"),
    path("churn-review/", losses.churn_reviews, name="churn_reviews"),
    path("churn-review/<int:account_id>/", losses.churn_review, name="churn_review"),
    path(
        "churn-review/<int:account_id>/write/",
        losses.churn_review_write,
        name="churn_review_write",
    ),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/export/", accounts.export, name="accounts_export"),
    path("accounts/assign/", accounts.assign, name="accounts_assign"),
    path("views/<slug:list_name>/save/", saved.save, name="save_view"),
    path("views/<int:view_id>/delete/", saved.delete, name="delete_view"),
    path("accounts/<int:account_id>/", account.overview_tab, name="account"),
    path("accounts/<int:account_id>/usage/", account.usage_tab, name="account_usage"),
    path("accounts/<int:account_id>/timeline/", account.timeline_tab, name="account_timeline"),
    path(
        "accounts/<int:account_id>/satisfaction/",
        satisfaction.satisfaction_tab,
        name="account_satisfaction",
    ),
    path("accounts/<int:account_id>/contract/", account.contract_tab, name="account_contract"),
]
