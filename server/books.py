"""The books of an instance: database, keys, audit log and stores, without any model.

The command line works on these alone, so that adding an account takes a second.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from governance.audit.log import AuditLog
from governance.charter.revisions import revision_in_force
from governance.keys import InstanceKeys
from governance.repetition.store import KeptAnswers
from governance.review.contests import Contests
from governance.review.members import Members
from governance.review.queue import ReviewQueue
from governance.sealing import PersonKeys, Sealer
from server.conversations import Conversations
from server.database import migrate, open_database
from server.identity.api_keys import ApiKeys
from server.identity.invitations import Invitations
from server.identity.sessions import Sessions
from server.identity.throttle import Throttle
from server.identity.users import Users
from server.settings import Settings

#: Who runs the command line holds the files of the instance: no account stands for them.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Books:
    """What is kept, and who may open it."""

    settings: Settings
    database: Engine
    keys: InstanceKeys = field(repr=False)
    person_keys: PersonKeys = field(repr=False)
    sealer: Sealer = field(repr=False)
    audit: AuditLog
    users: Users
    sessions: Sessions
    throttle: Throttle
    api_keys: ApiKeys
    invitations: Invitations
    conversations: Conversations
    reviews: ReviewQueue
    members: Members
    contests: Contests
    kept_answers: KeptAnswers


def open_books(settings: Settings) -> Books:
    """Open the database, bring it up to date, and load the keys (made at the first start).

    Raises:
        governance.keys.KeysRefused: the key files cannot be used as they are.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be opened.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = settings.data_dir / "keys"
    keys = InstanceKeys.load_or_create(folder)
    database = open_database(settings.database_url)
    migrate(database)
    person_keys = PersonKeys(database, keys)
    users = Users(database)
    sealer = Sealer(keys.derive("conversations"))
    audit = AuditLog(database, keys.signing_key, person_keys, audit_origin(settings, folder))
    audit.name_revision(lambda: revision_in_force(database))
    return Books(
        settings=settings,
        database=database,
        keys=keys,
        person_keys=person_keys,
        sealer=sealer,
        audit=audit,
        users=users,
        sessions=Sessions(
            database,
            users,
            absolute=settings.session_seconds,
            idle=settings.session_idle_minutes * 60,
        ),
        throttle=Throttle(database, keys.derive("sign-in throttle")),
        api_keys=ApiKeys(database),
        invitations=Invitations(database, users),
        conversations=Conversations(database, sealer),
        reviews=ReviewQueue(database, person_keys, audit),
        members=Members(database, audit, person_keys.subject),
        contests=Contests(database, person_keys, audit),
        kept_answers=KeptAnswers(database, keys),
    )


def audit_origin(settings: Settings, folder: Path) -> str:
    """The name of this instance's log, fixed at the first start: its key is bound to it.

    It comes from the public address, which may change later; the name then does not.
    """
    path = folder / "origin"
    if not path.exists():
        host = urlsplit(settings.public_url).hostname or "sobria"
        draft = path.with_name(f".origin.{os.getpid()}")
        draft.write_text(f"{host.replace(':', '-')}/sobria/audit\n", encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            # Another process was first: its name is the one.
            return path.read_text(encoding="ascii").strip()
        finally:
            draft.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
