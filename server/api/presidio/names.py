"""Presidio's names of entities beside Sobria's.

Most are the same. A caller who asks for one of Presidio's own names below gets the nearest of
Sobria's kinds, under the name that it asked for: the operators that it wrote for it hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from governance.pii.custom import CustomEntity
from governance.pii.entities import KINDS

LANGUAGES: Final = ("fr", "en")
"""Both are read by the same rules and the same model."""

PRESIDIO_NAMES: Final = MappingProxyType(
    {
        "LOCATION": ("LOCATION", "FR_ADDRESS", "COORDINATES"),
        "DATE_TIME": ("BIRTH_DATE",),
        "URL": ("PERSONAL_URL",),
        "MEDICAL_LICENSE": ("FR_RPPS", "FR_ADELI"),
    }
)
"""Names that mean more, or something else, for Presidio: to Sobria's kinds."""


def supported(custom: Collection[CustomEntity]) -> list[str]:
    """What is found without being asked by name, the charter's own entities included."""
    return [*(kind.entity for kind in KINDS), *(entity.name for entity in custom)]


def wanted(asked: Collection[str], known: Collection[str]) -> Mapping[str, str]:
    """What to look for: each kind with the name to give it in the answer.

    Names that nothing detects are left out, as Presidio does. A kind that is asked for by its own
    name keeps it.
    """
    found = {name: name for name in asked if name in known}
    for name in asked:
        for entity in PRESIDIO_NAMES.get(name, ()):
            found.setdefault(entity, name)
    return found
