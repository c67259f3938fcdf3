"""Pages of a long list: a page stays under 100 kB, however many members or keys there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from web.console_view import Listing

T = TypeVar("T")
LENGTH = 20
"""Rows of a page."""


def part_of(
    items: Sequence[T], request: Request, path: str, filters: Mapping[str, str]
) -> tuple[Sequence[T], Listing]:
    """The rows that ``?from=`` asks for, and the addresses of the page before and after."""
    given = request.query_params.get("from", "")
    # What is no number, or lies behind the end, is the first page.
    start = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    start = start if start < len(items) else 0

    def address(number: int) -> str:
        asked = {name: value for name, value in filters.items() if value}
        return f"{path}?{urlencode({**asked, 'from': number})}"

    listing = Listing(
        total=len(items),
        newer=address(max(0, start - LENGTH)) if start > 0 else "",
        older=address(start + LENGTH) if start + LENGTH < len(items) else "",
    )
    return items[start : start + LENGTH], listing
