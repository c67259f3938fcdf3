"""Finds personal data in a French or English text, by Presidio with Sobria's recognizers."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

import psutil
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer

from governance.pii.errors import AnalysisFailed
from governance.pii.finding import Finding, resolve
from governance.pii.mentions import further_mentions, tokens_found
from governance.pii.nlp import FrenchNames
from governance.pii.recognizers import RECOGNIZERS
from governance.pii.recognizers.ner import PersonByModel

WINDOW: Final = 8_000
"""Characters of a long text that are analysed at a time."""
_BEFORE: Final = 200
_AFTER: Final = 1_200
_REMEMBERED: Final = 512


class _NoEnhancer(ContextAwareEnhancer):
    """Our rules state their context themselves; Presidio's enhancer would copy every result."""

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(
        self, text: str, raw_results: Any, nlp_artifacts: Any, recognizers: Any, context: Any = None
    ) -> Any:
        """The results, untouched."""
        return raw_results


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
        names = FrenchNames()
        names.load()
        registry = RecognizerRegistry(
            recognizers=[*(recognizer() for recognizer in RECOGNIZERS), PersonByModel()],
            supported_languages=["fr"],
        )
        self._engine = AnalyzerEngine(
            registry=registry,
            nlp_engine=names,
            supported_languages=["fr"],
            context_aware_enhancer=_NoEnhancer(),
        )
        self.load_seconds = time.monotonic() - started
        self.load_bytes = max(0, process.memory_info().rss - resident)
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
        self._digest_key = secrets.token_bytes(32)

    def find(self, text: str, language: str = "fr") -> list[Finding]:
        """What is personal in ``text``, without overlap, in its order.

        English is read by the same rules and the same model: ``language`` is for the caller's
        record. The time grows linearly with the text. The offsets found in recent texts (never the
        texts) are remembered, since each turn of a conversation is analysed again with the next.

        Raises:
            AnalysisFailed: nothing can be said of the text, which must then not be sent.
        """
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._digest_key)
        key = digest.digest()
        with self._lock:
            if (known := self._remembered.get(key)) is not None:
                self._remembered.move_to_end(key)
                return list(known)
        findings: list[Finding] = []
        failure = ""
        try:
            findings = self._analyse(text)
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

    def _analyse(self, text: str) -> list[Finding]:
        found: list[Finding] = []
        for core, start, end in _windows(text):
            for result in self._engine.analyze(text[start:end], language="fr"):
                first = result.start + start
                if core[0] <= first < core[1]:
                    metadata = result.recognition_metadata or {}
                    found.append(
                        Finding(
                            result.entity_type,
                            first,
                            result.end + start,
                            float(result.score),
                            str(metadata.get("recognizer_name", "")),
                        )
                    )
        findings = resolve(text, found)
        further = further_mentions(text, findings, tokens_found(text, findings))
        return sorted([*findings, *further], key=lambda finding: finding.start)


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
