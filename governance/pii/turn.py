"""One text of a conversation while it is masked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from governance.pii.decisions import CHOSEN, may_keep
from governance.pii.entities import PERSON, Handling
from governance.pii.finding import GUESSED, Finding, resolve
from governance.pii.mapping import Mapping as Names
from governance.pii.mentions import further_mentions
from governance.pii.placeholders import PLACEHOLDER, reference


class Turn:
    """A text, what was found in it, and what becomes of it.

    ``masked`` and ``kept`` are the findings that were replaced, and those that stay in clear by the
    choice of the text's author; ``result`` is the text that may be sent.
    """

    def __init__(self, text: str, findings: Sequence[Finding]) -> None:
        self.text = text
        self.findings = list(findings)
        self.masked: list[Finding] = []
        self.kept: list[Finding] = []
        self.result = text
        self._literals: list[tuple[int, int]] = []

    def set_literals_apart(self, names: Names) -> None:
        """Find what looks like a placeholder: escape it if it is in use, else never give it."""
        for match in PLACEHOLDER.finditer(self.text):
            start, end = match.span()
            overlapping = [f for f in self.findings if f.start < end and f.end > start]
            if any(f.entity != PERSON or f.score > GUESSED for f in overlapping):
                continue  # something personal stands there: it is masked, and looks no longer so
            self.findings = [f for f in self.findings if f not in overlapping]
            wanted = reference(match)
            if names.restorable(wanted):
                self._literals.append((start, end))
            else:
                names.reserve(wanted)

    def keep(
        self, names: Names, handling: Callable[[str], Handling], allowed: Collection[str]
    ) -> None:
        """Leave in clear what the author of this text keeps, as far as the charter lets it."""
        self.kept = [
            finding
            for finding in self.findings
            if finding.recognizer != CHOSEN
            and may_keep(finding, handling(finding.entity), allowed)
            and names.decisions.is_kept(self.text, self.text[finding.start : finding.end])
        ]

    def mask(
        self, names: Names, handling: Callable[[str], Handling], words: Mapping[str, str]
    ) -> None:
        """Replace each finding by its placeholder, but those that the charter or a person keeps.

        ``words`` gives the word of each entity that the charter declares itself.
        """
        pieces: list[tuple[int, int, str]] = [
            (start, end, names.literal(self.text[start:end])) for start, end in self._literals
        ]
        in_clear = set(self.kept)
        for finding in self.findings:
            treatment = handling(finding.entity)
            if finding.recognizer == CHOSEN and treatment == "keep":
                treatment = "pseudonymise"  # that a person asked to mask it goes further
            if treatment == "keep" or finding in in_clear:
                continue
            placeholder = names.placeholder(
                finding.entity,
                self.text[finding.start : finding.end],
                before=self.text[max(0, finding.start - 20) : finding.start],
                hold=treatment == "pseudonymise",
                word=words.get(finding.entity, ""),
            )
            pieces.append((finding.start, finding.end, placeholder))
            self.masked.append(finding)
        self.result = self._written(pieces)
        while strays := self._strays(names, pieces):
            pieces += strays
            self.result = self._written(pieces)

    def _written(self, pieces: list[tuple[int, int, str]]) -> str:
        parts: list[str] = []
        position = 0
        for start, end, placeholder in sorted(pieces):
            parts += [self.text[position:start], placeholder]
            position = end
        return "".join([*parts, self.text[position:]])

    def _strays(
        self, names: Names, pieces: Sequence[tuple[int, int, str]]
    ) -> list[tuple[int, int, str]]:
        """What looks like a placeholder only now that its neighbour is one, to be escaped: the
        «PERSONNE_1» glued to a telephone number."""
        written: list[tuple[int, int]] = []
        shifts: list[tuple[int, int]] = [(0, 0)]
        shift = 0
        for start, end, placeholder in sorted(pieces):
            written.append((start + shift, start + shift + len(placeholder)))
            shift += len(placeholder) - (end - start)
            shifts.append((end + shift, shift))
        strays = []
        for match in PLACEHOLDER.finditer(self.result):
            start, end = match.span()
            if any(first < end and start < last for first, last in written):
                continue
            if not names.restorable(reference(match)):
                names.reserve(reference(match))
                continue
            back = next(by for since, by in reversed(shifts) if since <= start)
            strays.append((start - back, end - back, names.literal(match.group())))
        return strays


def with_known_names(
    text: str, findings: Sequence[Finding], names: Names, handling: Callable[[str], Handling]
) -> list[Finding]:
    """The findings, with the names that a person had masked, and the other mentions of persons
    that this conversation knows."""
    chosen = names.decisions.found(text)
    if chosen:
        # What the charter keeps («Rose», taken for a town) must not hide what a person asked for.
        others = [
            finding
            for finding in findings
            if handling(finding.entity) != "keep"
            or not any(c.start < finding.end and finding.start < c.end for c in chosen)
        ]
        findings = resolve(text, [*others, *chosen])
    known = names.person_tokens() | names.decisions.words()
    further = further_mentions(text, findings, known)
    if handling(PERSON) == "keep":
        # Nobody is known by name in such a conversation but whom a person asked to mask.
        further = [replace(each, recognizer=CHOSEN) for each in further]
    return sorted([*findings, *further], key=lambda finding: finding.start)
