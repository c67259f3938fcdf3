"""Finds personal data in a French or English text, by Presidio with Sobria's recognizers."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import psutil
from presidio_analyzer import RecognizerRegistry, RecognizerResult

from governance.pii.custom import CustomEntity
from governance.pii.custom import found as custom_entities
from governance.pii.doubts import is_ruled_out
from governance.pii.engine import Engine
from governance.pii.errors import AnalysisFailed
from governance.pii.finding import Finding, resolve
from governance.pii.mentions import (
    further_mentions,
    tokens_found,
    with_particles,
    without_mistaken_places,
)
from governance.pii.names.name_model import Reading
from governance.pii.names.nlp import FrenchNames
from governance.pii.plain import plain
from governance.pii.recognizers import MODEL_RECOGNIZERS, RECOGNIZERS
from governance.pii.recognizers.base import RULE_KEY
from governance.pii.recognizers.lexicon import load as load_lexicon
from governance.pii.recognizers.structured import Structured
from governance.pii.seen import forget

WINDOW: Final = 8_000
"""Characters of a long text that are analysed at a time."""
_BEFORE: Final = 200
_AFTER: Final = 1_200
_REMEMBERED: Final = 512

_Key = tuple[bytes, tuple[CustomEntity, ...]]
"""Of what is remembered: the text's digest, and what was searched beside the built-in kinds."""


class PiiAnalyzer:
    """Loads the model once; then safe to share by threads. No text is kept, nothing is fetched.

    Presidio's own e-mail and URL recognizers look the public-suffix list up on the network; none
    of its recognizers is registered here.

    Attributes:
        load_seconds: how long the model took to load.
        load_bytes: what resident memory grew by while it loaded.
    """

    def __init__(self) -> None:
        process = psutil.Process()
        started, resident = time.monotonic(), process.memory_info().rss
        self._names = FrenchNames()
        self._names.load()
        load_lexicon()
        registry = RecognizerRegistry(
            recognizers=[
                *(recognizer() for recognizer in RECOGNIZERS),
                *(recognizer() for recognizer in MODEL_RECOGNIZERS),
            ],
            supported_languages=["fr"],
        )
        self._engine = Engine(registry, self._names)
        self._structured = Structured()
        self.load_seconds = time.monotonic() - started
        self.load_bytes = max(0, process.memory_info().rss - resident)
        self._lock = threading.Lock()
        self._remembered: OrderedDict[_Key, tuple[Finding, ...]] = OrderedDict()
        self._digest_key = secrets.token_bytes(32)

    def find(
        self, text: str, language: str = "fr", *, custom: Sequence[CustomEntity] = ()
    ) -> list[Finding]:
        """What is personal in ``text``, without overlap, in its order.

        English is read by the same rules and the same model: ``language`` is for the caller's
        record. ``custom`` are the charter's own entities, found beside the built-in ones. The time
        grows linearly with the text. The offsets found in recent texts (never the
        texts) are remembered, since each turn of a conversation is analysed again with the next.

        Raises:
            AnalysisFailed: nothing can be said of the text, which must then not be sent.
        """
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._digest_key)
        key = (digest.digest(), tuple(custom))
        with self._lock:
            if (known := self._remembered.get(key)) is not None:
                self._remembered.move_to_end(key)
                return list(known)
        findings: list[Finding] = []
        failure = ""
        try:
            findings = self._analyse(text, custom)
        except Exception as error:  # noqa: BLE001 - whatever failed, the text must not pass
            failure = type(error).__name__
        if failure:
            # Raised here, with neither cause nor trace: both can hold the text.
            raise AnalysisFailed(failure)
        with self._lock:
            self._remembered[key] = tuple(findings)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return findings

    def _analyse(self, text: str, custom: Sequence[CustomEntity]) -> list[Finding]:
        copy = plain(text)
        found = [
            replace(finding, start=start, end=end)
            for finding in custom_entities(text, custom)
            for start, end in [copy.copied(finding.start, finding.end)]
        ]
        if copy.text != text:
            found += custom_entities(copy.text, custom)
        readings = _Readings(copy.text)
        for core, start, end in _windows(copy.text):
            window = copy.text[start:end]
            artifacts = self._names.process_text(window, "fr")
            readings.add(core[0], start, artifacts.reading)
            try:
                results = self._engine.analyze(window, language="fr", nlp_artifacts=artifacts)
            finally:
                forget()
            found += [
                finding
                for result in results
                if core[0] <= result.start + start < core[1]
                and not readings.rule_out(finding := _finding(result, start))
            ]
        if len(copy.text) > WINDOW:
            # A table's head names its columns beyond the window that holds it.
            found += [
                Finding(entity, start, end, score, type(self._structured).__name__, rule)
                for entity, start, end, score, rule in self._structured.spans(copy.text)
            ]
        findings = resolve(copy.text, found)
        known = tokens_found(copy.text, findings)
        findings = without_mistaken_places(copy.text, findings, known)
        further = [
            mention
            for mention in further_mentions(copy.text, findings, known)
            if not readings.rule_out(mention)
        ]
        ordered = with_particles(
            copy.text, sorted([*findings, *further], key=lambda finding: finding.start)
        )
        if not copy.starts:
            return ordered
        return [
            replace(finding, start=start, end=end)
            for finding in ordered
            for start, end in [copy.original(finding.start, finding.end)]
        ]


class _Readings:
    """What the language model makes of a text, window by window."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._begin: list[int] = []
        self._read: list[tuple[int, Reading]] = []

    def add(self, begin: int, offset: int, reading: Reading) -> None:
        """The reading of ``text[offset:…]``, which counts from ``begin`` on."""
        self._begin.append(begin)
        self._read.append((offset, reading))

    def rule_out(self, finding: Finding) -> bool:
        """Whether the model is sure that there is no name where a weak rule found one."""
        offset, reading = self._read[bisect_right(self._begin, finding.start) - 1]
        return is_ruled_out(self._text, finding, reading, offset)


def _finding(result: RecognizerResult, offset: int) -> Finding:
    metadata = result.recognition_metadata or {}
    return Finding(
        result.entity_type,
        result.start + offset,
        result.end + offset,
        float(result.score),
        str(metadata.get(RecognizerResult.RECOGNIZER_NAME_KEY, "")),
        str(metadata.get(RULE_KEY, "")),
    )


def _windows(text: str) -> Iterator[tuple[tuple[int, int], int, int]]:
    """((start, end) of the stretch whose finds count, start and end of what is read for it)."""
    start = 0
    while start < len(text) or start == 0:
        end = min(len(text), start + WINDOW)
        if end < len(text):
            # Cut where a text breathes, so that no name is cut.
            for breath in ("\n", " "):
                cut = text.rfind(breath, start + WINDOW // 2, end)
                if cut > 0:
                    end = cut + 1
                    break
        yield (start, end), max(0, start - _BEFORE), min(len(text), end + _AFTER)
        if end >= len(text):
            return
        start = end
