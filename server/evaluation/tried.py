"""What a run is of: the digests that tell which model, prompt, charter and sources were tried."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import Engine, select

from governance.charter.charter import Charter
from governance.prompt import build_prompt, system_message
from models.protocol import Message
from rag.protocol import Passage
from rag.store import Store
from rag.tables import passages, sync_runs
from server.evaluation.runs import SourceVersion
from server.identity.users import Locale

# One request of each kind that the prompt tells apart.
_SAMPLES = (
    ("Combien de jours de congés [PERSONNE_1] acquiert-elle ?", True),
    ("Rédige une note.", False),
)
_SAMPLE = Passage("p", "d", "s", "Titre", ("Partie",), "L1", "Texte.", "", "", "", "")


def prompt_digest(charter: Charter, locale: Locale) -> str:
    """The digest of the prompt's words, with the charter's own instructions in it."""
    system = system_message(
        locale,
        assistant=charter.assistant.name,
        organisation=charter.organisation.name,
        instructions=charter.assistant.instructions,
    )

    def nothing(_messages: Sequence[Message]) -> int:
        return 0

    told = [
        [(str(message.role), message.content) for message in messages]
        for question, sourced in _SAMPLES
        for messages, _ in (
            build_prompt(
                system,
                (),
                locale,
                question,
                (_SAMPLE,) if sourced else (),
                count_tokens=nothing,
                budget=1,
            ),
        )
    ]
    said = json.dumps(told, ensure_ascii=False)
    return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"


def source_versions(engine: Engine, embedder_digest: str) -> dict[str, SourceVersion]:
    """What is indexed of each source that has passages."""
    store = Store(engine)
    counts, vectors = store.counts(), store.vector_counts(embedder_digest)
    versions = _versions(engine)
    return {
        source: SourceVersion(
            version=versions.get(source, ""),
            documents=documents,
            passages=held,
            vectors=round(min(1.0, vectors.get(source, 0) / held), 4),
            digest=_digest(engine, source),
        )
        for source, (documents, held) in sorted(counts.items())
        if held
    }


def _versions(engine: Engine) -> dict[str, str]:
    """The version that each source's last whole sync read."""
    query = (
        select(sync_runs.c.source, sync_runs.c.version)
        .where(sync_runs.c.status == "complete")
        .order_by(sync_runs.c.id)
    )
    with engine.connect() as connection:
        return dict(connection.execute(query).all())


def _digest(engine: Engine, source: str) -> str:
    # A passage's id is a digest of its whole content: equal sets of ids are equal sources.
    query = select(passages.c.id).where(passages.c.source == source).order_by(passages.c.id)
    digest = hashlib.sha256()
    with engine.connect() as connection:
        for (identity,) in connection.execute(query):
            digest.update(identity.encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"
