"""Keeps the mappings sealed at rest, one per conversation, and destroys them for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from governance.clock import iso, utc_now
from governance.pii.errors import MappingBusy, MappingUnavailable
from governance.pii.mapping import Mapping
from governance.pii.tables import pii_mappings

_ATTEMPTS: Final = 50

T = TypeVar("T")


class Sealer(Protocol):
    """What seals a text with the instance's key; ``associated`` says where the text belongs."""

    def seal(self, plaintext: str, associated: str) -> bytes: ...

    def open(self, sealed: bytes, associated: str) -> str: ...


class MappingVault:
    """Loads and changes the mapping of a conversation. Nothing is cached in clear."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    def load(self, conversation_id: str) -> Mapping:
        """The mapping as it is now; an empty one for a conversation that has none.

        Raises:
            MappingUnavailable: it cannot be read or opened.
        """
        try:
            with self._engine.connect() as connection:
                return self._read(connection, conversation_id)[1]
        except SQLAlchemyError as failure:
            raise MappingUnavailable(type(failure).__name__) from None

    def change(self, conversation_id: str, work: Callable[[Mapping], T]) -> T:
        """Apply ``work`` to the mapping and store it; what ``work`` returns.

        Optimistic: if another request stored the mapping meanwhile, ``work`` is done again on the
        newer one, so no two requests ever give one number to two values.

        Raises:
            MappingUnavailable: it cannot be read, opened or written.
            MappingBusy: others were faster, fifty times over.
        """
        try:
            for _ in range(_ATTEMPTS):
                with self._engine.connect() as connection:
                    version, mapping = self._read(connection, conversation_id)
                outcome = work(mapping)
                if not mapping.changed or self._store(conversation_id, version, mapping):
                    return outcome
        except SQLAlchemyError as failure:
            # The statement's parameters must not travel with the error.
            raise MappingUnavailable(type(failure).__name__) from None
        raise MappingBusy

    def destroy(self, conversation_id: str) -> bool:
        """Delete the mapping: what was masked can no longer be restored. False if there was none.

        On SQLite the freed bytes are overwritten.

        Raises:
            MappingUnavailable: the database refused.
        """
        try:
            with self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA secure_delete=ON")
                statement = delete(pii_mappings).where(
                    pii_mappings.c.conversation_id == conversation_id
                )
                return connection.execute(statement).rowcount > 0
        except SQLAlchemyError as failure:
            raise MappingUnavailable(type(failure).__name__) from None

    def _read(self, connection: Connection, conversation_id: str) -> tuple[int, Mapping]:
        row = connection.execute(
            select(pii_mappings.c.version, pii_mappings.c.sealed).where(
                pii_mappings.c.conversation_id == conversation_id
            )
        ).one_or_none()
        if row is None:
            return 0, Mapping()
        try:
            opened = self._sealer.open(row.sealed, _place(conversation_id))
            return row.version, Mapping.from_json(opened)
        except Exception as error:  # noqa: BLE001 - whatever broke the seal, nothing may pass
            failure = type(error).__name__
        # Raised here, with neither cause nor trace: both can hold values.
        raise MappingUnavailable(failure)

    def _store(self, conversation_id: str, version: int, mapping: Mapping) -> bool:
        """Write version ``version + 1``, unless another request did."""
        sealed = self._sealer.seal(mapping.to_json(), _place(conversation_id))
        now = iso(utc_now())
        try:
            with self._engine.begin() as connection:
                if version:
                    result = connection.execute(
                        update(pii_mappings)
                        .where(
                            pii_mappings.c.conversation_id == conversation_id,
                            pii_mappings.c.version == version,
                        )
                        .values(version=version + 1, sealed=sealed, updated_at=now)
                    )
                    return result.rowcount == 1
                connection.execute(
                    insert(pii_mappings).values(
                        conversation_id=conversation_id,
                        version=1,
                        sealed=sealed,
                        created_at=now,
                        updated_at=now,
                    )
                )
                return True
        except IntegrityError:
            return False


def _place(conversation_id: str) -> str:
    return f"pii-mapping/{conversation_id}"
