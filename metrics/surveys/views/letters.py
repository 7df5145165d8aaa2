"""Letters that wait: taking one back."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.access import HttpRequest, page
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.views.common import address, found, see_other
from cs_platform.core import clock
from cs_platform.core.errors import DomainError
from metrics.surveys.actions.invitations import withdraw
from metrics.surveys.models import Invitation


@page(Permission.LOG_CONTACT, methods=("POST",))
def invitation_withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back whose letter has not been written; whoever may ask may do so."""
    invitation: Invitation = found(Invitation.objects.select_related("contact"), invitation_id)
    try:
        withdraw(actor=Actor.of(request.membership), now=clock.now(), invitation=invitation)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("%(name)s is not asked.") % {"name": invitation.contact.name})
    return see_other(address(request, "account_satisfaction", invitation.account_id))
