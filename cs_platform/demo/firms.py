"""Invented firms: names in both scripts with readings, industries, countries, sizes.

Every name is put together from parts, so that a hundred thousand differ; none is meant to be
a real firm.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np

from cs_platform.demo.words import read_json

_PARTS = read_json("firms")
# (written, reading, romanised)
_JP_STEMS = _PARTS["japanese_stems"]
_JP_PLACES = _PARTS["japanese_places"]
# (written, reading, English, industry)
_JP_SUFFIXES = _PARTS["japanese_suffixes"]
# (written, reading), suffixes with an industry
_WEST_STEMS = _PARTS["western_stems"]
_WEST_PREFIXES = _PARTS["western_prefixes"]
_WEST_SUFFIXES = _PARTS["western_suffixes"]
COUNTRIES = ("JP", "US", "GB", "DE", "SG", "AU", "FR")
_COUNTRY_SHARES = (0.64, 0.14, 0.06, 0.05, 0.04, 0.04, 0.03)
# whole hours from UTC; daylight saving is left out
UTC_OFFSET = {"JP": 9, "US": -6, "GB": 0, "DE": 1, "SG": 8, "AU": 10, "FR": 1}
_LEGAL_FORM = {
    "US": " Inc.", "GB": " Ltd", "DE": " GmbH", "SG": " Pte. Ltd.", "AU": " Pty Ltd", "FR": " SAS",
}  # fmt: skip
SEGMENTS = ("enterprise", "mid_market", "small", "startup")
_SEGMENT_SHARES = (0.08, 0.30, 0.44, 0.18)
# median seats, and the spread of their logarithm
_SEATS = {
    "enterprise": (44.0, 0.35), "mid_market": (17.0, 0.35),
    "small": (7.0, 0.4), "startup": (4.0, 0.4),
}  # fmt: skip


@dataclass(frozen=True)
class Firm:
    """A customer firm as it is on its first day."""

    number: int
    external_id: str
    name: str
    name_reading: str
    name_en: str
    domain: str
    industry: str
    country: str
    segment: str
    tier: str
    seats: int
    language: str


def _spread(number: int, size: int) -> tuple[int, int]:
    """(layer, place): each layer runs through all places once, in a scattered order."""
    step = int(size * 0.618)
    while gcd(step, size) != 1:
        step += 1
    layer, index = divmod(number, size)
    return layer, (index * step + 17) % size


def _name_in_japan(number: int) -> tuple[str, str, str, str, str]:
    layer, place = _spread(number, len(_JP_STEMS) * len(_JP_SUFFIXES))
    stem = _JP_STEMS[place % len(_JP_STEMS)]
    suffix = _JP_SUFFIXES[place // len(_JP_STEMS)]
    town = _JP_PLACES[(layer - 1) % len(_JP_PLACES)] if layer else ("", "", "")
    again = f"{layer // (len(_JP_PLACES) + 1) + 1}" if layer > len(_JP_PLACES) else ""
    core = f"{town[0]}{stem[0]}{suffix[0]}{again}"
    written = f"株式会社{core}" if place % 3 else f"{core}株式会社"
    english = f"{town[2]} {stem[2]} {suffix[2]}{again} Co., Ltd.".strip()
    label = "-".join(x for x in (town[2], stem[2], suffix[2].replace(" ", "-"), again) if x)
    return written, f"{town[1]}{stem[1]}{suffix[1]}", english, suffix[3], label.lower()


def _name_abroad(number: int, country: str) -> tuple[str, str, str, str, str]:
    layer, place = _spread(number, len(_WEST_STEMS) * len(_WEST_SUFFIXES))
    stem = _WEST_STEMS[place % len(_WEST_STEMS)]
    suffix = _WEST_SUFFIXES[place // len(_WEST_STEMS)]
    prefix = _WEST_PREFIXES[(layer - 1) % len(_WEST_PREFIXES)] if layer else ("", "")
    again = f" {layer // (len(_WEST_PREFIXES) + 1) + 1}" if layer > len(_WEST_PREFIXES) else ""
    english = f"{prefix[0]} {stem[0]} {suffix[0]}{again}".strip()
    reading = "・".join(x for x in (prefix[1], stem[1], suffix[1]) if x)
    written = f"{english}{_LEGAL_FORM[country]}"
    return written, reading, written, suffix[2], english.lower().replace(" ", "-")


def make_firm(number: int, rng: np.random.Generator, seat_scale: float = 1.0) -> Firm:
    """Firm ``number``; ``seat_scale`` shrinks or grows seats with the usage there is to spread."""
    country = COUNTRIES[int(rng.choice(len(COUNTRIES), p=_COUNTRY_SHARES))]
    segment = SEGMENTS[int(rng.choice(len(SEGMENTS), p=_SEGMENT_SHARES))]
    median, spread = _SEATS[segment]
    seats = max(2, round(median * seat_scale * float(np.exp(rng.normal(0, spread)))))
    name, reading, english, industry, label = (
        _name_in_japan(number) if country == "JP" else _name_abroad(number, country)
    )
    tier = {"enterprise": "high_touch", "mid_market": "mid_touch"}.get(segment, "tech_touch")
    return Firm(
        number=number,
        external_id=f"acct-{number + 1:06d}",
        name=name,
        name_reading=reading,
        name_en=english,
        domain=f"{label}.example",
        industry=industry,
        country=country,
        segment=segment,
        tier=tier,
        seats=seats,
        language="ja" if country == "JP" else "en",
    )
