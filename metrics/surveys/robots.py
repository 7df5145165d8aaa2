"""Answers that no person gave: how they are told apart. Pure.

Mail servers of firms open every link of a letter before its reader does, some of them press what
they find there. An address that is opened (GET, HEAD, prefetch) records nothing by itself, so most
of them leave no trace. Of what is posted, an answer with at least one of these signs is kept,
flagged, shown apart and counted nowhere; the person it was meant for can still answer, and that
answer takes its place.

| sign | meaning |
|---|---|
| ``scanner`` | the program says that it is a security scanner, crawler or library |
| ``prefetch`` | the request says that nobody asked for it yet (``Purpose``, ``Sec-Purpose``) |
| ``instant`` | posted within 2 s of the letter's delivery: nobody reads that fast |
| ``every_score`` | 4 or more different scores were opened from one invitation within 10 s |
| ``no_script`` | the page's script did not run, *and* the post came within 10 s of the delivery |
| ``no_agent`` | the program does not say what it is |

One sign is enough, for each is by itself something that people at browsers do not do. Being without
scripts is not among them: some people are.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

Sign = Literal["scanner", "prefetch", "instant", "every_score", "no_script", "no_agent"]
INSTANT = dt.timedelta(seconds=2)
HASTY = dt.timedelta(seconds=10)
SCORES_AT_ONCE = 4

# Names by which link checkers, crawlers and libraries present themselves.
_SCANNERS = re.compile(
    r"barracuda|proofpoint|mimecast|symantec|messagelabs|trendmicro|trend micro|fireeye|ironport"
    r"|cisco.?(?:email|secure)|safelinks|microsoft office.*(?:existence|protocol) discovery"
    r"|ms-?office|googleimageproxy|google-?safety|virustotal|zscaler|sophos|fortinet|fortiguard"
    r"|checkpoint|urldefense|avanan|bitdefender|kaspersky|mcafee|webroot|bluecoat|phishtank"
    r"|headlesschrome|phantomjs|python-requests|python-urllib|aiohttp|httpx|curl/|wget/|go-http-client"
    r"|okhttp|java/|libwww|apache-httpclient|node-fetch|axios|scrapy"
    # Cubot makes telephones
    r"|\bbot\b|(?<!\bcu)(?<=[a-z])bot\b|bot/|crawler|spider|slurp|preview|link.?check|monitor",
    re.IGNORECASE,
)
_PREFETCH = re.compile(r"prefetch|preview|prerender", re.IGNORECASE)


@dataclass(frozen=True)
class Evidence:
    """What is seen of a post. Times are None where they are not known.

    ``since_delivery`` is the time since the letter was handed to the recipient's server,
    ``scores_opened`` how many different scores of the invitation were opened within 10 s before,
    ``had_script`` whether the page's script left its mark in the form.
    """

    user_agent: str
    purpose: str = ""
    since_delivery: dt.timedelta | None = None
    scores_opened: int = 0
    had_script: bool = True


def signs(evidence: Evidence) -> list[Sign]:
    """The signs of a robot, in the order of the table; empty for a person."""
    delivered = evidence.since_delivery
    found: dict[Sign, bool] = {
        "scanner": _SCANNERS.search(evidence.user_agent) is not None,
        "prefetch": _PREFETCH.search(evidence.purpose) is not None,
        "instant": delivered is not None and delivered < INSTANT,
        "every_score": evidence.scores_opened >= SCORES_AT_ONCE,
        "no_script": not evidence.had_script and delivered is not None and delivered < HASTY,
        "no_agent": not evidence.user_agent.strip(),
    }
    return [sign for sign, is_seen in found.items() if is_seen]
