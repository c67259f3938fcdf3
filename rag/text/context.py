"""A question in its conversation: «et pour un temps partiel ?» asks about what came before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text import words
from rag.text.words import fold

_LEANS = re.compile(
    r"^(?:et|mais|ou|donc|alors|sinon|meme (?:chose|question|regle)|pareil|idem|dans ce cas|"
    r"and|but|what about|how about|then|same)\b"
)
_POINTS_BACK = re.compile(
    r"\b(?:ca|cela|celui-ci|celle-ci|ceux-ci|ce (?:delai|conge|contrat|droit|cas|montant|preavis)|"
    r"cette (?:indemnite|prime|duree|procedure|periode|regle)|(?:y|en) (?:ai|a|avoir|beneficie)|"
    r"that|this|it)\b"
)
_HANGS = re.compile(r"^(?:a|au|aux|en|pour|chez|dans|pendant|avec|sans|for|in|with|without)\b")
_AROUND = " \t\n.,;:!?…«»\"'()-"
_FEW = 5
"""The words of matter under which a question that points back leans on the one before."""
_VERY_FEW = 3
"""The same for one that is no more than a complement («à temps partiel ?»)."""


def in_context(questions: Sequence[str]) -> str:
    """The last of a person's ``questions``, with those before it that it leans on, in their order.

    A question leans on the one before where it has no matter of its own, begins as a follow-up
    does, or is short and points back («ce délai»).
    """
    kept = [questions[-1]]
    for earlier in reversed(questions[:-1]):
        if not leans(kept[0]):
            break
        kept.insert(0, earlier)
    return " ".join(kept)


def leans(question: str) -> bool:
    """Whether ``question`` cannot be searched without the one before it."""
    said = fold(question).strip(_AROUND)
    matter = len(set(words.stems(words.query_text(question))))
    if matter == 0:
        return True
    if matter < _VERY_FEW and _HANGS.match(said):
        return True
    return matter < _FEW and bool(_LEANS.match(said) or _POINTS_BACK.search(said))
