"""A small charter to vary, and the shipped one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from governance.audit.log import AuditLog
from governance.charter.charter import Charter
from governance.charter.load import EXAMPLES, load_file, load_text
from governance.charter.problems import CharterInvalid, CharterProblem
from governance.charter.revisions import CharterStore
from governance.charter.signing import RevisionSigner
from governance.keys import InstanceKeys
from governance.sealing import PersonKeys

SMALL = """\
charter: 1
organisation:
  name: Mairie d'Essai
  dpo: {name: DPO, email: dpo@essai.fr}
  contact: {name: Aide, email: aide@essai.fr}
uses:
  - id: tri
    title: Trier des candidatures
    effect: review
    reason: Parce que.
    message: Non.
    applies_to: [rh]
    detect:
      patterns: ['\\bclass\\w*.{0,60}\\bcandidats?\\b']
      examples: ["Classe ces candidats."]
      counter_examples: ["Que dit la loi sur le tri ?"]
services:
  - id: rh
    title: RH
    models: [default, gros]
    sources: [fiches, code]
    max_tokens: 400
    quotas:
      - {metric: requests, period: day, limit: 100}
  - id: finances
    title: Finances
personal_data:
  default: pseudonymise
  PERSON: pseudonymise
  FR_SIREN: keep
audit:
  retention_days: 365
"""


@pytest.fixture(scope="session")
def commune() -> Charter:
    return load_file(EXAMPLES / "commune.yaml")


@pytest.fixture
def keys(tmp_path: Path) -> InstanceKeys:
    return InstanceKeys.load_or_create(tmp_path / "keys")


@pytest.fixture
def signed(database: Engine, keys: InstanceKeys) -> CharterStore:
    """A store that signs, as a running instance has it."""
    return CharterStore(database, signer=RevisionSigner("essai.fr/charter", keys.signing_key))


@pytest.fixture
def log(database: Engine, keys: InstanceKeys) -> AuditLog:
    return AuditLog(database, keys.signing_key, PersonKeys(database, keys), "essai.fr/audit")


Problems = Callable[..., tuple[CharterProblem, ...]]


@pytest.fixture
def problems_of() -> Problems:
    """The problems of a text, which must have some."""

    def refused(text: str, **parents: str) -> tuple[CharterProblem, ...]:
        named = {f"{name}.yaml": body for name, body in parents.items()}
        with pytest.raises(CharterInvalid) as caught:
            load_text(text, parents=named.__getitem__)
        return caught.value.problems

    return refused
