"""Charts as geometry: the templates draw it as SVG, with patterns and words, and a table beside.

Colour never says anything alone: each kind of bar has its own pattern, named in the legend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEIGHT = 100.0
STEP = 10.0
WIDE = 7.0
UNKNOWN = 7.0
"""Height of the hollow mark that says «something here is not known»: no figure, and not 0."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A part of a column. ``kind`` is its place in the legend; -1 is «unknown»."""

    x: float
    y: float
    width: float
    height: float
    kind: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Columns side by side, in a box ``width`` by 100. ``top`` is the value of the full height.

    ``first`` and ``last`` name the columns at both ends; ``kinds`` are the legend, and only those
    that are drawn. ``unknown``: whether a hollow mark stands somewhere.
    """

    width: float
    top: float
    rects: tuple[Rect, ...]
    kinds: tuple[tuple[int, str], ...]
    first: str
    last: str
    unknown: bool


def plot(columns: Sequence[tuple[str, Mapping[str, float], int]], kinds: Sequence[str]) -> Plot:
    """A chart of ``columns``: the name of each, its values by kind, and how many are not known.

    ``kinds`` are all the kinds there can be, in the order in which they are stacked from below; a
    value of a kind that is not among them is stacked last, with the pattern of the last.
    """
    order = {kind: place for place, kind in enumerate(kinds)}
    top = max((sum(values.values()) for _, values, _ in columns), default=0.0)
    rects: list[Rect] = []
    drawn: dict[int, str] = {}
    for number, (_, values, unknown) in enumerate(columns):
        left, ceiling = number * STEP + (STEP - WIDE) / 2, HEIGHT
        for kind in sorted(values, key=lambda one: order.get(one, len(kinds))):
            height = values[kind] / top * HEIGHT if top > 0 else 0.0
            if height <= 0:
                continue
            place = min(order.get(kind, len(kinds)), len(kinds) - 1)
            ceiling -= height
            rects.append(Rect(round(left, 2), round(ceiling, 2), WIDE, round(height, 2), place))
            drawn[place] = kinds[place]
        if unknown:
            low = max(0.0, ceiling - UNKNOWN)
            rects.append(Rect(round(left, 2), round(low, 2), WIDE, round(ceiling - low, 2), -1))
    return Plot(
        width=max(len(columns), 1) * STEP,
        top=top,
        rects=tuple(rects),
        kinds=tuple(sorted(drawn.items())),
        first=columns[0][0] if columns else "",
        last=columns[-1][0] if columns else "",
        unknown=any(unknown for _, _, unknown in columns),
    )
