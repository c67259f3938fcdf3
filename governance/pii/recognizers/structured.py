"""Personal data of tables, files and forms: what stands under a label that announces it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from presidio_analyzer import LocalRecognizer, RecognizerResult

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import result
from governance.pii.recognizers.columns import Cell, Table, tables
from governance.pii.recognizers.labels import ENTITIES, Label, Trust, is_of_things, label_of
from governance.pii.recognizers.name_shapes import holds_known_name, names_in
from governance.pii.recognizers.pairs import pairs
from governance.pii.recognizers.schedules import scheduled_names
from governance.pii.recognizers.shapes import value_in

_Find = tuple[str, int, int, float, str]
"""Entity, start, end, score, and the name of the rule."""
_TABLE: Final = "column of a table"
_PAIR: Final = "under its label"
_SCHEDULE: Final = "entry of a schedule"
_PRIVATE: Final = frozenset(
    {"BIRTH_DATE", "AGE", "EMPLOYEE_ID", "PHONE_NUMBER", "FR_NIR", "FR_ADDRESS", "FR_PLATE"}
)
_NAMES_OF_COLUMN: Final = 0.5
"""The share of cells with a known name that makes a column without a known label one of names."""
_KNOWN_OF_COLUMN: Final = 0.25
"""The share from which an unknown name under a loose label is believed."""


_ACCOUNT: Final = re.compile(r"[a-z]{1,12}[._][a-z]{3,20}\d{0,3}(?![\w@.-])")
"""What stands for a person in a ticket: «demandeur: a.morvan»."""


class Structured(LocalRecognizer):
    """Cells under a known label, values of known keys, fields of forms."""

    def __init__(self) -> None:
        super().__init__(
            supported_entities=sorted(ENTITIES), supported_language="fr", name="Structured"
        )

    def load(self) -> None:
        """Nothing to load: labels are compiled when the module is."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None
    ) -> list[RecognizerResult]:
        """Presidio's entry point."""
        return [
            result(self, entity, start, end, score, rule)
            for entity, start, end, score, rule in self.spans(text)
        ]

    def spans(self, text: str) -> Iterator[_Find]:
        """Each find once."""
        found: dict[tuple[str, int, int], tuple[float, str]] = {}
        for entity, start, end, score, rule in self._found(text):
            found.setdefault((entity, start, end), (score, rule))
        for (entity, start, end), (score, rule) in found.items():
            yield entity, start, end, score, rule

    def _found(self, text: str) -> Iterator[_Find]:
        for table in tables(text):
            yield from _in_table(text, table)
        for start, end in scheduled_names(text):
            yield "PERSON", start, end, MATCHED, _SCHEDULE
        for pair in pairs(text):
            yield from _finds(text, pair.label, pair.start, pair.end, pair.quoted, _PAIR)


def _in_table(text: str, table: Table) -> Iterator[_Find]:
    labels = [label_of(label) for label in table.labels]
    given = any(label and label.trust is Trust.SURE for label in labels)
    private = any(label and label.entity in _PRIVATE for label in labels)
    for written, label, cells in zip(table.labels, labels, table.columns, strict=True):
        known = _known(text, cells)
        kind = label
        if label is None:
            if is_of_things(written) or not private or known < _NAMES_OF_COLUMN or len(cells) < 2:
                continue
            kind = Label("PERSON")
        elif label.entity == "PERSON" and label.trust is Trust.LOOSE and given:
            kind = Label("PERSON", Trust.SURE, label.many)
        elif label.entity == "PERSON" and label.trust < Trust.SURE and known >= _KNOWN_OF_COLUMN:
            kind = Label("PERSON", Trust.ROLE, label.many)
        if kind:
            for start, end in cells:
                yield from _finds(text, kind, start, end, True, _TABLE)


def _known(text: str, cells: list[Cell]) -> float:
    """The share of ``cells`` that hold a known name and could be one."""
    written = [(start, end) for start, end in cells if any(map(str.isalpha, text[start:end]))]
    if not written:
        return 0.0
    names = [
        cell
        for cell in written
        if holds_known_name(text[slice(*cell)])
        and next(names_in(text, *cell, Trust.ROLE, many=True, whole=True), None)
    ]
    return len(names) / len(written)


def _finds(
    text: str, label: Label, start: int, end: int, whole: bool, rule: str
) -> Iterator[_Find]:
    if start >= end:
        return
    if label.entity == "PERSON":
        for first, last in names_in(text, start, end, label.trust, many=label.many, whole=whole):
            yield "PERSON", first, last, MATCHED, rule
        if account := _ACCOUNT.match(text, start, end):
            yield "USER_NAME", *account.span(), MATCHED, rule
    elif value := value_in(label.entity, text, start, end):
        first, last, score = value
        yield label.entity, first, last, score, rule
    elif label.entity == "USER_NAME":
        for first, last in names_in(text, start, end, Trust.LOOSE, many=False, whole=whole):
            yield "PERSON", first, last, MATCHED, rule
