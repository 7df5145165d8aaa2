"""Accounts and the people at them: added, edited, assigned, moved through their stages."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actions import accounts as actions
from accounts.actions import contacts as contact_actions
from accounts.actors import Actor
from accounts.forms.account import AccountForm, ContactForm, OwnerForm, StageForm
from accounts.models import Account, Contact
from accounts.permissions import Permission
from accounts.queries.members import active_members
from accounts.views.common import address, form_page, found, may
from cs_platform.core import clock

_ACCOUNTS = ("owner__user", "sales_owner__user", "parent", "referrer")


def _account(account_id: int) -> Account:
    account: Account = found(Account.objects.select_related(*_ACCOUNTS), account_id)
    return account


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def account_new(request: HttpRequest) -> HttpResponse:
    """Add an account; who adds it owns it until it is assigned."""
    form = AccountForm(request.POST or None, members=active_members(request.workspace))

    def act() -> Account:
        return actions.create_account(
            actor=Actor.of(request.membership),
            now=clock.now(),
            owner=request.membership,
            **form.values(),
        )

    return form_page(
        request,
        form,
        act,
        title=_("Add account"),
        submit=_("Add account"),
        done=_("The account was added."),
        then=lambda account: address(request, "account", account.pk),
        back=address(request, "accounts"),
    )


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def account_edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change an account's facts."""
    account = _account(account_id)
    form = AccountForm(
        request.POST or None, instance=account, members=active_members(request.workspace)
    )
    return form_page(
        request,
        form,
        lambda: actions.update_account(
            actor=Actor.of(request.membership), account=account, now=clock.now(), **form.values()
        ),
        title=_("Edit account"),
        submit=_("Save"),
        done=_("The account was saved."),
        then=address(request, "account", account.pk),
        pretitle=account.name,
        account=account,
        may_assign=may(request)[Permission.ASSIGN],
    )


@page(Permission.EDIT_ACCOUNTS, methods=("GET", "POST"))
def account_stage(request: HttpRequest, account_id: int) -> HttpResponse:
    """Move an account to another lifecycle stage, as of a day."""
    account = _account(account_id)
    now, zone = clock.now(), request.workspace.timezone
    today = clock.local_date(now, zone)
    form = StageForm(request.POST or None, initial={"stage": account.stage, "happened_on": today})

    def act() -> Account:
        day = form.cleaned_data["happened_on"]
        return actions.change_stage(
            actor=Actor.of(request.membership),
            account=account,
            stage=form.cleaned_data["stage"],
            happened_at=now if day == today else clock.day_start(day, zone),
            now=now,
        )

    return form_page(
        request,
        form,
        act,
        title=_("Change stage"),
        submit=_("Save"),
        done=_("The stage was changed."),
        then=address(request, "account", account.pk),
        pretitle=account.name,
    )


@page(Permission.ASSIGN, methods=("GET", "POST"))
def account_assign(request: HttpRequest, account_id: int) -> HttpResponse:
    """Give an account to another CSM."""
    account = _account(account_id)
    form = OwnerForm(
        request.POST or None,
        initial={"owner": account.owner_id},
        members=active_members(request.workspace),
    )
    return form_page(
        request,
        form,
        lambda: actions.assign_owner(
            actor=Actor.of(request.membership),
            now=clock.now(),
            account_ids=[account.pk],
            owner=form.cleaned_data["owner"],
        ),
        title=_("Assign owner"),
        submit=_("Assign"),
        done=_("The owner was changed."),
        then=address(request, "account", account.pk),
        pretitle=account.name,
    )


@page(Permission.LOG_CONTACT, methods=("GET", "POST"))
def contact_new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Add a person to an account."""
    account = _account(account_id)
    form = ContactForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: contact_actions.create_contact(
            actor=Actor.of(request.membership),
            now=clock.now(),
            account=account,
            **form.cleaned_data,
        ),
        title=_("Add person"),
        submit=_("Add person"),
        done=_("The person was added."),
        then=address(request, "account", account.pk),
        pretitle=account.name,
    )


@page(Permission.LOG_CONTACT, methods=("GET", "POST"))
def contact_edit(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Change what is known of a person."""
    contact: Contact = found(Contact.objects.select_related("account"), contact_id)
    form = ContactForm(request.POST or None, instance=contact)
    with timezone.override(request.workspace.timezone):
        return form_page(
            request,
            form,
            lambda: contact_actions.update_contact(
                actor=Actor.of(request.membership),
                contact=contact,
                now=clock.now(),
                **form.cleaned_data,
            ),
            title=_("Edit person"),
            submit=_("Save"),
            done=_("The person was saved."),
            then=address(request, "account", contact.account_id),
            pretitle=contact.account.name,
        )
