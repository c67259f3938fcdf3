"""Masks the turns of a conversation before the model reads them, and restores what it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import PERSON, Handling
from governance.pii.finding import GUESSED, Finding
from governance.pii.mapping import Mapping
from governance.pii.mentions import further_mentions
from governance.pii.placeholders import PLACEHOLDER, reference
from governance.pii.restore import StreamRestorer, restore
from governance.pii.vault import MappingVault

__all__ = ["Handling", "Masked", "Pseudonymiser", "StreamRestorer"]


@dataclass(frozen=True, slots=True)
class Masked:
    """What the model may read.

    ``counts`` are the stretches masked, by entity, over all texts. ``blocked`` are the entities
    found that the charter does not allow to be sent: the request must be refused. For each text,
    ``spans`` are the (start, end) of what was masked in it, and ``findings`` all that was found.
    """

    texts: tuple[str, ...]
    counts: dict[str, int]
    blocked: tuple[str, ...]
    never_restored: frozenset[str]
    spans: tuple[tuple[tuple[int, int], ...], ...]
    findings: tuple[tuple[Finding, ...], ...]


class Pseudonymiser:
    """Pseudonymisation of conversations (GDPR, article 4, point 5). Safe to share by threads."""

    def __init__(self, analyzer: PiiAnalyzer, vault: MappingVault) -> None:
        self._analyzer = analyzer
        self._vault = vault

    def mask(
        self,
        conversation_id: str,
        texts: Sequence[str],
        handling: Callable[[str], Handling],
    ) -> Masked:
        """Mask the turns of a conversation, oldest first, with its one mapping.

        A value keeps its placeholder for the life of the conversation. A text that a person typed
        and that looks like a placeholder is kept from ever being restored into a name.

        Raises:
            PiiError: the analysis or the vault failed; nothing may be sent.
        """
        found = [self._analyzer.find(text) for text in texts]

        def work(mapping: Mapping) -> list[_Turn]:
            turns = [
                _Turn(text, _with_known_names(text, findings, mapping))
                for text, findings in zip(texts, found, strict=True)
            ]
            for turn in turns:
                turn.set_literals_apart(mapping)
            for turn in turns:
                turn.mask(mapping, handling)
            return turns

        turns = self._vault.change(conversation_id, work)
        counts: Counter[str] = Counter()
        for turn in turns:
            counts.update(finding.entity for finding in turn.masked)
        return Masked(
            texts=tuple(turn.result for turn in turns),
            counts=dict(counts),
            blocked=tuple(sorted(e for e in counts if handling(e) == "block")),
            never_restored=frozenset(e for e in counts if handling(e) == "never_restore"),
            spans=tuple(tuple((f.start, f.end) for f in turn.masked) for turn in turns),
            findings=tuple(tuple(turn.findings) for turn in turns),
        )

    def restorer(self, conversation_id: str, handling: Callable[[str], Handling]) -> StreamRestorer:
        """What restores one stream of this conversation. Raises MappingUnavailable."""
        return StreamRestorer(self._vault.load(conversation_id), handling)

    def restore(self, conversation_id: str, text: str, handling: Callable[[str], Handling]) -> str:
        """A whole text restored, tool-call arguments included. Raises MappingUnavailable."""
        return restore(text, self._vault.load(conversation_id), handling)


def _with_known_names(text: str, findings: Sequence[Finding], mapping: Mapping) -> list[Finding]:
    """The findings, and what names a person that an earlier turn named in full."""
    further = further_mentions(text, findings, mapping.person_tokens())
    return sorted([*findings, *further], key=lambda finding: finding.start)


class _Turn:
    """One text while it is masked."""

    def __init__(self, text: str, findings: list[Finding]) -> None:
        self.text = text
        self.findings = findings
        self.masked: list[Finding] = []
        self.result = text
        self._literals: list[tuple[int, int]] = []

    def set_literals_apart(self, mapping: Mapping) -> None:
        """Find what looks like a placeholder: escape it if it is in use, else never give it."""
        for match in PLACEHOLDER.finditer(self.text):
            start, end = match.span()
            overlapping = [f for f in self.findings if f.start < end and f.end > start]
            if any(f.entity != PERSON or f.score > GUESSED for f in overlapping):
                continue  # something personal stands there: it is masked, and looks no longer so
            self.findings = [f for f in self.findings if f not in overlapping]
            wanted = reference(match)
            if mapping.restorable(wanted):
                self._literals.append((start, end))
            else:
                mapping.reserve(wanted)

    def mask(self, mapping: Mapping, handling: Callable[[str], Handling]) -> None:
        """Replace each finding by its placeholder, but those that the charter keeps."""
        pieces: list[tuple[int, int, str]] = [
            (start, end, mapping.literal(self.text[start:end])) for start, end in self._literals
        ]
        for finding in self.findings:
            treatment = handling(finding.entity)
            if treatment == "keep":
                continue
            placeholder = mapping.placeholder(
                finding.entity,
                self.text[finding.start : finding.end],
                before=self.text[max(0, finding.start - 20) : finding.start],
                hold=treatment == "pseudonymise",
            )
            pieces.append((finding.start, finding.end, placeholder))
            self.masked.append(finding)
        parts: list[str] = []
        position = 0
        for start, end, placeholder in sorted(pieces):
            parts += [self.text[position:start], placeholder]
            position = end
        self.result = "".join([*parts, self.text[position:]])
