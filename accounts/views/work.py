"""What was said, and what is to be done."""

import datetime as dt

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actions import tasks as task_actions
from accounts.actions.interactions import log_interaction
from accounts.actors import Actor
from accounts.forms.contact_log import InteractionForm, TaskForm
from accounts.models import Account, Interaction, Task
from accounts.permissions import Permission
from accounts.queries.members import active_members
from accounts.queries.tasks import tasks as listed_tasks
from accounts.views.common import (
    address,
    attempt,
    form_page,
    found,
    list_page,
    may,
    see_other,
    toast,
)
from cs_platform.core import clock
from cs_platform.core.paging import Sort

_PAGE = 50
_WHOSE, _STATES = ("mine", "all"), ("open", "done")


@page(Permission.LOG_CONTACT, methods=("GET", "POST"))
def interaction_new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Log a contact in place: in a dialog for htmx, else on a page of its own."""
    account: Account = found(Account.objects.select_related("owner__user"), account_id)
    now = clock.now()
    # times are typed and shown as the workspace's clocks say them
    with timezone.override(request.workspace.timezone):
        form = InteractionForm(
            request.POST or None,
            account=account,
            now=now,
            initial={
                "happened_at": now,
                "kind": request.GET.get("kind", Interaction.Kind.CALL_OUT),
            },
        )
        if request.method == "POST" and form.is_valid():
            logged = attempt(form, lambda: _log(Actor.of(request.membership), now, account, form))
            if logged is not None:
                interaction, done = logged
                if request.htmx:
                    said = _("The contact with %(name)s was logged.") % {"name": account.name}
                    return toast(
                        HttpResponse(status=204),
                        " ".join([said, *done]),
                        **{
                            "dialog:close": True,
                            "interaction:logged": {"account": account.pk, "id": interaction.pk},
                        },
                    )
                for text in done:
                    messages.success(request, text)
                return see_other(address(request, "account", account.pk))
        context = {
            "form": form,
            "account": account,
            "title": _("Log a contact"),
            "submit": _("Log contact"),
            "pretitle": account.name,
            "back": address(request, "account", account.pk),
            "action": request.path,
        }
        template = "accounts/_interaction.html" if request.htmx else "accounts/interaction.html"
        response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _log(
    actor: Actor, now: dt.datetime, account: Account, form: InteractionForm
) -> tuple[Interaction, list[str]]:
    """The contact and what followed from it, in words: all of it, or nothing where one refuses."""
    with transaction.atomic():
        interaction = log_interaction(actor=actor, now=now, account=account, **form.logged())
        done = [
            offer.act(actor=actor, now=now, interaction=interaction, value=value)
            for offer, value in form.accepted()
        ]
    return interaction, done


@page(Permission.VIEW)
def tasks(request: HttpRequest) -> HttpResponse:
    """What is to be done, by me or by everybody, and what was done."""
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    state = "done" if request.GET.get("state") == "done" else "open"
    chosen = listed_tasks(
        owner=request.membership if whose == "mine" else None, is_done=state == "done"
    )
    sort = Sort("done_at", descending=True) if state == "done" else Sort("due_on")
    context = {
        "page": list_page(
            request, chosen, purpose=f"tasks:{whose}:{state}", sort=sort, limit=_PAGE
        ),
        "whose": whose,
        "state": state,
        **{f"is_{w}_{s}": (w, s) == (whose, state) for w in _WHOSE for s in _STATES},
        "today": clock.local_date(clock.now(), request.workspace.timezone),
        "may": may(request),
    }
    template = "accounts/_tasks.html" if request.htmx else "accounts/tasks.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@page(Permission.LOG_CONTACT, methods=("GET", "POST"))
def task_new(request: HttpRequest) -> HttpResponse:
    """Add a task, for an account where the address names one."""
    account_id = request.GET.get("account", "")
    account = (
        found(Account.objects.all(), int(account_id))
        if account_id.isdecimal() and len(account_id) < 19
        else None
    )
    form = TaskForm(
        request.POST or None,
        members=active_members(request.workspace),
        initial={"owner": request.membership.pk},
    )
    return form_page(
        request,
        form,
        lambda: task_actions.create_task(
            actor=Actor.of(request.membership),
            now=clock.now(),
            account=account,
            **form.cleaned_data,
        ),
        title=_("Add task"),
        submit=_("Add task"),
        done=_("The task was added."),
        then=address(request, "account", account.pk) if account else address(request, "tasks"),
        pretitle=account.name if account else "",
    )


@page(Permission.LOG_CONTACT, methods=("POST",))
def task_finish(request: HttpRequest, task_id: int) -> HttpResponse:
    """Mark a task as done; for htmx its row goes away."""
    task: Task = found(Task.objects.all(), task_id)
    task_actions.finish_task(actor=Actor.of(request.membership), now=clock.now(), task=task)
    if request.htmx:
        return toast(HttpResponse(""), _("Done: %(title)s") % {"title": task.text})
    return see_other(address(request, "tasks"))


@page(Permission.LOG_CONTACT, methods=("POST",))
def task_reopen(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put a task back on the list."""
    task: Task = found(Task.objects.all(), task_id)
    task_actions.reopen_task(actor=Actor.of(request.membership), now=clock.now(), task=task)
    if request.htmx:
        return toast(HttpResponse(""), _("Open again: %(title)s") % {"title": task.text})
    return see_other(address(request, "tasks"))
