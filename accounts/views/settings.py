"""The workspace's administration."""

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import HttpRequest, page
from accounts.actions import catalogue as catalogue_actions
from accounts.actions import keys as key_actions
from accounts.actions import members as member_actions
from accounts.actions.budget import update_budget
from accounts.actions.workspace import update_workspace
from accounts.actors import Actor
from accounts.audit_words import action_words, detail_words
from accounts.forms.settings import (
    BudgetForm,
    KeyForm,
    MemberForm,
    PlanForm,
    PlanTermsForm,
    ProductForm,
    ProductNameForm,
    RateForm,
    WorkspaceForm,
)
from accounts.models import ExchangeRate, Plan, Product
from accounts.permissions import Permission, allows
from accounts.queries.audit import audit_log as audit_entries
from accounts.queries.budget import contact_budget as current_budget
from accounts.queries.catalogue import products
from accounts.queries.keys import keys
from accounts.queries.members import members as all_members
from accounts.views.common import address, attempt, form_page, found, list_page, see_other
from cs_platform.core import clock
from cs_platform.core.errors import DomainError, NotFound
from cs_platform.core.paging import Sort

_PAGE = 100


_SECTIONS = {
    "settings": (gettext_lazy("Workspace"), Permission.MANAGE_WORKSPACE),
    "members": (gettext_lazy("Members"), Permission.MANAGE_MEMBERS),
    "api_keys": (gettext_lazy("API keys"), Permission.MANAGE_KEYS),
    "exchange_rates": (gettext_lazy("Exchange rates"), Permission.MANAGE_WORKSPACE),
    "catalogue": (gettext_lazy("Products and plans"), Permission.MANAGE_WORKSPACE),
    "contact_budget": (gettext_lazy("Contact budget"), Permission.MANAGE_WORKSPACE),
    "audit_log": (gettext_lazy("Audit log"), Permission.MANAGE_WORKSPACE),
}


def _page(request: HttpRequest, template: str, current: str, **context: object) -> HttpResponse:
    context["sections"] = [
        {"url": address(request, name), "label": label, "is_current": name == current}
        for name, (label, permission) in _SECTIONS.items()
        if allows(request.membership.role, permission)
    ]
    return render(request, f"accounts/settings/{template}", context)


@page(Permission.MANAGE_WORKSPACE, methods=("GET", "POST"))
def settings(request: HttpRequest) -> HttpResponse:
    """Name, time zone, currency, fiscal year, events of unknown accounts."""
    form = WorkspaceForm(request.POST or None, instance=request.workspace)
    if request.method == "POST" and form.is_valid():
        attempt(
            form,
            lambda: update_workspace(
                actor=Actor.of(request.membership),
                workspace=request.workspace,
                now=clock.now(),
                **form.cleaned_data,
            ),
        )
        if not form.errors:
            messages.success(request, _("The settings were saved."))
            return see_other(request.path)
    return _page(request, "workspace.html", "settings", form=form)


@page(Permission.MANAGE_MEMBERS, methods=("GET", "POST"))
def members(request: HttpRequest) -> HttpResponse:
    """Who belongs to the workspace; add somebody."""
    actor = Actor.of(request.membership)
    roles = member_actions.grantable(actor)
    form = MemberForm(request.POST or None, roles=reversed(roles))
    link = ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        added = attempt(
            form,
            lambda: member_actions.add_member(
                actor=actor,
                workspace=request.workspace,
                now=clock.now(),
                email=data["email"],
                name=data["name"],
                role=data["role"],
                password=data["password"] or None,
            ),
        )
        if added is not None:
            member, is_new = added
            messages.success(request, _("%(name)s was added.") % {"name": member})
            if not is_new or data["password"]:
                return see_other(request.path)
            link = _password_link(request, member.user)
            form = MemberForm(roles=reversed(roles))
    response = _page(
        request,
        "members.html",
        "members",
        form=form,
        members=all_members(request.workspace),
        roles=[(role.value, role.label) for role in roles],
        grantable={role.value for role in roles},
        link=link,
    )
    if link:
        response["Cache-Control"] = "no-store"
    return response


def _password_link(request: HttpRequest, user: AbstractBaseUser) -> str:
    """The link by which a new member sets a password; it works once."""
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str

    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    return request.build_absolute_uri(path)


@page(Permission.MANAGE_MEMBERS, methods=("POST",))
def member_role(request: HttpRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    try:
        member = member_actions.change_role(
            actor=Actor.of(request.membership),
            workspace=request.workspace,
            member_id=member_id,
            role=request.POST.get("role", ""),
            now=clock.now(),
        )
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(
            request,
            _("%(name)s is now: %(role)s.") % {"name": member, "role": member.get_role_display()},
        )
    return see_other(address(request, "members"))


@page(Permission.MANAGE_MEMBERS, methods=("POST",))
def member_deactivate(request: HttpRequest, member_id: int) -> HttpResponse:
    """Shut a member out."""
    try:
        member = member_actions.deactivate_member(
            actor=Actor.of(request.membership),
            workspace=request.workspace,
            member_id=member_id,
            now=clock.now(),
        )
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("%(name)s can no longer log in here.") % {"name": member})
    return see_other(address(request, "members"))


@page(Permission.MANAGE_KEYS, methods=("GET", "POST"))
def api_keys(request: HttpRequest) -> HttpResponse:
    """The workspace's API keys; a new one's secret is shown on the answer to its making, once."""
    form = KeyForm(request.POST or None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: key_actions.create_key(
                actor=Actor.of(request.membership),
                workspace=request.workspace,
                now=clock.now(),
                **form.cleaned_data,
            ),
        )
        if made is not None:
            secret, form = made[1], KeyForm()
    response = _page(
        request, "api_keys.html", "api_keys", form=form, keys=keys(request.workspace), secret=secret
    )
    if secret:
        response["Cache-Control"] = "no-store"
    return response


@page(Permission.MANAGE_KEYS, methods=("POST",))
def api_key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Refuse a key from now on."""
    try:
        key = key_actions.revoke_key(
            actor=Actor.of(request.membership),
            workspace=request.workspace,
            key_id=key_id,
            now=clock.now(),
        )
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("The key “%(name)s” was revoked.") % {"name": key.name})
    return see_other(address(request, "api_keys"))


@page(Permission.MANAGE_WORKSPACE, methods=("GET", "POST"))
def exchange_rates(request: HttpRequest) -> HttpResponse:
    """What other currencies are worth, from which day on."""
    form = RateForm(
        request.POST or None,
        own=request.workspace.currency,
        initial={
            "currency": "EUR" if request.workspace.currency == "USD" else "USD",
            "valid_from": clock.local_date(clock.now(), request.workspace.timezone),
        },
    )
    if request.method == "POST" and form.is_valid():
        attempt(
            form,
            lambda: catalogue_actions.set_rate(
                actor=Actor.of(request.membership), now=clock.now(), **form.cleaned_data
            ),
        )
        if not form.errors:
            messages.success(request, _("The rate was saved."))
            return see_other(request.path)
    rates = ExchangeRate.objects.order_by("currency", "-valid_from")[:500]
    return _page(request, "exchange_rates.html", "exchange_rates", form=form, rates=rates)


@page(Permission.MANAGE_WORKSPACE, methods=("POST",))
def exchange_rate_remove(request: HttpRequest, rate_id: int) -> HttpResponse:
    """Remove a rate entered by mistake."""
    try:
        catalogue_actions.remove_rate(
            actor=Actor.of(request.membership), now=clock.now(), rate_id=rate_id
        )
    except NotFound as error:
        raise Http404 from error
    messages.success(request, _("The rate was removed."))
    return see_other(address(request, "exchange_rates"))


@page(Permission.MANAGE_WORKSPACE, methods=("GET", "POST"))
def catalogue(request: HttpRequest) -> HttpResponse:
    """Products and their plans."""
    which = request.POST.get("form", "")
    product_form = ProductForm(request.POST if which == "product" else None, prefix="product")
    plan_form = PlanForm(request.POST if which == "plan" else None, prefix="plan")
    actor, now = Actor.of(request.membership), clock.now()
    for form, create, done in (
        (product_form, catalogue_actions.create_product, _("The product was added.")),
        (plan_form, catalogue_actions.create_plan, _("The plan was added.")),
    ):
        if form.is_bound and form.is_valid():
            attempt(form, lambda c=create, f=form: c(actor=actor, now=now, **f.cleaned_data))  # type: ignore[misc]
            if not form.errors:
                messages.success(request, done)
                return see_other(request.path)
    return _page(
        request,
        "catalogue.html",
        "catalogue",
        product_form=product_form,
        plan_form=plan_form,
        products=products(),
    )


@page(Permission.MANAGE_WORKSPACE, methods=("GET", "POST"))
def product_edit(request: HttpRequest, product_id: int) -> HttpResponse:
    """Rename a product."""
    product = found(Product.objects.all(), product_id)
    form = ProductNameForm(request.POST or None, initial={"name": product.name})
    return form_page(
        request,
        form,
        lambda: catalogue_actions.update_product(
            actor=Actor.of(request.membership), product=product, now=clock.now(),
            **form.cleaned_data,
        ),
        title=_("Edit product"),
        submit=_("Save"),
        done=_("The product was saved."),
        then=address(request, "catalogue"),
        pretitle=product.code,
    )  # fmt: skip


@page(Permission.MANAGE_WORKSPACE, methods=("GET", "POST"))
def plan_edit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Rename or re-rank a plan."""
    plan = found(Plan.objects.select_related("product"), plan_id)
    form = PlanTermsForm(request.POST or None, initial={"name": plan.name, "rank": plan.rank})
    return form_page(
        request,
        form,
        lambda: catalogue_actions.update_plan(
            actor=Actor.of(request.membership), plan=plan, now=clock.now(), **form.cleaned_data
        ),
        title=_("Edit plan"),
        submit=_("Save"),
        done=_("The plan was saved."),
        then=address(request, "catalogue"),
        pretitle=f"{plan.product.name} · {plan.code}",
    )


@page(Permission.MANAGE_WORKSPACE, methods=("GET", "POST"))
def contact_budget(request: HttpRequest) -> HttpResponse:
    """How often customers may be written to, by everything that writes to them."""
    form = BudgetForm(request.POST or None, instance=current_budget())
    if request.method == "POST" and form.is_valid():
        attempt(
            form,
            lambda: update_budget(
                actor=Actor.of(request.membership), now=clock.now(), **form.cleaned_data
            ),
        )
        if not form.errors:
            messages.success(request, _("The settings were saved."))
            return see_other(request.path)
    return _page(request, "contact_budget.html", "contact_budget", form=form)


@page(Permission.MANAGE_WORKSPACE)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what."""
    found = list_page(
        request,
        audit_entries(),
        purpose="audit",
        sort=Sort("happened_at", descending=True),
        limit=_PAGE,
    )
    entries = [(entry, action_words(entry.action), detail_words(entry)) for entry in found.rows]
    return _page(request, "audit_log.html", "audit_log", page=found, entries=entries)
