"""Contracts: begun, changed and ended, always through the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import HttpRequest, page
from accounts.actions import contracts as actions
from accounts.actions.corrections import record_one_off, void_event
from accounts.actors import Actor
from accounts.forms.contract import (
    ChangeForm,
    EndForm,
    NoticeForm,
    OneOffForm,
    OnForm,
    ReactivateForm,
    RenewForm,
    StartForm,
    VoidForm,
)
from accounts.models import Account, ContractEvent, Product, Subscription
from accounts.permissions import Permission
from accounts.queries.ledger import ledger
from accounts.views.common import address, form_page, found, may
from cs_platform.core import clock
from cs_platform.core.templatetags.formats import day


@dataclass(frozen=True)
class Operation:
    """A change of a contract: its form, its action, its words and where it makes sense."""

    form: type[forms.Form]
    act: Callable[..., Any]
    title: Any
    icon: str
    applies: Callable[[Subscription], bool]


_RUNNING = {
    Subscription.Status.ACTIVE,
    Subscription.Status.PAUSED,
    Subscription.Status.OVERDUE,
    Subscription.Status.UPCOMING,
}


def _is_running(contract: Subscription) -> bool:
    return contract.status in _RUNNING and contract.ended_on is None


OPERATIONS: dict[str, Operation] = {
    "change": Operation(
        ChangeForm,
        actions.change_subscription,
        gettext_lazy("Change plan, seats or price"),
        "adjustments",
        _is_running,
    ),
    "renew": Operation(
        RenewForm,
        actions.renew_subscription,
        gettext_lazy("Renew"),
        "refresh",
        lambda contract: _is_running(contract) and contract.term_ends_on is not None,
    ),
    "notice": Operation(
        NoticeForm,
        actions.give_notice,
        gettext_lazy("Notice given"),
        "mail-exclamation",
        lambda contract: _is_running(contract) and contract.notice_given_on is None,
    ),
    "withdraw-notice": Operation(
        OnForm,
        actions.withdraw_notice,
        gettext_lazy("Notice withdrawn"),
        "arrow-back-up",
        lambda contract: _is_running(contract) and contract.notice_given_on is not None,
    ),
    "pause": Operation(
        OnForm,
        actions.pause_subscription,
        gettext_lazy("Pause"),
        "player-pause",
        lambda contract: _is_running(contract) and contract.status != Subscription.Status.PAUSED,
    ),
    "resume": Operation(
        OnForm,
        actions.resume_subscription,
        gettext_lazy("Resume"),
        "player-play",
        lambda contract: contract.status == Subscription.Status.PAUSED,
    ),
    "end": Operation(
        EndForm, actions.end_subscription, gettext_lazy("End contract"), "circle-x", _is_running
    ),
    "reactivate": Operation(
        ReactivateForm,
        actions.reactivate_subscription,
        gettext_lazy("Reactivate"),
        "rotate-clockwise",
        lambda contract: contract.status == Subscription.Status.ENDED,
    ),
}
_DAYS = ("effective_on", "given_on", "last_paid_on")


def _contract(subscription_id: int) -> Subscription:
    contract: Subscription = found(
        Subscription.objects.select_related("account", "product", "plan"), subscription_id
    )
    return contract


@page(Permission.VIEW)
def subscription(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """A contract, what can be done with it, and its ledger."""
    contract = _contract(subscription_id)
    entries = list(ledger(contract.account).filter(subscription=contract))
    stateless = {ContractEvent.Kind.VOID, ContractEvent.Kind.ONE_OFF}
    live = [e for e in entries if not hasattr(e, "voided_by") and e.kind not in stateless]
    voidable = {e.pk for e in live[:1]} | {
        e.pk
        for e in entries
        if e.kind == ContractEvent.Kind.ONE_OFF and not hasattr(e, "voided_by")
    }
    context = {
        "contract": contract,
        "entries": entries,
        "voidable": voidable,
        "may": may(request),
        "operations": [
            (address(request, f"subscription_{name}", contract.pk), operation)
            for name, operation in OPERATIONS.items()
            if operation.applies(contract)
        ],
    }
    return render(request, "accounts/subscription.html", context)


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def subscription_new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Begin a contract with an account."""
    account: Account = found(Account.objects.all(), account_id)
    now = clock.now()
    form = StartForm(
        request.POST or None,
        initial={
            "currency": request.workspace.currency,
            "starts_on": clock.local_date(now, request.workspace.timezone),
        },
    )
    return form_page(
        request,
        form,
        lambda: actions.start_subscription(
            actor=Actor.of(request.membership), now=now, account=account, **form.values()
        ),
        title=_("New contract"),
        submit=_("Begin contract"),
        done=_("The contract was entered."),
        then=address(request, "account_contract", account.pk),
        pretitle=account.name,
        lacks_products=not Product.objects.exists(),
        may=may(request),
    )


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def operate(request: HttpRequest, subscription_id: int, operation: str) -> HttpResponse:
    """One of the `OPERATIONS` on a contract."""
    contract, chosen, now = _contract(subscription_id), OPERATIONS[operation], clock.now()
    today = clock.local_date(now, request.workspace.timezone)
    days = {name: today for name in _DAYS if operation != "renew"}
    if operation == "end" and contract.notice_given_on and contract.term_ends_on:
        days["last_paid_on"] = contract.term_ends_on
    form = chosen.form(request.POST or None, subscription=contract, initial=days)  # type: ignore[call-arg]
    return form_page(
        request,
        form,
        lambda: chosen.act(
            actor=Actor.of(request.membership),
            now=now,
            subscription=contract,
            **form.values(),  # type: ignore[attr-defined]
        ),
        title=chosen.title,
        submit=_("Enter in the ledger"),
        done=_("The ledger has a new entry."),
        then=address(request, "subscription", contract.pk),
        pretitle=f"{contract.account.name} · {contract.product.name}",
    )


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def contract_event_void(request: HttpRequest, event_id: int) -> HttpResponse:
    """Take a mistaken entry out of account."""
    event: ContractEvent = found(ContractEvent.objects.select_related("account"), event_id)
    form = VoidForm(request.POST or None)
    then = (
        address(request, "subscription", event.subscription_id)
        if event.subscription_id
        else address(request, "account_contract", event.account_id)
    )
    return form_page(
        request,
        form,
        lambda: void_event(
            actor=Actor.of(request.membership),
            now=clock.now(),
            event=event,
            note=form.cleaned_data["note"],
        ),
        title=_("Void this entry"),
        submit=_("Void"),
        done=_("The entry was voided."),
        then=then,
        pretitle=f"{event.account.name} · {event.get_kind_display()} · {day(event.effective_on)}",
    )


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def one_off_new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Note a purchase outside the contracts."""
    account: Account = found(Account.objects.all(), account_id)
    now = clock.now()
    form = OneOffForm(
        request.POST or None,
        account=account,
        initial={
            "currency": request.workspace.currency,
            "effective_on": clock.local_date(now, request.workspace.timezone),
        },
    )
    return form_page(
        request,
        form,
        lambda: record_one_off(
            actor=Actor.of(request.membership), now=now, account=account, **form.cleaned_data
        ),
        title=_("One-off purchase"),
        submit=_("Enter in the ledger"),
        done=_("The purchase was entered."),
        then=address(request, "account_contract", account.pk),
        pretitle=account.name,
    )
