"""The brand's colour: whether it can be seen, and what can be read on it.

Contrast is WCAG 2.2's: relative luminance by the sRGB formula, ratios from 1 to 21. A button's
shape needs 3:1 against the page around it (1.4.11), the words on it 4.5:1 (1.4.3).
"""

import re
from dataclasses import dataclass

WHITE = "#ffffff"
BLACK = "#000000"
# the canvases of the public pages and of mail, light and dark
LIGHT_SURFACE = WHITE
DARK_SURFACE = "#171c24"
SHAPE_RATIO = 3.0
_STEPS = 100
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Palette:
    """The brand's colour by theme, each with the ink that is read on it."""

    light: str
    light_ink: str
    dark: str
    dark_ink: str


def is_colour(text: str) -> bool:
    """Whether ``text`` is ``#rrggbb`` in lower case, the one notation that is stored."""
    return _HEX.fullmatch(text) is not None


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, 0 (black) to 1 (white)."""
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """White or near-black, whichever is read better; the better is never under 4.58:1."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))


def _mixed(colour: str, towards: str, share: float) -> str:
    mixed = (
        round(a + (b - a) * share)
        for a, b in zip(_channels(colour), _channels(towards), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def nearest_visible(colour: str, surface: str) -> str:
    """The colour itself, or the first shade of it that has 3:1 against ``surface``."""
    towards = BLACK if luminance(surface) > 0.5 else WHITE
    shades = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(shade for shade in shades if contrast(shade, surface) >= SHAPE_RATIO)


def palette(colour: str) -> Palette:
    """What pages and mail paint with: the colour, lightened for dark surfaces where it must be."""
    light = nearest_visible(colour, LIGHT_SURFACE)
    dark = nearest_visible(colour, DARK_SURFACE)
    return Palette(light, ink_on(light), dark, ink_on(dark))
