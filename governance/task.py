"""Tells a question of fact, which needs sources, from a task on the person's own text."""

from __future__ import annotations

import re
import unicodedata

# What may come before a verb that asks for a text to be made or changed.
_POLITE = (
    r"(?:(?:bonjour|bonsoir|salut|hello|hi)[ ,!.]+|"
    r"(?:peux|pourrais|pouvez|pourriez)[- ](?:tu|vous) |"
    r"(?:est-ce que )?(?:tu (?:peux|pourrais)|vous (?:pouvez|pourriez)) |"
    r"merci de (?:bien vouloir )?|merci d'|veuillez |s(?:'|\s)il (?:te|vous) plait,? |"
    r"(?:aide[rz]?)(?:[- ](?:moi|nous))? a |me |m'|nous |"
    r"je (?:veux|voudrais|souhaite|souhaiterais) (?:que (?:tu|vous) )?|"
    r"please |(?:can|could|would) you |help me (?:to )?)"
)
# Imperatives and infinitives, folded: «Préparation de l'entretien» and «fixed-term» are no tasks.
_VERBS = (
    r"(?:(?:re)?(?:ecri(?:s|re|vez|ves?)|redige[rsz]?|tradui(?:s|re|sez|ses?))|"
    r"resume[rsz]?(?! d(?:es|u|e)\b)|"
    r"(?:corrige|reformule|complete|transforme|simplifie|ameliore|prepare|genere|compose|propose|"
    r"invente)[rsz]?|raccourci(?:s|r|ssez)|converti(?:s|r|ssez)|"
    r"repond(?:s|re|ez) a (?:ce|cet|cette)|"
    r"(?:re)?write|draft|translate|summari[sz]e|rephrase|fix|shorten|reply|convert)\b"
)
# At the start of the request or of a sentence, so that «comment rédiger un acte ?» is a question.
_TASK = re.compile(rf"(?:^|[.!?:;\n])\s*(?P<polite>{_POLITE}*)(?P<verb>{_VERBS})")
_READ = 4_000
_INFINITIVE = ("er", "re", "ir")
_GREETING = re.compile(
    r"^\W*(?:bonjour|bonsoir|salut|hello|hi|merci(?: beaucoup)?|au revoir|ok|d'accord)\W*$"
)


_ASKS = re.compile(
    r"\?|(?:^|[.!:;\n])\s*(?:et |mais |alors |donc )*(?:combien|comment|quand|"
    r"quel(?:le)?s?|qui|que|quoi|pourquoi|ou|est-ce|peut-on|doit-on|puis-je|"
    r"dois-je|ai-je|a-t-|y a-t-|"
    r"what|which|who|when|where|why|how|is|are|can|may|must|do|does|should)\b"
)
_FEW_WORDS = 6


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def needs_sources(request: str) -> bool:
    """Whether ``request`` asks for facts, rather than for a text to be written or changed.

    A request that is neither clearly a task nor a greeting is taken for a question: an answer
    with sources that were not needed costs energy, an answer without those needed costs trust.
    """
    folded = _fold(request[:_READ]).strip()
    return bool(folded) and _GREETING.match(folded) is None and not is_task(request)


def is_task(request: str) -> bool:
    """Whether ``request`` asks for a text to be written or changed."""
    folded = _fold(request[:_READ]).strip()
    return any(_asks_for_a_text(found, folded) for found in _TASK.finditer(folded))


def _asks_for_a_text(found: re.Match[str], request: str) -> bool:
    """«Rédiger une note» does; «Convertir des RTT : est-ce possible ?» asks about doing it."""
    bare = not found["polite"] and found["verb"].endswith(_INFINITIVE)
    return not (bare and request.endswith("?"))


def asks_for_facts(request: str) -> bool:
    """Whether ``request`` is a question, or a few words that are searched as one.

    Where the sources are silent, a question is; anything else («Dis bonjour à l'équipe de Karim,
    qui rentre demain») is a model's to answer, without them.
    """
    folded = _fold(request[:_READ]).strip()
    return len(folded.split()) <= _FEW_WORDS or _ASKS.search(folded) is not None
