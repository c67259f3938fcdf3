"""Applies Presidio's own operators, within bounds: no request may make the answer explode."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from presidio_anonymizer import AnonymizerEngine, DeanonymizeEngine
from presidio_anonymizer.entities import (
    EngineResult,
    InvalidParamError,
    OperatorConfig,
    OperatorResult,
    PIIEntity,
    RecognizerResult,
)
from presidio_anonymizer.operators import Operator, OperatorType

from governance.messages import N_
from server.api.presidio.body import Fields, wrong
from server.api.presidio.errors import NO_CUSTOM, PresidioError
from server.api.presidio.pseudonyms import PSEUDONYMISE, RESTORE, Pseudonyms, key_of

ANONYMIZERS: Final = ("replace", "redact", "mask", "hash", "encrypt", "keep", PSEUDONYMISE)
"""Presidio's operators that need nothing but the request, and Sobria's. «custom» would run code,
and «surrogate_ahds» asks a server of its own."""
DEANONYMIZERS: Final = ("decrypt", "deanonymize_keep", RESTORE)

MAX_ENTITIES: Final = 5_000
"""Results to treat in one text, at most."""
MAX_WRITTEN: Final = 1_500_000
"""Characters that the operators may write, at most."""
_MAX_OPERATORS: Final = 200
_MAX_PARAMETER: Final = 1_000
_GROWTH: Final = 200
"""Characters that any operator may add to what it replaces."""

_Config = Mapping[str, OperatorConfig]
_Made = TypeVar("_Made")


class _Pseudonymise(Operator):
    """A placeholder, chosen before the engine runs: it goes through a text from its end."""

    def operate(self, text: str, params: dict[Any, Any] | None = None) -> str:
        """The placeholder of ``text``, the last of those that are left."""
        chosen: list[str] = (params or {})["chosen"]
        return chosen.pop()

    def validate(self, params: dict[Any, Any] | None = None) -> None:
        """Nothing: the key was checked with the request."""

    def operator_name(self) -> str:
        """As requests write it."""
        return PSEUDONYMISE

    def operator_type(self) -> OperatorType:
        """For anonymising, as Presidio says."""
        return OperatorType.Anonymize


class _Engine(AnonymizerEngine):
    """Presidio's engine, which gives the placeholders in the order of the text."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pseudonyms = pseudonyms
        self.add_anonymizer(_Pseudonymise)

    def _operate(
        self,
        text: str,
        pii_entities: Sequence[PIIEntity],
        operators_metadata: dict[str, OperatorConfig],
        operator_type: OperatorType,
        **operator_kwargs: Any,
    ) -> EngineResult:
        """Presidio's own, once every placeholder is known."""
        chosen: list[str] = []
        for entity in sorted(pii_entities, key=lambda each: (each.start, each.end)):
            config = operators_metadata.get(entity.entity_type, operators_metadata["DEFAULT"])
            if config.operator_name == PSEUDONYMISE:
                chosen.append(
                    self._pseudonyms.placeholder(
                        entity.entity_type,
                        text[entity.start : entity.end],
                        text[max(0, entity.start - 20) : entity.start],
                    )
                )
        for config in operators_metadata.values():
            if config.operator_name == PSEUDONYMISE:
                config.params = {"chosen": chosen}
        result: EngineResult = super()._operate(
            text, list(pii_entities), operators_metadata, operator_type, **operator_kwargs
        )
        return result


def configs(fields: Fields, field: str, known: Sequence[str]) -> dict[str, OperatorConfig]:
    """The operator of each entity.

    Raises:
        PresidioError: one is not of ``known``, or has a parameter that no operator has.
    """
    found = {}
    for entity, values in fields.named_objects(field, _MAX_OPERATORS).items():
        name = values.string("type")
        if name == "custom":
            raise PresidioError(400, NO_CUSTOM)
        if name not in known:
            raise wrong(values.name("type"), N_("the name of an operator that is offered"), 422)
        found[entity] = OperatorConfig(name, _parameters(values, name))
    return found


def _parameters(values: Fields, name: str) -> dict[str, Any]:
    """The parameters of an operator: those that were given, of the right type."""
    given: dict[str, Any] = {}
    for parameter in ("new_value", "masking_char", "hash_type", "salt", "key"):
        if values.get(parameter) is not None:
            given[parameter] = values.string(parameter, limit=_MAX_PARAMETER)
    if values.get("chars_to_mask") is not None:
        given["chars_to_mask"] = values.whole("chars_to_mask")
    if name == "mask":
        given["from_end"] = values.boolean("from_end")
    if name in (PSEUDONYMISE, RESTORE):
        given["key"] = key_of(values)
    return given


def key_for(config: _Config, name: str) -> bytes | None:
    """The one key of the operator ``name``, or None where it is not asked for.

    Raises:
        PresidioError: two entities have two keys; one mapping has one.
    """
    keys = {each.params["key"] for each in config.values() if each.operator_name == name}
    if len(keys) > 1:
        raise PresidioError(422, N_("«{name}» has one key for the whole text."), name=name)
    return next(iter(keys), None)


def anonymize(
    text: str,
    results: Sequence[RecognizerResult],
    config: dict[str, OperatorConfig],
    pseudonyms: Pseudonyms,
) -> dict[str, Any]:
    """The answer of ``/anonymize``. Raises PresidioError."""
    longest = max(
        (len(str(each.params.get("new_value", ""))) for each in config.values()), default=0
    )
    _check_growth(results, longest)
    return _done(lambda: _Engine(pseudonyms).anonymize(text, list(results), config))


def deanonymize(
    text: str, entities: Sequence[OperatorResult], config: dict[str, OperatorConfig]
) -> dict[str, Any]:
    """The answer of ``/deanonymize``. Raises PresidioError."""
    for entity in entities:
        if entity.entity_type not in config and "DEFAULT" not in config:
            raise PresidioError(
                422, N_("«deanonymizers» says nothing of an entity, and has no «DEFAULT».")
            )
    _check_growth(entities, 0)
    engine = DeanonymizeEngine()  # type: ignore[no-untyped-call]
    return _done(lambda: engine.deanonymize(text, list(entities), config))


def checked(make: Callable[[], _Made]) -> _Made:
    """What ``make`` makes. Raises PresidioError where Presidio refuses its values."""
    try:
        return make()
    except InvalidParamError as refused:
        problem = PresidioError(422, "{detail}", detail=refused.err_msg)
    raise problem


def _check_growth(entities: Sequence[PIIEntity], longest: int) -> None:
    # Results that overlap are each written whole where they are kept.
    written = sum(2 * (each.end - each.start) + longest + _GROWTH for each in entities)
    if written > MAX_WRITTEN:
        raise PresidioError(
            413, N_("The operators would write too much: send fewer, or shorter, results.")
        )


def _done(work: Callable[[], EngineResult]) -> dict[str, Any]:
    """What the engine made, in Presidio's fields. Its failures become errors without its text."""
    problem: PresidioError
    try:
        made = work()
        return {
            "text": made.text,
            "items": [
                {
                    "start": item.start,
                    "end": item.end,
                    "entity_type": item.entity_type,
                    "text": item.text,
                    "operator": item.operator,
                }
                for item in made.items
            ],
        }
    except InvalidParamError as refused:
        problem = PresidioError(422, "{detail}", detail=refused.err_msg)
    except ValueError:
        # A wrong key, an altered cipher text, half a character: the library's own text quotes it.
        problem = PresidioError(
            422, N_("An operator cannot treat this text: a wrong key, or an altered text.")
        )
    raise problem
