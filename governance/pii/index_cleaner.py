"""Takes personal data out of what enters an index, for good: nothing can put them back.

What is searched is shown to everybody who may search, so a document has a mapping of its own, which
is thrown away with it: the same person is «[personne A]» throughout, so that the text still reads,
and the next document begins at A again. The form is another one than the chat's, which restoration
must never take for one of a conversation: it is without any figure (see ``placeholders``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from governance.pii.custom import CustomEntity
from governance.pii.entities import KINDS, PERSON, Handling
from governance.pii.file_names import find_in_name, spelled, with_known_words, words_told
from governance.pii.finding import Finding
from governance.pii.mapping import Mapping as Names
from governance.pii.mentions import further_mentions, tokens_found, without_mistaken_places
from governance.pii.placeholders import PLACEHOLDER
from rag.personal_data import Cleaned, CleaningFailed

VERSION: Final = "2"
"""To be raised where the same document would be cleaned otherwise: own documents are then read
again, at the next start."""
REMOVED: Final = "[valeur retirée]"
"""Stands for what the charter blocks, of which nothing may be told."""

_ORDER: Final = {kind.entity: rank for rank, kind in enumerate(KINDS)}
_BEFORE: Final = 20
_BEFORE_FIGURE: Final = " _-\\\u00a0\u202f"
_ACCENTED: Final = {
    "TELEPHONE": "téléphone",
    "COORDONNEES": "coordonnées",
    "IDENTITE": "identité",
    "SEJOUR": "séjour",
    "REFERENCE": "référence",
    "DONNEE": "donnée",
}
_ACRONYMS: Final = frozenset(
    "NIR NIF INE IP MAC RPPS ADELI FINESS IBAN RIB BIC SIREN SIRET TVA".split()  # noqa: SIM905
)


class Finder(Protocol):
    """The search for personal data: ``PiiAnalyzer``."""

    def find(
        self, text: str, language: str = "fr", *, custom: Sequence[CustomEntity] = ()
    ) -> list[Finding]: ...


class IndexCleaner:
    """Implements :class:`rag.personal_data.Cleaner` under one charter.

    ``finder`` is asked for the analyser when there is something to analyse: it takes seconds to
    load. ``handling`` is the charter's, with its ``custom`` entities: what it keeps stays, what it
    blocks leaves no trace, everything else becomes a placeholder. ``key`` seals.
    """

    def __init__(
        self,
        finder: Callable[[], Finder],
        handling: Mapping[str, Handling],
        custom: Sequence[CustomEntity],
        key: bytes,
    ) -> None:
        self._finder = finder
        self._handling = dict(handling)
        self._custom = tuple(custom)
        self._words = {entity.name: entity.word for entity in custom}
        self._titles = {entity.name: entity.title for entity in custom}
        self._key = key
        self.version = self._version()

    def clean(self, texts: Sequence[str], labels: Sequence[str] = ()) -> Cleaned:
        """The texts and labels of one document without personal data, for good.

        Raises:
            CleaningFailed: the analysis failed; nothing of the document may be kept.
        """
        failure = ""
        try:
            return self._cleaned(texts, labels)
        except Exception as error:  # noqa: BLE001 - whatever failed, the document must not pass
            failure = type(error).__name__
        # Raised here, with neither cause nor trace: both can hold the text.
        raise CleaningFailed(failure)

    def seal(self, text: str) -> str:
        """A keyed digest of ``text``, in hexadecimal."""
        data = text.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def title(self, kind: str) -> str:
        """The organisation's name for a kind that it declared itself, else ``kind``."""
        return self._titles.get(kind, kind)

    def _cleaned(self, texts: Sequence[str], labels: Sequence[str]) -> Cleaned:
        analyzer = self._finder()

        def find_own(text: str) -> list[Finding]:
            return analyzer.find(text, custom=self._custom)

        found = [find_own(text) for text in texts]
        named = [find_in_name(label, find_own) for label in labels]
        known: set[str] = set()
        if self._treatment(PERSON) != "keep":
            for text, findings in zip(texts, found, strict=True):
                known |= tokens_found(text, findings)
            told = [words_told(label, f, known) for label, f in zip(labels, named, strict=True)]
            known = known.union(*told)
        document = _Document(self._treatment, self._words)
        cleaned = tuple(
            document.clean(text, _with_known(text, findings, known))
            for text, findings in zip(texts, found, strict=True)
        )
        titles = tuple(
            document.clean(label, with_known_words(label, findings, known), known)
            for label, findings in zip(labels, named, strict=True)
        )
        counts = Counter(entity for entity, _ in document.values)
        return Cleaned(cleaned, titles, {kind: counts[kind] for kind in sorted(counts, key=_rank)})

    def _treatment(self, entity: str) -> Handling:
        return self._handling.get(entity, "pseudonymise")

    def _version(self) -> str:
        treatments = {
            entity: {"keep": "keep", "block": "remove"}.get(self._treatment(entity), "replace")
            for entity in sorted({*(kind.entity for kind in KINDS), *self._handling})
        }
        custom = sorted(
            (entity.name, entity.word, str(getattr(entity.pattern, "source", "")))
            for entity in self._custom
        )
        said = json.dumps([VERSION, treatments, custom])
        return hashlib.sha256(said.encode()).hexdigest()


def _rank(entity: str) -> tuple[int, str]:
    return _ORDER.get(entity, len(_ORDER)), entity


class _Document:
    """One document while it is cleaned. ``values`` are the different ones that were taken out."""

    def __init__(self, treatment: Callable[[str], Handling], words: Mapping[str, str]) -> None:
        self._treatment = treatment
        self._words = words
        self._names = Names()
        self.values: set[tuple[str, str]] = set()

    def clean(
        self, text: str, findings: Iterable[Finding], spelling: Collection[str] | None = None
    ) -> str:
        """``text`` with a placeholder for each finding that the charter does not keep.

        Where ``text`` is the name of a file, ``spelling`` are the words that name persons.
        """
        parts: list[str] = []
        position = 0
        for finding in findings:
            treatment = self._treatment(finding.entity)
            if treatment == "keep":
                continue
            value = text[finding.start : finding.end]
            if spelling is not None and finding.entity == PERSON:
                value = spelled(value, spelling)
            placeholder = self._names.placeholder(
                finding.entity,
                value,
                before=text[max(0, finding.start - _BEFORE) : finding.start],
                hold=False,
                word=self._words.get(finding.entity, ""),
            )
            self.values.add((finding.entity, placeholder))
            shown = REMOVED if treatment == "block" else _irreversible(placeholder)
            parts += [text[position : finding.start], shown]
            position = finding.end
        return _disarmed("".join([*parts, text[position:]]))


def _irreversible(placeholder: str) -> str:
    """«[personne A]» for «[PERSONNE_1]»: what the chat's restoration cannot take for its own."""
    word, _, number = placeholder.strip("[]").rpartition("_")
    shown = _ACCENTED.get(word) or (word if word in _ACRONYMS else word.lower())
    return f"[{shown} {letters(int(number))}]"


def letters(number: int) -> str:
    """``number``, from 1, in letters: A to Z, then AA."""
    written = ""
    while number > 0:
        number, rest = divmod(number - 1, len("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        written = chr(ord("A") + rest) + written
    return written


def _disarmed(text: str) -> str:
    """``text`` without anything that a chat's restoration would take for a placeholder of its own:
    a document that says «[PERSONNE_1]» must not come back with the name of somebody."""
    while PLACEHOLDER.search(text):
        text = PLACEHOLDER.sub(_without_its_form, text)
    return text


def _without_its_form(match: re.Match[str]) -> str:
    figure = max(match.start("n1"), match.start("n2")) - match.start()
    written = match.group()
    return f"{written[:figure].rstrip(_BEFORE_FIGURE)} n° {written[figure:]}"


def _with_known(text: str, findings: Sequence[Finding], known: Collection[str]) -> list[Finding]:
    """The findings, with the mentions of persons whom another part of the document names."""
    findings = without_mistaken_places(text, findings, set(known))
    further = further_mentions(text, findings, set(known))
    return sorted([*findings, *further], key=lambda finding: finding.start)
