"""Judges a conversation: which use of the charter it is, if any, and what that asks for."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from governance.charter.charter import Rule
from governance.uses.corpus import read_corpus
from governance.uses.disguise import revealed
from governance.uses.features import word_counts
from governance.uses.folding import STOP, clauses, fold
from governance.uses.forms import asks_for_nothing, only_reworks
from governance.uses.library import known, ordinary_pieces, ordinary_requests
from governance.uses.patterns import PatternHit, PatternLayer, bounded
from governance.uses.reading import BEST, WHOLE, salient, telling
from governance.uses.similarity import (
    ASKS_FOR_NOTHING,
    REWORKS,
    WEAK_PATTERN,
    Group,
    Likeness,
    View,
)
from governance.uses.vectors import embed_known, read_as
from governance.uses.verdict import Decision, Scope, Verdict, stands, verdict_of
from models.protocol import Embedder

_MAX_TURNS = 12
_REMEMBERED = 512
# A last turn that only makes sense after the others: «lequel ?», «vas-y», «et classe-les».
_LEANS_ON_EARLIER = re.compile(
    r"^(?:oui|ok|d accord|vas y|allez|continue|encore|quand meme|fais le|alors|et|lequel|laquelle|"
    r"lesquels|lesquelles|qui|pourquoi pas|essaie|repond)\b"
    r"|\b(?:les|le|la|lui|leur) ?$|\b(?:celui|celle|ceux|celles)\b|\w+ (?:les|le|la)(?: \||$)"
)
_SHORT = 12
_LONG = 1000
"""Characters from which a text is no longer read as a whole."""
_FAR = -0.3
"""Margin, a pattern's own weight included, under which a strong match in a long text does not
decide."""
_TOLD_BY_PATTERN = 2.0
"""What a pattern adds to a sentence's score when the telling ones of a long text are chosen."""
_ASKED = 600
"""Characters of a request that the language model is given, where likeness cannot tell."""
# Two words at least: a single one, a placeholder or a smile ask for nothing that can be compared.
_SAYS_SOMETHING = re.compile(r"(?:^| )[a-z0-9]+ (?:.* )?[a-z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text, how it is searched, and the rules of which a pattern matches there."""

    text: str
    folded: str
    hits: Mapping[int, PatternHit]


class UseJudge:
    """Judges conversations by the rules of a charter. Safe to share by threads.

    Building one embeds the examples, some ten seconds the first time; ``cache_dir`` keeps them.
    """

    def __init__(
        self, rules: Sequence[Rule], embedder: Embedder, cache_dir: Path | None = None
    ) -> None:
        self._rules = tuple(rules)
        self._embedder = embedder
        self._patterns = PatternLayer(self._rules)
        self._groups = self._learn(cache_dir)
        self._recent: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def _learn(self, cache_dir: Path | None) -> list[Group]:
        texts = [known(rule.use.detect) for rule in self._rules]
        learned = [n for n, rule in enumerate(self._rules) if texts[n].all_examples]
        keys = dict.fromkeys((self._rules[n].layer, self._rules[n].effect) for n in learned)
        groups = [key for key in keys if key[1] != "allow"]
        if not groups:
            return []
        ordinary = ordinary_requests()
        own = [t for each in texts for t in (*each.all_examples, *each.all_counter_examples)]
        vectors = embed_known([*own, *ordinary], self._embedder, cache_dir)
        self._corpus = read_corpus(list(vectors), vectors, self._patterns)
        return [
            Group(
                [n for n in learned if (self._rules[n].layer, self._rules[n].effect) == key],
                self._rules,
                ordinary,
                ordinary_pieces(),
                self._corpus,
                cache_dir,
            )
            for key in groups
        ]

    def judge(self, service: str, texts: Sequence[str]) -> Verdict:
        """What the charter says to ``service`` of a conversation.

        ``texts`` are its user turns, oldest first, pseudonymised. The last one is judged alone, and
        together with those before it, so that a request cut in two does not pass.

        Raises:
            ValueError: ``texts`` is empty.
        """
        started = time.perf_counter()
        if not texts:
            raise ValueError("a conversation has at least one turn")
        *earlier, last = (revealed(text) for text in texts[-_MAX_TURNS:])
        decisions, highest, doubt = self._decide(service, last, decoded=last != texts[-1])
        if earlier and not stands(decisions, doubt):
            decisions += self._decide_together(service, earlier, last)
        if stands(decisions, doubt):
            doubt = None
        return verdict_of(decisions, highest, time.perf_counter() - started, doubt)

    def judge_left_out(self, service: str, text: str) -> Verdict:
        """The verdict on one of the charter's own texts, as though it had not been learned from."""
        started = time.perf_counter()
        decisions, highest, doubt = self._decide(service, text, left_out=True)
        return verdict_of(decisions, highest, time.perf_counter() - started, doubt)

    def _decide(
        self, service: str, text: str, *, left_out: bool = False, decoded: bool = False
    ) -> tuple[list[Decision], float, Decision | None]:
        """The uses recognised, the highest probability, and the likeliest ban where in doubt."""
        reading = self._read(text)
        hits, likeness = reading.hits, self._likeness(reading, left_out=left_out)
        strong = [
            self._matched(number, "turn")
            for number, hit in hits.items()
            if hit.strong
            and self._binds(number, service)
            and not self._accidental(likeness.get(number), number, reading)
        ]
        if any(decision.effect == "forbid" for decision in strong):
            return strong, 1.0, None
        decided = {decision.use_id for decision in strong}
        alike = {
            number: found
            for number, found in likeness.items()
            if self._binds(number, service)
            and not (number in hits and _vetoed(found))
            and self._rules[number].use.id not in decided
        }
        similar = [
            self._alike(number, found, "turn", by_pattern=number in hits)
            for number, found in alike.items()
            if found.margin >= 0
        ]
        highest = max((found.probability for found in likeness.values()), default=0.0)
        doubt = self._doubt(alike)
        if doubt is None or stands(similar, doubt[1]):
            return strong + similar, highest, None
        _, asked = doubt
        # What speaks most for a use, so that it is not hidden in the middle of a long document.
        read = salient(text, self._words_score, _ASKED)
        return strong + similar, highest, replace(asked, read=read, decoded=decoded)

    def _doubt(self, alike: dict[int, Likeness]) -> tuple[int, Decision] | None:
        """The likeliest ban of those in doubt, with its number."""
        doubtful = {
            n: found
            for n, found in alike.items()
            if found.doubtful and self._rules[n].effect == "forbid"
        }
        if not doubtful:
            return None
        likeliest = max(doubtful, key=lambda n: doubtful[n].margin)
        return likeliest, self._alike(likeliest, doubtful[likeliest], "turn")

    def _decide_together(self, service: str, earlier: list[str], last: str) -> list[Decision]:
        """What the last turn completes of a request that the earlier ones began."""
        before = bounded(STOP.join(fold(text) for text in earlier))
        folded = before + STOP + bounded(fold(last))
        decisions = [
            self._matched(number, "conversation")
            for number, hit in self._patterns.hits(folded, reaching=len(before)).items()
            if hit.strong and hit.start < len(before) and self._binds(number, service)
        ]
        if decisions or not self._groups:
            return decisions
        history = salient("\n".join(earlier), self._words_score, WHOLE - BEST)
        view = f"{history}\n{salient(last, self._words_score, BEST)}"
        found = {
            number: likeness
            for number, likeness in self._likeness(self._read(view)).items()
            if likeness.margin >= 0 and self._binds(number, service)
        }
        if found and not _leans(last):
            # Were the earlier turns enough by themselves, the last one has added nothing.
            alone = self._likeness(self._read(history))
            found = {
                n: likeness
                for n, likeness in found.items()
                if n not in alone or alone[n].margin < 0
            }
        return [self._alike(n, like, "conversation") for n, like in found.items()]

    def _binds(self, number: int, service: str) -> bool:
        rule = self._rules[number]
        return rule.effect != "allow" and rule.concerns(service)

    def _matched(self, number: int, scope: Scope) -> Decision:
        rule = self._rules[number]
        return Decision(rule.use.id, rule.effect, "pattern", 1.0, None, scope)

    def _alike(
        self, number: int, found: Likeness, scope: Scope, *, by_pattern: bool = False
    ) -> Decision:
        rule, near = self._rules[number], found.neighbours()
        return Decision(
            rule.use.id,
            rule.effect,
            "pattern" if by_pattern else "similarity",
            round(found.probability, 4),
            near.example,
            scope,
            found.doubtful,
            near.other,
        )

    def _read(self, text: str) -> _Reading:
        folded = bounded(fold(text))
        return _Reading(text, folded, self._patterns.hits(folded))

    def _views(self, text: str) -> list[str]:
        """What is read of ``text``: the whole and, where it is long, its most telling sentences,
        and the one; of a very long one, these alone, for the rest would drown them."""
        if len(text) <= WHOLE:
            return [text]
        whole = [text] if len(text) <= _LONG else []
        return list(dict.fromkeys([*whole, *telling(text, self._words_score)]))

    def _words_score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """How far the words of each of ``texts`` speak for a use, its patterns included."""
        folded = [fold(text) for text in texts]
        counts = word_counts(folded)
        by_words = np.max([group.words_score(counts) for group in self._groups], axis=0)
        told = [bool(self._patterns.hits(bounded(each))) for each in folded]
        scores: NDArray[np.float64] = by_words + _TOLD_BY_PATTERN * np.array(told)
        return scores

    def _accidental(self, found: Likeness | None, number: int, reading: _Reading) -> bool:
        """Whether a strong match of a pattern in a long text is an accident of words: the text is
        far from the use's examples, and so are the clauses of the match by themselves."""
        folded, hit = reading.folded, reading.hits[number]
        if found is None or found.margin >= _FAR or len(folded) <= WHOLE:
            return False
        spans = [span for span in clauses(folded) if span[0] < hit.end and hit.start < span[1]]
        part = self._read(folded[spans[0][0] : spans[-1][1]])
        alone = self._likeness(part).get(number)
        return alone is not None and alone.margin < _FAR

    def _likeness(self, reading: _Reading, *, left_out: bool = False) -> dict[int, Likeness]:
        text = reading.text
        if not self._groups or not _SAYS_SOMETHING.search(reading.folded):
            return {}
        row = self._corpus.row_of.get(text) if left_out else None
        views = [text] if left_out else self._views(text)
        vector = self._vector(read_as(views[0])) if row is None else self._corpus.vectors[row]
        seen = View(
            word_counts([fold(view) for view in views]),
            vector,
            cache(partial(self._corpus.cosines, vector, row)),
            reading.hits,
            _calm(text, reading.folded),
            row,
        )
        found: dict[int, Likeness] = {}
        for group in self._groups:
            found |= group.likeness(seen)
        return found

    def _vector(self, text: str) -> NDArray[np.float32]:
        """The embedding of ``text``; the last ones are remembered, by hash only."""
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        with self._lock:
            known = self._recent.get(key)
        if known is not None:
            return known
        vector: NDArray[np.float32] = self._embedder.embed_queries([text])[0]
        with self._lock:
            self._recent[key] = vector
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return vector


def _calm(text: str, folded: str) -> float:
    """What the form of a request takes from its score."""
    if len(text) > WHOLE and only_reworks(folded):
        return REWORKS
    return ASKS_FOR_NOTHING if asks_for_nothing(text, folded) else 0.0


def _vetoed(found: Likeness) -> bool:
    """Whether a counter-example is nearer than any example, which overrules a weak pattern.

    What likeness alone would hold, without the pattern, is not overruled.
    """
    if found.margin >= WEAK_PATTERN:
        return False
    near = found.neighbours()
    return near.other_cosine > near.example_cosine


def _leans(last: str) -> bool:
    folded = fold(last)
    return len(folded.split()) <= _SHORT and bool(_LEANS_ON_EARLIER.search(folded))
