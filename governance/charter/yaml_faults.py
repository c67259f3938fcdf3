"""Says what keeps a file from being YAML, as its author would want to be told.

The parser's own words («expected <block end>, but found '<scalar>'») are English, and name its
insides.
"""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from governance.charter.problems import CharterProblem, Mark, at

_Fault = tuple[re.Pattern[str], bool, str]
# What the parser was doing and found; whether the place is where that began; what to tell.
_FAULTS: tuple[_Fault, ...] = (
    (
        re.compile(r"quoted scalar\|found unexpected end of stream"),
        True,
        "The quotation mark opened here is never closed.",
    ),
    (
        re.compile(r"flow (?:sequence|mapping|node)\|"),
        True,
        "A bracket is not closed here, or a comma is missing between two elements.",
    ),
    (
        re.compile(r"\|mapping values are not allowed here"),
        False,
        "A colon followed by a space is not expected here: put the text in quotation marks, or "
        "check the indentation of this line and of the one above.",
    ),
    (
        re.compile(r"\|sequence entries are not allowed here"),
        False,
        "A list does not begin on the line of its name: put each «- element» on a line of its own.",
    ),
    (
        re.compile(r"\|found character '(?P<found>.+)' that cannot start any token"),
        False,
        "A text that begins with «{found}» must stand in quotation marks.",
    ),
    (
        re.compile(r"\|found unknown escape character '(?P<found>.+)'"),
        False,
        "Between double quotation marks, «\\{found}» means nothing: use single ones, or write "
        "«\\\\{found}».",
    ),
    (
        re.compile(r"\|expected <block end>, but found '<scalar>'"),
        False,
        "Something follows the closing quotation mark: put the whole text in one pair of marks, "
        "and double those within it.",
    ),
    (
        re.compile(r"\|expected <block end>"),
        False,
        "This line is not aligned with those it belongs to: check its indentation.",
    ),
    (
        re.compile(r"\|could not find expected ':'"),
        True,
        "A line «name: value» was expected here.",
    ),
    (
        re.compile(r"block scalar\|"),
        False,
        "After «|» or «>», the text begins on the next line.",
    ),
)
_OTHER = "This is not valid YAML: check the indentation and the quotation marks around this line."


def unreadable(error: MarkedYAMLError, text: str, file: str) -> CharterProblem:
    """What ``error`` of the parser means for the author of ``text``, and where."""
    said = f"{error.context or ''}|{error.problem or ''}"
    place = _mark(error.problem_mark or error.context_mark, file)
    if _indented_by_tab(text, place.line):
        return at(place, "", "This line is indented with a tab: use spaces.")
    for pattern, at_start, message in _FAULTS:
        found = pattern.search(said)
        if found:
            start = _mark(error.context_mark, file) if at_start and error.context_mark else place
            return at(start, "", message, **found.groupdict())
    return at(place, "", _OTHER)


def not_yaml(file: str) -> CharterProblem:
    """What is told where the parser gave up without a place."""
    return at(Mark(file, 1, 1), "", _OTHER)


def _mark(mark: object, file: str) -> Mark:
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    return Mark(file, line + 1, column + 1)


def _indented_by_tab(text: str, number: int) -> bool:
    lines = text.splitlines()
    line = lines[number - 1] if number <= len(lines) else ""
    return "\t" in line[: len(line) - len(line.lstrip())]
