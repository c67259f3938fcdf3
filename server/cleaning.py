"""What cleans the organisation's own documents before they are indexed, under the charter in force.

The analyser takes seconds to load, so it is asked for only where a document must be looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from governance.charter.revisions import CharterInForce, CharterStoreError
from governance.keys import InstanceKeys
from governance.messages import N_
from governance.pii.analyzer import PiiAnalyzer
from governance.pii.index_cleaner import IndexCleaner
from rag.errors import SourceUnavailable
from rag.personal_data import Cleaner
from server.books import Books
from server.judges import charter_store

NO_CHARTER = N_("No charter says what is done with personal data, so nothing is read.")


def cleaner_of(
    charter: CharterInForce, keys: InstanceKeys, analyzer: Callable[[], PiiAnalyzer]
) -> Cleaner:
    """The cleaner under the charter in force now. Its handling of personal data, and the kinds that
    it declares itself, are the organisation's: every service has the same."""
    _, declared = charter.get()
    rules = declared.effective(declared.services[0].id)
    return IndexCleaner(analyzer, rules.personal_data, rules.custom, keys.derive("index"))


def own_cleaner(books: Books) -> Callable[[], Cleaner]:
    """The cleaner for a command, which has no analyser yet.

    Raises (when it is asked for):
        SourceUnavailable: there is no charter.
        CharterInvalid: as :class:`CharterInForce` does.
    """
    analyzer = cache(PiiAnalyzer)

    def cleaner() -> Cleaner:
        try:
            charter = CharterInForce(charter_store(books))
        except CharterStoreError as error:
            raise SourceUnavailable(NO_CHARTER) from error
        return cleaner_of(charter, books.keys, analyzer)

    return cleaner
