"""How a program wants its answer written: the form it is held to, and how its tokens are chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request

from governance.messages import N_
from models.grammars import DEEPEST, MOST_CHARACTERS, FormError, check_grammar, check_schema
from models.protocol import Sampling
from server.api.errors import ApiError, bad_request

if TYPE_CHECKING:
    from server.api.chat_request import ChatRequest

MOST_BIASES: Final = 300
_ANY_OBJECT: Final = {"type": "object"}
_NO_OBJECT = N_("«{param}» must be an object.")
_NOT_HELD = N_(
    "The model cannot be held to «{param}». It must be valid, of {characters} characters and "
    "{levels} levels at most, without a rule that begins with itself or too many repetitions."
)
_NOT_STRICT = N_(
    "The model cannot be held to all of «{param}», as “strict” asks. See the keywords that are "
    "supported in the documentation, or do without “strict”."
)


def sampling_of(request: Request, asked: ChatRequest, *, remote: bool) -> Sampling:
    """How to choose the tokens; what is not given keeps Sobria's own values. Raises ApiError.

    ``remote``: another server makes the grammar out of a schema, and must not be one of ours.
    """
    schema = _schema(request, asked.response_format, convert=not remote)
    grammar = _grammar(request, asked.grammar)
    if schema and grammar:
        raise _not(
            request, "grammar", N_("«{param}» and “response_format” cannot be used together.")
        )
    if (schema or grammar) and asked.tools and asked.tool_choice != "none":
        raise _not(
            request,
            "response_format" if schema else "grammar",
            N_("«{param}» and “tools” cannot be used together: a call has another form."),
        )
    usual = Sampling()
    stops = (asked.stop,) if isinstance(asked.stop, str) else tuple(asked.stop or ())
    return Sampling(
        max_tokens=asked.max_completion_tokens or asked.max_tokens or usual.max_tokens,
        temperature=_given(asked.temperature, usual.temperature),
        top_p=_given(asked.top_p, usual.top_p),
        top_k=int(_given(asked.top_k, usual.top_k)),
        min_p=_given(asked.min_p, usual.min_p),
        repeat_penalty=_given(asked.repeat_penalty, usual.repeat_penalty),
        seed=asked.seed,
        stop=tuple(stop for stop in stops if stop),
        frequency_penalty=_given(asked.frequency_penalty, usual.frequency_penalty),
        presence_penalty=_given(asked.presence_penalty, usual.presence_penalty),
        logit_bias=_biases(request, asked.logit_bias),
        grammar=grammar,
        json_schema=schema,
    )


def _given(value: float | None, usual: float) -> float:
    return usual if value is None else value


def _biases(request: Request, given: Any) -> Mapping[int, float]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_BIASES:
        raise bad_request(
            request,
            "logit_bias",
            N_("«logit_bias» must be an object of {limit} tokens at most."),
            limit=MOST_BIASES,
        )
    biases: dict[int, float] = {}
    for token, bias in given.items():
        number = token.isascii() and token.isdecimal() and len(token) < 10
        known = isinstance(bias, int | float) and not isinstance(bias, bool)
        if not number or not known or not math.isfinite(bias) or not -100 <= bias <= 100:
            raise bad_request(
                request,
                "logit_bias",
                N_("«logit_bias» must give numbers of tokens, each a value from -100 to 100."),
            )
        biases[int(token)] = float(bias)
    return biases


def _schema(request: Request, given: Any, *, convert: bool) -> str:
    """The text of the JSON Schema that ``response_format`` asks for; empty for a free text."""
    if given is None:
        return ""
    if not isinstance(given, dict):
        raise _not(request, "response_format", _NO_OBJECT)
    kind = given.get("type")
    if kind == "text":
        return ""
    if kind == "json_object":  # a schema beside it is llama-server's way
        where, schema, strict = "response_format.schema", given.get("schema", _ANY_OBJECT), False
    elif kind == "json_schema":
        inner = given.get("json_schema")
        if not isinstance(inner, dict):
            raise _not(request, "response_format.json_schema", _NO_OBJECT)
        where, schema = "response_format.json_schema.schema", inner.get("schema")
        strict = inner.get("strict") or False
        if not isinstance(strict, bool):
            raise _not(
                request,
                "response_format.json_schema.strict",
                N_("«{param}» must be true or false."),
            )
    else:
        raise _not(
            request,
            "response_format.type",
            N_("«{param}» must be “text”, “json_object” or “json_schema”."),
        )
    if not isinstance(schema, dict):
        raise _not(request, where, _NO_OBJECT)
    try:
        text = check_schema(schema, strict=False, convert=convert)
    except FormError:
        raise _not_held(request, where) from None
    try:
        return check_schema(schema, strict=True, convert=False) if strict else text
    except FormError:
        raise _not(request, where, _NOT_STRICT) from None


def _grammar(request: Request, given: Any) -> str:
    """The GBNF that the program gives; empty for none."""
    if given is None or given == "":
        return ""
    if not isinstance(given, str):
        raise _not(request, "grammar", N_("«{param}» must be a text."))
    try:
        check_grammar(given)
    except FormError:
        raise _not_held(request, "grammar") from None
    return given


def check_logprobs(request: Request, asked: ChatRequest) -> None:
    """Raises ApiError where probabilities of tokens are asked for: see docs/decisions/0026."""
    for name in ("logprobs", "top_logprobs"):
        if (asked.model_extra or {}).get(name):
            raise _not(
                request,
                name,
                N_(
                    "«{param}» is not given: the probabilities would be those of what the model "
                    "writes before names are put back and what may not be shown is withheld. "
                    "Leave it out."
                ),
            )


def _not_held(request: Request, where: str) -> ApiError:
    return bad_request(
        request, where, _NOT_HELD, param=where, characters=MOST_CHARACTERS, levels=DEEPEST
    )


def _not(request: Request, where: str, message_id: str) -> ApiError:
    return bad_request(request, where, message_id, param=where)
