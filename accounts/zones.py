"""The time zone of a person: their own, else their country's, else the workspace's. Pure.

Which zones a country has comes from CLDR through Babel. A country with one zone has that; of a
country with several the table below names the one most people live in; a country in neither has
none, and its people are taken to keep the workspace's hours.
"""

import functools
from collections import defaultdict
from zoneinfo import available_timezones

from babel.core import get_global

_MAIN = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "IN": "Asia/Kolkata",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NP": "Asia/Kathmandu",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "VN": "Asia/Ho_Chi_Minh",
}


@functools.cache
def _only_zones() -> dict[str, str]:
    """The zone of each country that has exactly one."""
    known = available_timezones()
    found = defaultdict(set)
    for zone, country in get_global("zone_territories").items():
        if zone in known:
            found[country].add(zone)
    return {country: next(iter(zones)) for country, zones in found.items() if len(zones) == 1}


def main_zone(country: str) -> str:
    """The IANA zone of a country by its two letters, '' for one that is not known."""
    code = country.upper()
    return _MAIN.get(code) or _only_zones().get(code, "")


def zone_of(own: str, country: str, workspace: str) -> str:
    """The zone whose hours a person keeps."""
    return own or main_zone(country) or workspace
