"""What a rule found by the look of a word alone, against the language model's reading."""

from __future__ import annotations

from typing import Final

from governance.pii.entities import LOCATION, PERSON
from governance.pii.finding import Finding
from governance.pii.names.name_model import Reading
from governance.pii.recognizers.cells import fills_a_cell

_LEAST: Final = {
    (PERSON, "given name alone"): 0.1,
    (PERSON, "surname alone"): 0.1,
    (PERSON, "series of given names"): 0.1,
    (PERSON, "verb before a name"): 0.1,
    (PERSON, "verb of a person"): 0.1,
    (PERSON, "particle and surname"): 0.1,
    (PERSON, "header of an e-mail"): 0.1,
    (PERSON, "role before a name"): 0.1,
    (PERSON, "greeting"): 0.1,
    (PERSON, "entry of a schedule"): 0.1,
    (PERSON, "surname and given name in lower case"): 0.05,
    (PERSON, "Mention"): 0.02,
    (LOCATION, "gazetteer"): 0.008,
    (LOCATION, "«commune de»"): 0.05,
}
"""Chance that the model must see of a name beginning there, by the rule that saw one. Set by trial,
on texts most of which the model had learnt: so low that few names are lost elsewhere."""


def is_ruled_out(text: str, finding: Finding, reading: Reading, offset: int) -> bool:
    """Whether the model, which read ``text`` from ``offset`` on, sees next to no chance of a name
    where such a rule saw one.

    It has seen few tables: what fills a cell is left to the rules.
    """
    least = _LEAST.get((finding.entity, finding.rule or finding.recognizer))
    if least is None:
        return False
    chance = reading.of_person if finding.entity == PERSON else reading.of_place
    seen = chance(finding.start - offset, finding.end - offset)
    return seen < least and not fills_a_cell(text, finding.start, finding.end)
