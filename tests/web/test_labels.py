"""The words for codes: none of those that the sources' pages show is left as it is."""

from __future__ import annotations

from typing import get_args

import pytest

from rag.freshness import Health
from rag.sources import Kind
from web.i18n import translations
from web.labels import SOURCE_HEALTH, SOURCE_KINDS, message_id

CODES = [
    *(("source_kind", kind) for kind in get_args(Kind)),
    *(("source_health", health) for health in get_args(Health)),
]


@pytest.mark.parametrize(("table", "code"), CODES)
def test_a_kind_of_source_and_a_state_have_words_in_both_languages(table: str, code: str) -> None:
    assert (
        code.replace("-", "_")
        in {"source_kind": SOURCE_KINDS, "source_health": SOURCE_HEALTH}[table]
    )
    english = message_id(table, code)
    assert translations("fr").gettext(english) != english
