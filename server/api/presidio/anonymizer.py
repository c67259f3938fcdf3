"""``/anonymize`` and ``/deanonymize``: Presidio's operators, and Sobria's pseudonyms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends
from presidio_anonymizer.entities import OperatorResult, RecognizerResult
from starlette.requests import Request
from starlette.responses import Response

from governance.charter.charter import ServiceRules
from governance.messages import N_
from server.api.presidio import operators
from server.api.presidio.body import Fields, json_object, wrong
from server.api.presidio.caller import LANE, rules_of
from server.api.presidio.errors import (
    NO_JSON,
    NO_RESULTS,
    PresidioError,
    PresidioRoute,
    json_response,
)
from server.api.presidio.pseudonyms import (
    MAX_MAPPING,
    PSEUDONYMISE,
    RESTORE,
    new_pseudonyms,
    open_sealed,
    restored,
    seal,
)
from server.identity.guards import ApiCaller, presidio_caller

router = APIRouter(route_class=PresidioRoute)
Caller = Annotated[ApiCaller, Depends(presidio_caller)]


@router.post("/anonymize")
async def anonymize(request: Request, caller: Caller) -> Response:
    """A text with each result of the analysis treated by its operator. Nothing is kept."""
    body = await _body(request)
    rules = rules_of(request, caller)
    return json_response(await to_thread.run_sync(_anonymized, body, rules, limiter=LANE))


@router.post("/deanonymize")
async def deanonymize(request: Request, caller: Caller) -> Response:
    """A text with the values back: decrypted, or restored from a sealed mapping."""
    body = await _body(request)
    rules = rules_of(request, caller)
    return json_response(await to_thread.run_sync(_deanonymized, body, rules, limiter=LANE))


@router.get("/anonymizers")
async def anonymizers(_caller: Caller) -> Response:
    """The names of the operators of ``/anonymize``."""
    return json_response(list(operators.ANONYMIZERS))


@router.get("/deanonymizers")
async def deanonymizers(_caller: Caller) -> Response:
    """The names of the operators of ``/deanonymize``."""
    return json_response(list(operators.DEANONYMIZERS))


async def _body(request: Request) -> dict[str, Any]:
    body = await json_object(request)
    if not body:
        raise PresidioError(400, NO_JSON)
    return body


def _anonymized(body: Mapping[str, Any], rules: ServiceRules) -> Mapping[str, Any]:
    fields = Fields(body, status=422)
    config = operators.configs(fields, "anonymizers", operators.ANONYMIZERS)
    if body.get("analyzer_results") is None:
        raise PresidioError(422, NO_RESULTS)
    text = fields.text("text")
    results = [_result(each) for each in fields.objects("analyzer_results", operators.MAX_ENTITIES)]
    key = operators.key_for(config, PSEUDONYMISE)
    pseudonyms = new_pseudonyms(text, rules)
    answer = operators.anonymize(text, results, config, pseudonyms)
    if key is not None:
        answer["mapping"] = seal(pseudonyms, key)
    return answer


def _result(fields: Fields) -> RecognizerResult:
    if fields.get("score") is None:
        raise wrong(fields.name("score"), N_("a number"), 422)
    return operators.checked(
        lambda: RecognizerResult(
            fields.string("entity_type"),
            fields.whole("start"),
            fields.whole("end"),
            fields.number("score", 0.0),
        )
    )


def _entity(fields: Fields) -> OperatorResult:
    return operators.checked(
        lambda: OperatorResult(
            fields.whole("start"), fields.whole("end"), fields.string("entity_type")
        )
    )


def _deanonymized(body: Mapping[str, Any], rules: ServiceRules) -> Mapping[str, Any]:
    fields = Fields(body, status=422)
    text = fields.text("text")
    config = operators.configs(fields, "deanonymizers", operators.DEANONYMIZERS)
    key = operators.key_for(config, RESTORE)
    if key is not None:
        sealed = fields.string("mapping", limit=MAX_MAPPING)
        if any(each.operator_name != RESTORE for each in config.values()):
            raise PresidioError(422, N_("«restore» goes with no other operator."))
        return restored(text, open_sealed(sealed, key), rules)
    entities = [
        _entity(each) for each in fields.objects("anonymizer_results", operators.MAX_ENTITIES)
    ]
    return operators.deanonymize(text, entities, config)
