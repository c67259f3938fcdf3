"""A real small model calls a tool for a person whom it never saw by name."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from governance.events import Completed, ToolCalled
from governance.exchange import Turn
from models.errors import ModelMissing
from models.llama.engine import LlamaEngine
from models.protocol import Sampling, Tool
from models.pull import locate
from tests.governance.road.parts import Parts, ending, streamed

pytestmark = pytest.mark.llm

ROOT = Path(__file__).resolve().parents[3]
MODEL = os.environ.get("SOBRIA_TEST_MODEL", "qwen2.5-coder-0.5b-instruct-q4_k_m")
SEND = Tool(
    "send_email",
    "Envoie un courriel.",
    {
        "type": "object",
        "properties": {
            "to": {"type": "string", "description": "Nom du destinataire"},
            "subject": {"type": "string"},
        },
        "required": ["to", "subject"],
    },
)


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    """The small model of the end-to-end tests; skips where it is absent."""
    folder = Path(os.environ.get("SOBRIA_TEST_MODELS", ROOT / "var" / "test" / "data" / "models"))
    try:
        path = locate(MODEL, folder)
    except ModelMissing:
        pytest.skip(f"{MODEL} is not in {folder}: run “make setup-test”")
    made = LlamaEngine(
        path, name="qwen", digest="sha256:x", licence="Apache-2.0", context_length=2048
    )
    yield made
    asyncio.run(made.close())


def test_the_argument_of_a_real_call_has_the_name_that_the_model_did_not_see(
    parts: Parts, engine: LlamaEngine
) -> None:
    parts.engine = engine  # type: ignore[assignment]
    request = replace(
        parts.ask("x", ephemeral=True),
        turns=(Turn("user", "Envoie un courriel à M. Jean Dupont, objet « Réunion »."),),
        tools=(SEND,),
        sampling=Sampling(max_tokens=120, temperature=0, seed=7),
    )
    events = parts.travel(request)
    end = ending(events, Completed)
    (call,) = [event.call for event in events if isinstance(event, ToolCalled)]
    assert call.name == "send_email"
    assert "Jean Dupont" in json.loads(call.arguments)["to"]
    assert "{" not in streamed(events) and "Dupont" not in streamed(events)
    assert end.receipt.tool_calls == {"send_email": 1}
    assert end.receipt.masked["PERSON"] >= 1
