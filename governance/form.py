"""The form that a program holds its answer to: masked as the conversation is, restored as JSON.

A schema or a grammar may hold a name, which the model would be made to write: the texts that it
gives are masked with those of the turns, so that what is written is a placeholder, restored later.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from models.grammars import literals, with_literals
from models.protocol import Sampling, Tool
from models.tool_calls import dumped

_NAME: Final = "form"


def held_to_a_form(sampling: Sampling) -> bool:
    """Whether the program says what form its answer has."""
    return bool(sampling.json_schema or sampling.grammar)


def form_tools(sampling: Sampling) -> tuple[Tool, ...]:
    """The form's texts as a tool's, for they are masked alike; nothing where there is no form."""
    if sampling.json_schema:
        return (Tool(_NAME, "", json.loads(sampling.json_schema)),)
    if sampling.grammar:
        return (Tool(_NAME, "", {"enum": literals(sampling.grammar)}),)
    return ()


def with_form(sampling: Sampling, masked: tuple[Tool, ...]) -> Sampling:
    """``sampling`` with the form whose texts :func:`form_tools` gave, now masked."""
    if not masked:
        return sampling
    schema = masked[0].parameters
    if sampling.json_schema:
        return replace(sampling, json_schema=dumped(schema))
    return replace(sampling, grammar=with_literals(sampling.grammar, schema["enum"]))
