"""Sites that may show a survey: their origin, as a browser sends it. Pure."""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from accounts.fields import BadValue, Texts

_PORTS = {"https": 443, "http": 80}
_MOST = 20


def origin(text: str) -> str:
    """``scheme://host[:port]`` in lower case, without the scheme's own port.

    Raises ``BadValue`` for what is no address of a site: another scheme, a path, a user, a
    wildcard.
    """
    try:
        parts = urlsplit(text.strip().lower())
        host, port = parts.hostname or "", parts.port
        host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        host = ""
        parts = urlsplit("")
        port = None
    is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if not host or parts.scheme not in _PORTS or not is_bare or "*" in host or " " in host:
        raise BadValue(
            "not_an_origin",
            _("“%(value)s” is not the address of a site, such as https://app.example.com.")
            % {"value": text[:200]},
        )
    if ":" in host:
        host = f"[{host}]"
    shown = "" if port in {None, _PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


@dataclass(frozen=True)
class Origins:
    """A list of sites, each an origin."""

    empty: Any = field(default_factory=list)
    json_type: ClassVar = "array"
    json_more: ClassVar = {"items": {"type": "string", "format": "uri"}, "maxItems": _MOST}

    def read(self, value: Any) -> list[str]:
        items = Texts(300, most=_MOST).read(value)
        return list(dict.fromkeys(map(origin, items)))
