"""Every pair of colours that meet on a page can be read (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from web.render import STATIC

CSS = (STATIC / "sobria.css").read_text(encoding="utf-8")
GROUNDS = ("paper", "raised", "wash")
TEXTS = ("ink", "soft", "action", "review", "forbid")
PAIRS = [
    *[(text, ground) for text in TEXTS for ground in GROUNDS],
    ("ink", "masked"),
    ("soft", "masked"),
    ("on-action", "action"),
    *[("class-ink", f"class-{letter}") for letter in "abcdefg"],
]
EDGES = [("field", "paper"), ("field", "raised"), ("action", "line"), ("action", "raised")]


def tokens(block: str) -> dict[str, str]:
    """The colours that a block of declarations sets."""
    return dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", block))


def themes() -> dict[str, dict[str, str]]:
    """The tokens of each theme: the dark and print ones override the light ones."""
    light = tokens(CSS[: CSS.index("@media")])
    dark = re.search(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", CSS, re.S)
    printed = re.search(r"@media print \{.*?:root \{(.*?)\}", CSS, re.S)
    assert dark and printed
    return {
        "light": light,
        "dark": {**light, **tokens(dark[1])},
        "print": {**light, **tokens(printed[1])},
    }


def luminance(colour: str) -> float:
    """Relative luminance of «#RRGGBB», as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_knows_black_on_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_the_edge_of_a_field_and_the_fill_of_a_bar_can_be_seen(
    theme: str, edge: str, ground: str
) -> None:
    colours = themes()[theme]
    assert contrast(colours[edge], colours[ground]) >= 3


def test_rules_take_their_colours_from_the_tokens() -> None:
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.S)
    rules = re.sub(r'url\(".*?"\)', "", rules)
    assert not re.findall(r"#[0-9A-Fa-f]{3,8}\b", rules)


def test_motion_stops_where_the_reader_asks_for_none() -> None:
    block = CSS[CSS.index("@media (prefers-reduced-motion: reduce)") :]
    assert "animation: none !important" in block[:200]
