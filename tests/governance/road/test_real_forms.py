"""A real small model is held to a form, and to its tokens."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import llama_cpp
import pytest

from governance.exchange import Turn
from models.llama.engine import LlamaEngine
from models.llama.vocabulary import Vocabulary
from models.protocol import Sampling
from models.pull import locate
from tests.governance.road import test_real_calls
from tests.governance.road.parts import Parts

pytestmark = pytest.mark.llm

engine = test_real_calls.engine
GREEDY = Sampling(max_tokens=60, temperature=0, seed=7)
SCHEMA = {
    "type": "object",
    "properties": {
        "who": {"enum": ["Jean Dupont", "Marie Curie"]},
        "days": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "maxItems": 2},
    },
    "required": ["who", "days", "tags"],
    "additionalProperties": False,
}


def answer(parts: Parts, engine: LlamaEngine, asked: str, sampling: Sampling) -> str:
    parts.engine = engine  # type: ignore[assignment]
    request = replace(
        parts.ask("x", ephemeral=True), turns=(Turn("user", asked),), sampling=sampling
    )
    return parts.completed(request).text


def test_the_answer_is_of_the_schema_whatever_is_asked(parts: Parts, engine: LlamaEngine) -> None:
    sampling = replace(GREEDY, json_schema=json.dumps(SCHEMA), temperature=1.0)
    asked = "Qui part en congés, M. Jean Dupont ou Mme Marie Curie, et combien de jours ?"
    found = json.loads(answer(parts, engine, asked, sampling))
    assert list(found) == ["who", "days", "tags"]
    assert found["who"] in ("Jean Dupont", "Marie Curie") and isinstance(found["days"], int)
    assert len(found["tags"]) <= 2 and all(len(tag) <= 8 for tag in found["tags"])


def test_a_grammar_s_name_is_written_without_the_model_seeing_it(
    parts: Parts, engine: LlamaEngine
) -> None:
    sampling = replace(GREEDY, grammar='root ::= "Pour " "Jean Dupont"')
    asked = "Qui vient à la réunion, M. Jean Dupont ?"
    assert answer(parts, engine, asked, sampling) == "Pour Jean Dupont"


def test_a_token_that_is_banned_is_not_written(parts: Parts, engine: LlamaEngine) -> None:
    asked = "Réponds par un seul mot : oui."
    first = answer(parts, engine, asked, GREEDY).split()[0]
    token = tokens_of(first)[0]
    biased = answer(parts, engine, asked, replace(GREEDY, logit_bias={token: -100.0}))
    assert biased.strip() and not biased.startswith(first)


def tokens_of(text: str) -> list[int]:
    """The tokens of a text in the model's vocabulary, of which alone the file is read."""
    default = test_real_calls.ROOT / "var" / "test" / "data" / "models"
    path = locate(test_real_calls.MODEL, Path(os.environ.get("SOBRIA_TEST_MODELS", default)))
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    tokens = Vocabulary(model).tokens(text, bos=False)
    llama_cpp.llama_model_free(model)
    return tokens
