"""Watches the output: identifiers that the model wrote and that nobody had given it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.custom import CustomEntity
from governance.pii.custom import found as custom_found
from governance.pii.entities import PERSON, WORDS, Handling
from governance.pii.errors import AnalysisFailed
from governance.pii.finding import MATCHED, Finding, resolve
from governance.pii.given import Given, compact
from governance.pii.nobody import is_nobodys
from governance.pii.placeholders import PLACEHOLDER
from governance.pii.recognizers import RECOGNIZERS
from governance.pii.watch_stream import WatchStream

UNMASKED: Final = frozenset({PERSON, "LOCATION", "AGE", "SPECIAL_CATEGORY"})
"""Kinds that models rightly write of themselves, as public texts are full of them. Names are
flagged in the record; see docs/decisions/0007-names-in-the-output.md."""


class OutputWatch:
    """Compares an answer with all that the model was given. Safe to share by threads.

    A small model that is asked for a letter makes up telephone numbers and addresses; some are a
    real person's. They are masked as they come, by the patterns alone; what the charter keeps
    passes.
    """

    def __init__(self, analyzer: PiiAnalyzer) -> None:
        self._analyzer = analyzer
        self._recognizers = [each() for each in RECOGNIZERS if each.ENTITY != PERSON]

    def stream(
        self,
        known: Sequence[str],
        handling: Callable[[str], Handling],
        custom: Sequence[CustomEntity] = (),
    ) -> WatchStream:
        """What filters one answer, given that the model was given ``known``.

        The filter raises AnalysisFailed when nothing can be said of the text.
        """
        words = {**WORDS, **{entity.name: entity.word for entity in custom}}
        given = Given(known)
        return WatchStream(
            partial(self._made_up, given=given, handling=handling, custom=custom),
            lambda finding: f"[{words[finding.entity]}]",
        )

    def flags(
        self,
        answer: str,
        known: Sequence[str],
        handling: Callable[[str], Handling],
        custom: Sequence[CustomEntity] = (),
    ) -> dict[str, int]:
        """How many identifiers and names of each kind ``answer`` holds that ``known`` does not.

        Raises:
            AnalysisFailed: nothing can be said of the answer.
        """
        given = Given(known)
        found = self._analyzer.find(answer, custom=custom)
        unknown = [f.entity for f in found if _is_made_up(f, answer, given, handling)]
        unknown += [
            PERSON
            for finding in found
            if finding.entity == PERSON
            and handling(PERSON) != "keep"
            and _is_name(finding, answer)
            and not given.names(answer[finding.start : finding.end])
        ]
        return dict(Counter(unknown))

    def _made_up(
        self,
        text: str,
        given: Given,
        handling: Callable[[str], Handling],
        custom: Sequence[CustomEntity],
    ) -> list[Finding]:
        failure = ""
        try:
            found = [
                Finding(recognizer.ENTITY, start, end, score, type(recognizer).__name__, rule)
                for recognizer in self._recognizers
                for start, end, score, rule in recognizer.spans(text)
                if score >= MATCHED
            ]
            found = resolve(text, [*found, *custom_found(text, custom)])
            return [finding for finding in found if _is_made_up(finding, text, given, handling)]
        except Exception as error:  # noqa: BLE001 - whatever failed, the text must not pass
            failure = type(error).__name__
        # Raised here, with neither cause nor trace: both can hold the text.
        raise AnalysisFailed(failure)


def _is_made_up(
    finding: Finding, text: str, given: Given, handling: Callable[[str], Handling]
) -> bool:
    if finding.entity in UNMASKED or finding.score < MATCHED or handling(finding.entity) == "keep":
        return False
    value = text[finding.start : finding.end]
    # What stands for a value is none: «mot de passe : [SECRET_1]».
    if len(compact(PLACEHOLDER.sub("", value))) < 3:
        return False
    around = PLACEHOLDER.finditer(text, max(0, finding.start - 40), finding.end + 40)
    if any(m.start() <= finding.start and finding.end <= m.end() for m in around):
        return False
    return not is_nobodys(finding.entity, value) and not given.holds(finding.entity, value)


def _is_name(finding: Finding, text: str) -> bool:
    """Whether a name is more than a guess at one word, and no placeholder."""
    value = text[finding.start : finding.end]
    if PLACEHOLDER.search(text, max(0, finding.start - 2), finding.end + 12):
        value = PLACEHOLDER.sub("", value)
        return len(value.split()) > 1
    return finding.score >= MATCHED or len(value.split()) > 1
