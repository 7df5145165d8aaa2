"""What the API shows of a table: names, where they come from, and their types."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db.models import QuerySet

from cs_platform.core import parameters
from cs_platform.core.listing import Listing
from cs_platform.core.openapi import component
from cs_platform.core.paging import Sort
from cs_platform.core.parameters import Parameter

# Choices of members come from outside; so many are kept.
_MOST_CHOICES = 1000
LARGEST_PAGE = 500
DEFAULT_PAGE = 50
CURSOR = parameters.text(
    "cursor",
    "Where to go on: `next_cursor` or `previous_cursor` of another page of this list and sort.",
    longest=4000,
)
LIMIT = parameters.whole(
    "limit", "Rows per page.", least=1, most=LARGEST_PAGE, default=DEFAULT_PAGE
)


def text_type(longest: int | None = None, *, nullable: bool = False, **more: Any) -> dict[str, Any]:
    """Schema of a text, or of a text or null."""
    found: dict[str, Any] = {"type": ["string", "null"] if nullable else "string", **more}
    return found if longest is None else {**found, "maxLength": longest}


def number_type(name: str = "number", *, nullable: bool = False, **more: Any) -> dict[str, Any]:
    """Schema of a number, or of a number or null."""
    return {"type": [name, "null"] if nullable else name, **more}


DAY = text_type(format="date")
DAY_OR_NULL = text_type(nullable=True, format="date")
MOMENT = text_type(format="date-time")
MOMENT_OR_NULL = text_type(nullable=True, format="date-time")
MONEY = text_type(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal number as text.")
MONEY_OR_NULL = {**MONEY, "type": ["string", "null"]}
BOOLEAN: dict[str, Any] = {"type": "boolean"}


@dataclass(frozen=True)
class Column:
    """Where a member comes from (a path of the ORM) and its JSON schema."""

    source: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One kind of object of the API, read as plain data.

    ``sorts`` is the closed set of columns a list may be sorted by, off an index each or off a key
    that carries them, as {name in the API: column of the table}.
    """

    name: str
    columns: Mapping[str, Column]
    description: str
    example: Mapping[str, Any]
    sorts: Mapping[str, str]

    @property
    def schema(self) -> dict[str, Any]:
        """A reference to the object's schema."""
        return component(
            self.name,
            {
                "type": "object",
                "description": f"{self.description} Every member is there, "
                "unless `fields` asked for some only.",
                "properties": {name: dict(c.schema) for name, c in self.columns.items()},
                "additionalProperties": False,
                "example": dict(self.example),
            },
        )

    @property
    def page_schema(self) -> dict[str, Any]:
        """A reference to the schema of a page of such objects."""
        cursor = text_type(nullable=True)
        return component(
            f"{self.name}Page",
            {
                "type": "object",
                "properties": {
                    "items": {"type": "array", "items": self.schema},
                    "next_cursor": {**cursor, "description": "null on the last page"},
                    "previous_cursor": {**cursor, "description": "null on the first page"},
                },
                "required": ["items", "next_cursor", "previous_cursor"],
                "additionalProperties": False,
            },
        )

    @property
    def fields(self) -> Parameter:
        """The parameter that asks for some members only."""
        return parameters.words("fields", "Only these members, between commas.", list(self.columns))

    @property
    def list_parameters(self) -> tuple[Parameter, ...]:
        """Parameters of every list: page, sort and members."""
        sorts = [*self.sorts, *(f"-{name}" for name in self.sorts)]
        sort = parameters.choice("sort", "Order; `-` for descending, empty values last.", sorts)
        return (CURSOR, LIMIT, sort, self.fields)

    def page(self, listing: Listing, query: Mapping[str, Any]) -> dict[str, Any]:
        """The page of ``listing`` that the parameters ask for. Raises ``BadCursor``."""
        asked = Sort.parse(query.get("sort", next(iter(self.sorts))))
        order = Sort(self.sorts[asked.column], asked.descending).order
        return self.page_in(listing, order, f"api:{self.name}", query)

    def page_in(
        self, listing: Listing, order: tuple[Sort, ...], purpose: str, query: Mapping[str, Any]
    ) -> dict[str, Any]:
        """As ``page``, for a list with an order of its own."""
        sources, item = self._asked(query)
        found = listing.page(
            sources,
            purpose=purpose,
            order=order,
            limit=query.get("limit", DEFAULT_PAGE),
            cursor=query.get("cursor"),
        )
        return {
            "items": [item(*row) for row in found.rows],
            "next_cursor": found.next,
            "previous_cursor": found.previous,
        }

    def one(self, queryset: QuerySet[Any], query: Mapping[str, Any] | None = None) -> Any:
        """The only row of ``queryset``, None if it has none."""
        sources, item = self._asked(query or {})
        return next((item(*row) for row in queryset.values_list(*sources)[:1]), None)

    def _asked(self, query: Mapping[str, Any]) -> tuple[tuple[str, ...], type[msgspec.Struct]]:
        names = tuple(dict.fromkeys(query.get("fields", self.columns)))
        return tuple(self.columns[name].source for name in names), _item(names)


@functools.lru_cache(maxsize=_MOST_CHOICES)
def _item(names: tuple[str, ...]) -> type[msgspec.Struct]:
    """Objects with these members: made, and written as JSON, in half the time of dictionaries."""
    return msgspec.defstruct("Item", names)
