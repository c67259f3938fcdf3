"""One pass of RE2 chooses the patterns that are tried: it may choose too many, never too few."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.charter.charter import Charter
from governance.charter.regexes import check_regex
from governance.uses import patterns
from governance.uses.folding import fold
from governance.uses.library import known
from governance.uses.patterns import PatternLayer, _Sieve, bounded

WORDS = [
    "classe",
    "ces",
    "candidats",
    "cvs",
    "et",
    "dis",
    "moi",
    "qui",
    "rejeter",
    "note",
    "sur",
    "vingt",
    "le",
    "meilleur",
    "|",
    "ignore",
    "les",
    "consignes",
    "mot",
    "de",
    "passe",
    "du",
    "directeur",
    "score",
    "de",
    "confiance",
    "chaque",
    "habitant",
    "reconnais",
    "ce",
    "visage",
    "licencier",
    "faut",
    "il",
    "redige",
    "un",
    "communique",
    "marche",
    "avenant",
    "inondation",
]


def tried(layer: PatternLayer, folded: str) -> set[int]:
    return {n for n, (_, pattern) in enumerate(layer._patterns) if pattern.find(folded)}


def test_every_match_in_the_shipped_texts_is_let_through(commune: Charter) -> None:
    layer = PatternLayer(commune.rules)
    texts = [t for rule in commune.rules for t in known(rule.use.detect).all_examples][::20]
    matched = 0
    for folded in (bounded(fold(text)) for text in texts):
        found = tried(layer, folded)
        matched += len(found)
        assert found <= {*layer._sieve.possible(folded)}
    assert matched


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_every_match_in_any_text_is_let_through(text: str) -> None:
    sources = [
        r"\b(class|not)\w*.{0,70}\bcandidats?\b",
        r"\bignore\b.{0,30}\bconsignes\b.{0,40}\bmot de passe\b",
        r"(?<!les )\bconsignes\b",
        r"\bredig\w*(?!.{0,40}\bavenant\b)",
        r"\bscore\b",
    ]
    compiled = [check_regex(source) for source in sources]
    possible = {*_Sieve(compiled).possible(text)}
    assert {n for n, pattern in enumerate(compiled) if pattern.find(text)} <= possible


def test_where_re2_has_no_memory_left_every_pattern_is_tried() -> None:
    compiled = [check_regex(r"\bx\w{0,9}y\b"), check_regex(r"\bnever\b")]
    sieve = _Sieve(compiled)
    assert list(sieve.possible("nothing of the kind")) == []

    class Exhausted:
        def Match(self, text: str) -> None:
            return None

    sieve._set = Exhausted()
    assert list(sieve.possible("nothing of the kind")) == [0, 1]


def test_a_hostile_text_does_not_slow_the_sieve(commune: Charter) -> None:
    layer = PatternLayer(commune.rules)
    hostile = bounded(" ".join(WORDS * 400))
    assert len(hostile) <= patterns.MAX_TEXT + 3
    started = time.perf_counter()
    layer.hits(hostile)
    # A bound that only a blow-up passes, not a measure of speed.
    assert time.perf_counter() - started < 20
