"""When an answer may be given again: what is the same question, and the same way of answering."""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
from typing import Literal

from governance import prompt
from rag import citations, gate
from rag.text.repeats import as_meant, as_typed


def same_question(question: str, locale: Literal["fr", "en"]) -> str:
    """One text for all forms of a question; what says nothing is known of French only."""
    return as_meant(question) if locale == "fr" else as_typed(question)


def edition() -> str:
    """What changes with the code: its version, and what is asked of a model and let through, which
    may change between two."""
    sources = "".join(inspect.getsource(module) for module in (prompt, citations, gate))
    written = hashlib.sha256(sources.encode()).hexdigest()
    return f"{importlib.metadata.version('sobria')} {written}"
