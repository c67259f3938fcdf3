"""Masks the turns of a conversation before the model reads them, and restores what it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.choices import NO_CHOICE, Choices
from governance.pii.custom import CustomEntity
from governance.pii.entities import Handling
from governance.pii.finding import Finding
from governance.pii.mapping import Mapping
from governance.pii.repeated import values_of, with_repeated
from governance.pii.restore import StreamRestorer, restore
from governance.pii.turn import Turn, with_known_names
from governance.pii.vault import MappingVault

__all__ = ["Handling", "Masked", "Pseudonymiser", "StreamRestorer"]


@dataclass(frozen=True, slots=True)
class Masked:
    """What the model may read.

    ``counts`` are the stretches masked, by entity, over all texts. ``blocked`` are the entities
    found that the charter does not allow to be sent: the request must be refused. For each text,
    ``spans`` are the (start, end) of what was masked in it, and ``findings`` all that was found.
    ``kept`` counts, by entity, what stays in clear because its author chose so.
    """

    texts: tuple[str, ...]
    counts: dict[str, int]
    blocked: tuple[str, ...]
    never_restored: frozenset[str]
    spans: tuple[tuple[tuple[int, int], ...], ...]
    findings: tuple[tuple[Finding, ...], ...]
    kept: dict[str, int] = field(default_factory=dict)


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
        *,
        custom: Sequence[CustomEntity] = (),
        choices: Choices = NO_CHOICE,
        may_keep: Collection[str] = frozenset(),
    ) -> Masked:
        """Mask the turns of a conversation, oldest first, with its one mapping.

        A value keeps its placeholder for the life of the conversation. A text that a person typed
        and that looks like a placeholder is kept from ever being restored into a name.

        ``custom`` are the entities that the charter declares itself. ``choices`` are those that the
        person made for the last text: what they keep in clear counts for that text only, then and
        when it comes back as history, and only for the entities of ``may_keep``; names that they
        mask stay masked in the whole conversation.

        Raises:
            PiiError: the analysis or the vault failed; nothing may be sent.
        """
        work = self._work(texts, handling, custom, choices, may_keep)
        return _masked(self._vault.change(conversation_id, work), handling)

    def note(self, conversation_id: str, message: str, choices: Choices) -> None:
        """Remember what a person chose for ``message``, before it takes the road.

        Whatever stops it there, another answer to the same message is masked as they chose.

        Raises:
            PiiError: the vault failed; nothing may be sent.
        """
        self._vault.change(conversation_id, lambda mapping: mapping.take(message, choices))

    def preview(
        self,
        conversation_id: str,
        texts: Sequence[str],
        handling: Callable[[str], Handling],
        *,
        custom: Sequence[CustomEntity] = (),
        choices: Choices = NO_CHOICE,
        may_keep: Collection[str] = frozenset(),
    ) -> Masked:
        """What :meth:`mask` would return now; nothing is stored, no number is given for good.

        Raises:
            PiiError: the analysis or the vault failed.
        """
        work = self._work(texts, handling, custom, choices, may_keep)
        return _masked(work(self._vault.load(conversation_id)), handling)

    def _work(
        self,
        texts: Sequence[str],
        handling: Callable[[str], Handling],
        custom: Sequence[CustomEntity],
        choices: Choices,
        may_keep: Collection[str],
    ) -> Callable[[Mapping], list[Turn]]:
        """What masks ``texts`` with a mapping; it may be done again on a newer one."""
        found = [
            self._analyzer.find(text, custom=custom) if custom else self._analyzer.find(text)
            for text in texts
        ]
        words = {entity.name: entity.word for entity in custom}

        def masked(mapping: Mapping, told: dict[str, str]) -> list[Turn]:
            known = [
                with_known_names(text, findings, mapping, handling)
                for text, findings in zip(texts, found, strict=True)
            ]
            turns = [
                Turn(text, with_repeated(text, findings, told, handling) if told else findings)
                for text, findings in zip(texts, known, strict=True)
            ]
            for turn in turns:
                turn.set_literals_apart(mapping)
            for turn in turns:
                turn.keep(mapping, handling, may_keep)
                turn.mask(mapping, handling, words)
            return turns

        def work(mapping: Mapping) -> list[Turn]:
            if texts:
                mapping.take(texts[-1], choices)
            turns = masked(mapping, {})
            if len(texts) > 1:
                # What one text tells of a name or a number holds for those before it too.
                turns = masked(mapping, values_of((turn.text, turn.masked) for turn in turns))
            return turns

        return work

    def restorer(self, conversation_id: str, handling: Callable[[str], Handling]) -> StreamRestorer:
        """What restores one stream of this conversation. Raises MappingUnavailable."""
        return StreamRestorer(self._vault.load(conversation_id), handling)

    def restore(self, conversation_id: str, text: str, handling: Callable[[str], Handling]) -> str:
        """A whole text restored, tool-call arguments included. Raises MappingUnavailable."""
        return restore(text, self._vault.load(conversation_id), handling)


def _masked(turns: Sequence[Turn], handling: Callable[[str], Handling]) -> Masked:
    counts = Counter(finding.entity for turn in turns for finding in turn.masked)
    kept = Counter(finding.entity for turn in turns for finding in turn.kept)
    return Masked(
        texts=tuple(turn.result for turn in turns),
        counts=dict(counts),
        blocked=tuple(sorted(entity for entity in counts if handling(entity) == "block")),
        never_restored=frozenset(e for e in counts if handling(e) == "never_restore"),
        spans=tuple(tuple((f.start, f.end) for f in turn.masked) for turn in turns),
        findings=tuple(tuple(turn.findings) for turn in turns),
        kept=dict(kept),
    )
