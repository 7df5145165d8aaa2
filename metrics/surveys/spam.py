"""Keeping floods and form robots away from addresses that anybody may open.

An answer to an open link is refused when its sender's address has sent many, when the field no
person sees was filled in, or when the form was filled in faster than it can be read. The second
answer of one browser is no spam: it is shown the first one (`queries.public.earlier_answer`).
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
from typing import Literal

from django.conf import settings
from django.core.cache import cache

from cs_platform.core import ratelimit
from metrics.surveys.models import Invitation, Survey
from metrics.surveys.robots import HASTY
from metrics.surveys.tokens import stamp_age

# A field that style sheets hide from people and that form robots fill in.
HONEYPOT = "website"
LEAST_TIME = dt.timedelta(seconds=2)
LONGEST_TIME = dt.timedelta(hours=24)
ANSWERS_PER_HOUR = 20
OPENINGS_PER_MINUTE = 120
Spam = Literal["honeypot", "no_stamp", "too_fast", "too_old"]


def _sender(ip: str) -> str:
    """The address, or the network a single subscriber has of it: /64 of IPv6."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0].strip())
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def ip_hash(ip: str) -> str:
    """What is kept of a sender's address: enough to see that two are the same, keyed, one-way."""
    key = f"{settings.SECRET_KEY}:metrics.surveys.ip".encode()
    return hmac.new(key, _sender(ip).encode(), hashlib.sha256).hexdigest()


def take_answer(ip: str, survey: Survey) -> ratelimit.Allowance:
    """Count one answer of the address to a survey's open link or embed."""
    return ratelimit.take(
        f"survey-answer:{survey.pk}:{ip_hash(ip)}",
        cost=1,
        limit=ANSWERS_PER_HOUR,
        window_seconds=3600,
    )


def take_opening(ip: str) -> ratelimit.Allowance:
    """Count one request of the address to any public page, against guessing and floods."""
    return ratelimit.take(
        f"survey-open:{ip_hash(ip)}", cost=1, limit=OPENINGS_PER_MINUTE, window_seconds=60
    )


def spam_in(*, honeypot: str, stamp: str, now: dt.datetime, survey: Survey) -> Spam | None:
    """What is wrong with an open form, None for nothing; ``stamp`` is `tokens.form_stamp`'s.

    ``too_old`` and ``no_stamp`` call for handing the form out again with what was filled in;
    the other two for thanking and forgetting.
    """
    if honeypot:
        return "honeypot"
    age = stamp_age(stamp, now, survey)
    if age is None or age < dt.timedelta(0):
        return "no_stamp"
    if age < LEAST_TIME:
        return "too_fast"
    return "too_old" if age > LONGEST_TIME else None


def note_opened(invitation: Invitation, score: int | None) -> int:
    """Remember for some seconds that a score of the invitation was opened; how many were.

    Kept outside of the database: opening an address records nothing. 0 while Redis is away.
    """
    if score is None:
        return scores_opened(invitation)
    name = f"survey-scores:{invitation.pk}"
    try:
        seen = set(cache.get(name) or ()) | {score}
        cache.set(name, sorted(seen), timeout=int(HASTY.total_seconds()))
    except Exception:
        return 0
    return len(seen)


def scores_opened(invitation: Invitation) -> int:
    """How many different scores of the invitation were opened within the last seconds."""
    try:
        return len(cache.get(f"survey-scores:{invitation.pk}") or ())
    except Exception:
        return 0
