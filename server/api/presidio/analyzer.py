"""``/analyze``, ``/recognizers`` and ``/supportedentities``: Presidio's analyser."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from governance.messages import N_
from governance.pii.finding import CHARTER
from governance.pii.recognizers import MODEL_RECOGNIZERS, RECOGNIZERS
from server.api.presidio import analysis
from server.api.presidio.body import json_object
from server.api.presidio.caller import LANE, rules_of
from server.api.presidio.errors import PresidioRoute, json_response
from server.api.presidio.names import supported
from server.api.presidio.results import Result
from server.identity.guards import ApiCaller, anyone, presidio_caller
from server.identity.sessions import Session
from server.state import assembly, say
from web.rules import rule_words

router = APIRouter(route_class=PresidioRoute)
Caller = Annotated[ApiCaller, Depends(presidio_caller)]


@router.post("/analyze")
async def analyze(request: Request, caller: Caller) -> Response:
    """What is personal in a text, or in each text of a list. Nothing of them is kept."""
    body = await json_object(request)
    custom = rules_of(request, caller).custom
    asked = await to_thread.run_sync(analysis.read, body, custom, limiter=LANE)

    def explain(result: Result) -> str:
        why = result.why
        return say(
            request,
            N_("Found by {recognizer}: {reason}."),
            recognizer=why.recognizer,
            reason=say(request, rule_words(why.recognizer, why.rule)),
        )

    analyzer = assembly(request).analyzer
    work = partial(analysis.answer, analyzer, asked, custom, explain)
    found = await to_thread.run_sync(work, limiter=LANE)
    return json_response(found)


@router.get("/recognizers")
async def recognizers(request: Request, caller: Caller) -> Response:
    """The names of the recognizers for a language."""
    if (language := request.query_params.get("language")) is not None:
        analysis.check_language(language)
    names = [recognizer.__name__ for recognizer in RECOGNIZERS]
    names += [str(getattr(recognizer, "__name__", "")) for recognizer in MODEL_RECOGNIZERS]
    if rules_of(request, caller).custom:
        names.append(CHARTER)
    return json_response(names)


@router.get("/supportedentities")
async def supported_entities(request: Request, caller: Caller) -> Response:
    """The names of the entities that are found in a language, the charter's own included."""
    if (language := request.query_params.get("language")) is not None:
        analysis.check_language(language)
    return json_response(supported(rules_of(request, caller).custom))


@router.get("/health")
async def health(_anyone: Annotated[Session | None, Depends(anyone)]) -> Response:
    """The service answers; no detail, as Presidio's containers."""
    return PlainTextResponse("Sobria service is up")
