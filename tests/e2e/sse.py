"""Reads the chat's server-sent events as a list of (name, data)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx


def ask(
    client: httpx.Client, text: str, conversation: str = "new", *, compose: bool = False
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Send ``text`` as the chat page does, and yield the events as they come.

    With ``compose`` a model writes, also where a passage answers.
    """
    asked = {"text": text, "regenerate": False, "compose": compose}
    with client.stream("POST", f"/chat/{conversation}/messages", json=asked) as answer:
        if answer.status_code != 200:
            raise AssertionError((answer.status_code, answer.read()[:500]))
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
