"""Builds the engine that a configuration asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from models.catalogue import load_catalogue
from models.errors import N_, ModelsError
from models.llama.engine import LlamaEngine
from models.protocol import Engine, EngineError, TooLittleMemory
from models.pull import verify
from models.remote import RemoteEngine


class EngineNotStarted(ModelsError):
    """The model cannot be loaded, or has too little memory."""


class EngineSpecError(ModelsError):
    """The configuration of an engine does not say what it must."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What a configuration says of an engine.

    ``model`` is a name of the catalogue (llama) or of the server's (openai), whose ``url`` is the
    base address, up to ``/v1``; several, set apart by blanks or commas, serve the same model.
    ``context_length`` is in tokens, ``memory`` in bytes, for the cache beside the weights;
    ``reproducible`` as in ``LlamaEngine``.
    ``api_key`` is never shown.
    """

    kind: Literal["llama", "openai"]
    model: str
    url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    context_length: int = 4096
    threads: int | None = None
    queue_limit: int = 32
    memory: int | None = None
    reproducible: bool = False


def build_engine(spec: EngineSpec, models_dir: Path) -> Engine:
    """Make the engine of ``spec``; loading a model blocks for seconds.

    Raises:
        EngineSpecError: no address for a remote, or a model that is not an LLM.
        UnknownModel, ModelMissing, DigestMismatch: as ``models.pull.verify``.
        EngineNotStarted: the model cannot be loaded.
    """
    if spec.kind == "openai":
        if not spec.url or not spec.url.strip():
            raise EngineSpecError(
                N_("The engine “{name}” needs the address of its server."), name=spec.model
            )
        urls = spec.url.replace(",", " ").split()
        return RemoteEngine(urls, spec.api_key, spec.model, spec.context_length)
    entry = load_catalogue(models_dir)[spec.model]
    if entry.role != "llm":
        raise EngineSpecError(N_("“{name}” is not a language model."), name=entry.name)
    path = verify(entry, models_dir)
    try:
        return LlamaEngine(
            path,
            name=entry.name,
            digest=f"sha256:{entry.sha256}",
            licence=entry.licence.spdx,
            context_length=spec.context_length,
            threads=spec.threads,
            queue_limit=spec.queue_limit,
            memory=spec.memory,
            reproducible=spec.reproducible,
        )
    except TooLittleMemory as error:
        raise EngineNotStarted(
            N_(
                "The memory given to the model ({given} MB) does not hold one conversation of "
                "{context} tokens, which takes {needed} MB. Set SOBRIA_ENGINE_MEMORY to "
                "{needed}M or more, or lower SOBRIA_CONTEXT_LENGTH."
            ),
            given=error.given // 10**6,
            needed=str(-(-error.needed // 10**6)),  # a value to copy: «1 180M» is none
            context=error.context,
        ) from error
    except EngineError as error:
        raise EngineNotStarted(
            N_(
                "The model “{name}” cannot be loaded ({cause}). Its file may be damaged: “sobria "
                "models verify {name}” tells. Or the machine has too little free memory."
            ),
            name=entry.name,
            cause=str(error),
        ) from error
