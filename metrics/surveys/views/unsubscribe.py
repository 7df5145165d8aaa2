"""Where a person says that it wants no more letters, or takes that back.

The GET only asks: scanners open every link. A POST does it; mail programs send one with
``List-Unsubscribe=One-Click`` and nothing else (RFC 8058), so there is no form token to ask for.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Contact, Workspace
from cs_platform.core import clock
from cs_platform.core.errors import NotFound
from metrics.surveys.actions.opting_out import opt_in, opt_out
from metrics.surveys.colours import palette
from metrics.surveys.models import Survey
from metrics.surveys.queries.public import find_contact
from metrics.surveys.tokens import BadToken, read_unsubscribe_token
from metrics.surveys.views.public_access import gone, language_of, public, public_page

_SOURCE = "unsubscribe_link"


@csrf_exempt  # the token in the address is the credential
@public_page(methods=("GET", "POST"))
def unsubscribe(request: HttpRequest, workspace: Workspace, token: str) -> HttpResponse:
    """Ask, do, or undo. Idempotent."""
    try:
        contact = find_contact(read_unsubscribe_token(token))
    except (BadToken, NotFound):
        return gone(request)
    language = language_of(request, preferred=contact.language)
    if request.method == "POST":
        act = opt_in if request.POST.get("again") else opt_out
        act(now=clock.now(), contact=contact, source=_SOURCE)
        contact.refresh_from_db()
    return public(
        request,
        "unsubscribe.html",
        language=language,
        brand=workspace.name,
        palette=palette(Survey._meta.get_field("brand_colour").get_default()),
        address=contact.email,
        has_refused=contact.consent == Contact.Consent.REFUSED,
        is_done=request.method == "POST",
    )
