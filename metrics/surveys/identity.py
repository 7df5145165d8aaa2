"""Who the user of an embedded survey is, said by the customer's own server. Pure but for the key.

The server of the site signs its user's id with the survey's secret (HMAC-SHA256, hexadecimal), so
that nobody can answer for somebody else by changing a page. The secret is derived, not stored: it
changes with the survey's open key.
"""

import hashlib
import hmac

from django.utils.crypto import salted_hmac

from metrics.surveys.models import Survey

_LONGEST_ID = 190


def identity_secret(survey: Survey) -> str:
    """What the site signs user ids with; for its server alone."""
    return salted_hmac(
        "metrics.surveys.identity", f"{survey.workspace_id}:{survey.open_key}", algorithm="sha256"
    ).hexdigest()


def signature(survey: Survey, user_id: str) -> str:
    """What the site puts into ``data-hash`` for a user."""
    key = identity_secret(survey).encode()
    return hmac.new(key, user_id.encode(), hashlib.sha256).hexdigest()


def is_signed(survey: Survey, user_id: str, given: str) -> bool:
    """Whether the user id was signed by the site."""
    if not user_id or len(user_id) > _LONGEST_ID or not given.isascii():
        return False
    return hmac.compare_digest(signature(survey, user_id), given.lower())
