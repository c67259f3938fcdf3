"""The mapping of one conversation: which placeholder stands for which value. Allocated once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from governance.pii.choices import Choices
from governance.pii.decisions import Decisions
from governance.pii.digests import digest, new_salt
from governance.pii.entities import ENTITIES, LITERAL_WORD, PERSON, WORDS
from governance.pii.mentions import tokens_of
from governance.pii.persons import Person, read_name, same_person
from governance.pii.placeholders import (
    FULL_NAME,
    GIVEN_NAME,
    OTHER_FORM,
    SURNAME,
    Reference,
    written,
)
from governance.pii.recognizers.base import folded


class Mapping:
    """Placeholders and values of one conversation, in clear: keep it no longer than a request.

    A number, once given, is never given again. A value that is never restored is not held: only a
    salted digest, by which the same value gets the same placeholder (of persons, also the words
    that tell them apart).
    """

    def __init__(self) -> None:
        self.changed = False
        self._salt = new_salt()
        self._next: dict[str, int] = {}
        self._reserved: dict[str, list[int]] = {}
        self._forbidden: set[str] = set()
        self._values: dict[str, str | None] = {}
        self._numbers: dict[str, int] = {}
        self._persons: dict[int, Person] = {}
        self._mentions: dict[str, int] = {}
        self._identifiers: dict[tuple[str, str], str] = {}
        self._declared: dict[str, str] = {}
        self._decisions = Decisions(self._salt)

    @property
    def decisions(self) -> Decisions:
        """What persons chose in this conversation, to read."""
        return self._decisions

    def take(self, message: str, choices: Choices) -> None:
        """Note what a person chose for ``message``, the newest of the conversation."""
        if self._decisions.take(message, choices):
            self.changed = True

    def placeholder(
        self, entity: str, value: str, *, before: str = "", hold: bool = True, word: str = ""
    ) -> str:
        """The placeholder of ``value``, allocated now if it is new.

        ``before`` is the text before a person's name: a civility tells people apart. Where ``hold``
        is False the value itself is not held, and can never be restored. ``word`` is the word of an
        entity that the charter declares itself; several entities may share one.
        """
        if entity == PERSON:
            return written(self._person(WORDS[entity], value, before, hold))
        word = word or WORDS[entity]
        key = self._key(entity, value)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._allocate(word)
            if ENTITIES.get(word) != entity:
                self._declared[f"{word}_{number}"] = entity
        return written(self._form(word, number, value, OTHER_FORM, hold))

    def literal(self, text: str) -> str:
        """The placeholder of a text that a person typed and that looks like one in use."""
        key = self._key(LITERAL_WORD, text)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._allocate(LITERAL_WORD)
        return written(self._form(LITERAL_WORD, number, text, OTHER_FORM, True))

    def reserve(self, wanted: Reference) -> None:
        """Never give this placeholder: somebody wrote it by hand, and it must stay what it is."""
        if wanted.identifier in self._forbidden:
            return
        self._forbidden.add(wanted.identifier)
        self.changed = True
        reserved = self._reserved.setdefault(wanted.word, [])
        if wanted.number >= self._next.get(wanted.word, 1) and wanted.number not in reserved:
            reserved.append(wanted.number)

    def restorable(self, wanted: Reference) -> bool:
        """Whether some value stands behind ``wanted``."""
        return self.value(wanted) is not None

    def value(self, wanted: Reference) -> str | None:
        """What ``wanted`` stands for, or None: an unknown number is never guessed.

        For a form of a known person that nobody wrote («[PERSONNE_1_NOM]» where only «Jean Dupont»
        was written), the part of the name that it asks for.
        """
        if wanted.identifier in self._forbidden:
            return None
        if wanted.identifier in self._values:
            return self._values[wanted.identifier]
        if wanted.word != WORDS[PERSON] or self._values.get(wanted.base) is None:
            return None
        return self._derived(wanted)

    def entity(self, wanted: Reference) -> str | None:
        """The entity of ``wanted``; None for a text typed by hand."""
        return self._declared.get(wanted.base) or ENTITIES.get(wanted.word)

    def person_tokens(self) -> set[str]:
        """Folded words that are telling enough to be some known person's name alone."""
        return {
            token
            for identifier, value in self._values.items()
            if value is not None and identifier.startswith(WORDS[PERSON] + "_")
            for token in tokens_of(value)
        }

    def __len__(self) -> int:
        return len(self._values)

    # How a number and a form are chosen

    def _person(self, word: str, value: str, before: str, hold: bool) -> str:
        name = read_name(value, before)
        mention = self._key(PERSON, f"{value}\x1f{name.gender}\x1f{bool(name.family)}")
        number = self._mentions.get(mention)
        if number is None:
            person = same_person(name, self._persons.values())
            if person is None:
                number = self._allocate(word)
                self._persons[number] = Person(
                    number, list(name.words), list(name.family), name.gender
                )
            else:
                number = person.number
                person.learn(name)
            self._mentions[mention] = number
            self.changed = True
        person = self._persons[number]
        if len(name.words) > 1:
            role = FULL_NAME
        elif name.words[0] in person.family:
            role = SURNAME
        elif person.family:
            role = GIVEN_NAME
        else:
            role = OTHER_FORM
        return self._form(word, number, value, role, hold)

    def _form(self, word: str, number: int, value: str, role: str, hold: bool) -> str:
        """The identifier of this very form of a value."""
        base = f"{word}_{number}"
        if not hold:
            if base not in self._values:
                self._values[base] = None
                self.changed = True
            return base
        if (known := self._identifiers.get((base, value))) is not None:
            return known
        identifier, rank = base, 1
        while self._values.get(identifier) is not None or identifier in self._forbidden:
            if identifier != base or role == OTHER_FORM:
                rank += 1
            identifier = f"{base}_{role}_{rank}" if rank > 1 else f"{base}_{role}"
        self._values[identifier] = value
        self._identifiers[base, value] = identifier
        self.changed = True
        return identifier

    def _allocate(self, word: str) -> int:
        number = self._next.get(word, 1)
        while number in self._reserved.get(word, ()):
            number += 1
        self._next[word] = number + 1
        self.changed = True
        return number

    def _derived(self, wanted: Reference) -> str | None:
        person = self._persons.get(wanted.number)
        forms = self._forms(wanted.base)
        longest = max(forms, key=len)
        if wanted.form == FULL_NAME:
            return longest
        if person is None or wanted.form not in (SURNAME, GIVEN_NAME):
            return None
        is_surname = wanted.form == SURNAME
        parts = [
            part
            for part in longest.split()
            if folded(part) in person.words and (folded(part) in person.family) == is_surname
        ]
        return " ".join(parts) or None

    def _forms(self, base: str) -> list[str]:
        return [
            value
            for identifier, value in self._values.items()
            if value is not None and (identifier == base or identifier.startswith(base + "_"))
        ]

    def _key(self, entity: str, value: str) -> str:
        return digest(self._salt, entity, value)

    # At rest

    def to_json(self) -> str:
        """The mapping as a text to seal."""
        return json.dumps(
            {
                "salt": self._salt,
                "next": self._next,
                "reserved": self._reserved,
                "forbidden": sorted(self._forbidden),
                "values": self._values,
                "numbers": self._numbers,
                "persons": [asdict(person) for person in self._persons.values()],
                "mentions": self._mentions,
                "declared": self._declared,
                "decisions": self._decisions.state(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Mapping:
        """The mapping that :meth:`to_json` wrote. Raises ValueError or KeyError on another text."""
        state: dict[str, Any] = json.loads(text)
        mapping = cls()
        mapping._salt = state["salt"]
        mapping._next = state["next"]
        mapping._reserved = state["reserved"]
        mapping._forbidden = set(state["forbidden"])
        mapping._values = state["values"]
        mapping._numbers = state["numbers"]
        mapping._persons = {each["number"]: Person(**each) for each in state["persons"]}
        mapping._mentions = state["mentions"]
        # The last two came later: a mapping of an earlier version has neither.
        mapping._declared = state.get("declared", {})
        mapping._decisions = Decisions(mapping._salt, state.get("decisions"))
        mapping._identifiers = dict(_forms_of(state["values"]))
        return mapping


def _forms_of(values: dict[str, str | None]) -> Iterable[tuple[tuple[str, str], str]]:
    for identifier, value in values.items():
        if value is not None:
            word, number = identifier.split("_")[:2]
            yield (f"{word}_{number}", value), identifier
