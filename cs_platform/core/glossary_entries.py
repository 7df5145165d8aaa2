"""The text of the glossary."""

from django.utils.translation import gettext_lazy as _

from cs_platform.core.glossary import Entry, Text

GROUPS = {"health": _("Health and risk")}

_LIST = [
    Entry(
        "health-score",
        "health",
        Text("Health score", "How well an account is doing, from 0 to 100."),
        Text("ヘルススコア", "顧客企業の健全度を0〜100で表した値。"),
    ),
]

ENTRIES = {entry.slug: entry for entry in _LIST}
