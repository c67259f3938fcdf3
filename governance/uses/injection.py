"""Finds, in what is only data, the sentences that are instructions to the assistant.

Retrieved passages, results of tools and pasted documents are written by others, who may have left
an order for the model in them («ignore les instructions précédentes»). Signs in French, English,
Spanish and German are weighed on the folded text of each sentence; what hides (invisible letters,
comments of a page, base64) is read too, and being hidden weighs by itself. One strong sign, or two
weak ones, make an instruction; the orders that follow it in its paragraph go with it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from governance.uses.folding import fold

ENOUGH: Final = 1.0
"""The weight from which a sentence is taken for an instruction to the assistant."""
MOST_READ: Final = 60_000
"""Characters of one text that are read; what is beyond is cut off, for nobody has read it."""
_FOLLOWERS: Final = 3

_IGNORE = (
    r"(?:ignore[sz]?|oublie[sz]?|neglige[sz]?|outrepasse[sz]?|fais abstraction|faites abstraction|"
    r"ne (?:tiens|tenez) (?:pas|plus|aucun) compte|disregard|forget|override|bypass|vergiss|"
    r"vergessen sie|ignorieren?|missacht\w*|olvid\w*|haz caso omiso|ignora|desestima)"
)
_ORDERS = (
    r"(?:instructions?|consignes?|directives?|regles? (?:precedentes?|ci dessus|anterieures?)|"
    r"prompts?|invites? systeme|ce qui precede|tout ce (?:que|qui)|everything|(?:the )?above|"
    r"previous (?:rules|text|messages?)|(?:your|all) (?:rules|guidelines)|guidelines|anweisungen|"
    r"vorherigen?|obenstehende\w*|vorgaben|instrucciones|ordenes|indicaciones|lo anterior)"
)
_AI = (
    r"(?:assistant (?:ia|ai|virtuel|numerique)|intelligence artificielle|ia|ai|chatbots?|chatgpt|"
    r"gpt|llms?|modeles? de langue|modeles? de langage|language models?|agents? conversationnels?|"
    r"sobria|sprachmodell|ki assistent|modelo de lenguaje|asistente)"
)
_ORDER = (
    r"(?:dis|dites|repond\w*|ecri[sv]\w*|affich\w*|donn(?:e|ez)|envo(?:ie|yez)|ajout(?:e|ez)|"
    r"recommand(?:e|ez)|indiqu(?:e|ez)|revel(?:e|ez)|traduis\w*|conclu[st]\w*|appel(?:le|ez)|"
    r"execut(?:e|ez)|utilis(?:e|ez)|transmet\w*|say|tell|reply|answer|respond|write|print|output|"
    r"send|append|include|recommend|reveal|call|execute|run|translate|do not|never|always|"
    r"sag|antworte|schreib|gib|sende|fuge|di|responde|escribe|envia|muestra|anade)"
)
_SIGNS: Final[tuple[tuple[str, float, str], ...]] = (
    ("override", 1.0, rf"\b{_IGNORE}\b.{{0,60}}\b{_ORDERS}\b"),
    (
        "override",
        1.0,
        r"\b(?:nouvelles? instructions?|new instructions?|neue anweisung\w*|nuevas? "
        r"instruccion\w*)\b.{0,20}(?:pour (?:l |toi|vous)|for (?:the|you)|\|)",
    ),
    (
        "override",
        1.0,
        rf"\b{_IGNORE}\b.{{0,50}}\b(?:et|and|und|y) (?:indiqu|di[st]|affirm|repond|"
        r"conclu|say|state|answer|claim|reply|sag|antwort|di |respond)\w*\b",
    ),
    (
        "role",
        1.0,
        r"\b(?:tu es (?:desormais|maintenant|dorenavant)|you are now|from now on you|"
        r"a partir de maintenant tu|du bist (?:jetzt|ab sofort)|ab jetzt bist du|"
        r"ahora eres|a partir de ahora eres|a partir de ahora (?:tu|debes))\b",
    ),
    (
        "role",
        0.6,
        r"\b(?:vous etes (?:desormais|maintenant)|agis comme|agissez (?:comme|en tant que)|"
        r"act as|pretend to be|actua como|verhalte dich wie)\b",
    ),
    (
        "role",
        0.7,
        r"\b(?:mode (?:developpeur|maintenance|administrateur|debug|sans restriction)|"
        r"(?:developer|debug|god|dan|admin) mode|jailbreak|sans aucune restriction|"
        r"without (?:any )?restrictions)\b",
    ),
    (
        "to_ai",
        0.6,
        rf"\b(?:note|message|attention|instruction|consigne|important|hinweis|nota)s?\b"
        rf".{{0,25}}\b(?:l |a l |the |to |aux? |pour |for |an |al |la )?{_AI}\b",
    ),
    (
        "to_ai",
        0.6,
        rf"\b(?:si (?:tu es|vous etes|un|une)|if you are|as an?|en tant qu(?: |e |'))"
        rf".{{0,15}}\b{_AI}\b.{{0,60}}\b(?:tu|vous|you|dois|devez|must|should|doit)\b",
    ),
    (
        "to_ai",
        0.7,
        rf"\b(?:l |toute? |any |the |cher |chere |dear )(?:assistant|{_AI}) "
        r"(?:doit|devra|must|should|shall)\b"
        r".{0,40}\b(?:repondre|dire|ignorer|recommander|envoyer|conclure|say|answer|"
        r"reply|ignore|recommend|send|mention|mentionner)\b",
    ),
    (
        "rule",
        0.6,
        r"\b(?:dans|a la fin de|au debut de|commence|termine)\b.{0,10}\b(?:ta|tes) "
        r"reponses?\b|\b(?:in|at the end of|to|begin|start|end) (?:all )?your "
        r"(?:answers?|responses?|repl(?:y|ies)|output)\b|\bin deiner antwort\b|"
        r"\ben tu respuesta\b",
    ),
    (
        "silence",
        0.6,
        r"\b(?:ne (?:le |la |les |lui )?(?:dis|mentionne|revele|signale|cite|previens)\w* "
        r"(?:pas|jamais|rien)|sans (?:le|en) (?:dire|informer|prevenir|parler)|do not "
        r"(?:mention|tell|reveal|disclose|inform)|don t (?:mention|tell|reveal)|"
        r"without (?:telling|mentioning|informing)|sag(?:e)? .{0,20}nicht|no (?:digas|"
        r"menciones|reveles))\b",
    ),
    (
        "rule",
        0.5,
        r"(?:^|\| )(?:reponds|repondez|dis|dites|say|reply|answer|respond|antworte|"
        r"responde)\b.{0,30}\b(?:uniquement|seulement|toujours|que|only|always|exactly|"
        r"that|nur|solo|siempre)\b|\ba (?:l |tout )utilisateurs?\b|\bthe users?\b",
    ),
    ("rule", 0.4, rf"(?:^|\| ){_ORDER}\b"),
    ("rule", 0.4, r"\b(?:you (?:must|should)|tu (?:dois|devras)|du musst|debes)\b"),
    (
        "reveal",
        1.0,
        r"\b(?:revel\w*|affich\w*|repet\w*|recopi\w*|donn\w*|montr\w*|print|show|reveal|"
        r"repeat|output|zeige?|muestra|revela)\b.{0,40}\b(?:(?:ton|votre|le|your|the|"
        r"dein\w*|tu) (?:prompt|invite) ?(?:systeme|system|sistema)?|system prompt|"
        r"prompt systeme|(?:tes|your|deine|tus) (?:instructions|anweisungen|"
        r"instrucciones)|(?:ta|ton|your) (?:cle secrete|mot de passe|secret key|"
        r"password))\b",
    ),
    (
        "exfiltration",
        1.0,
        r"\b(?:envo(?:ie|yez|yer)|transmet\w*|post(?:e|ez)|ajout(?:e|ez)|send|"
        r"forward|append|exfiltr\w*|upload|sende|envia)\b.{0,60}\b(?:conversation|"
        r"historique|echanges?|donnees|contenu|reponses? precedentes?|history|"
        r"chat|user data|secrets?|passwords?|mots? de passe|messages?|daten|"
        r"datos)\b.{0,60}\b(?:https?|www|url|lien|link|courriel|email|e mail|"
        r"adresse)\b",
    ),
)
_COMPILED: Final = tuple((kind, weight, re.compile(source)) for kind, weight, source in _SIGNS)
# These live by their punctuation, and are read in the text as it is written.
_MARKUP: Final[tuple[tuple[str, float, re.Pattern[str]], ...]] = (
    ("system", 1.0, re.compile(
        r"<\|[a-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|tool_call)>|"
        r"<[\\/]?\s*mode[ _]syst[eè]me?\s*>|#{2,}\s*(?:system|instruction|système)s?\b\s*:?|"
        r"BEGIN SYSTEM PROMPT", re.I)),
    ("system", 0.7, re.compile(r"^\s*(?:[-*>]\s*)?\W{0,4}(?:system|système|systeme|developer)"
                               r"(?: prompt| message)?\W{0,3}\s*:", re.I)),
    ("tool_call", 1.0, re.compile(
        r'"(?:name|function|tool)"\s*:\s*"[^"\n]{1,60}"\s*,\s*"(?:arguments|parameters)"\s*:|'
        r'"(?:tool_calls|function_call)"\s*:', re.I)),
    ("exfiltration", 1.0, re.compile(
        r"!?\[[^\]\n]{0,80}\]\(\s*https?://[^)\s]{1,200}[?&/=][^)\s]{0,80}(?:\{\w|\[\w|<\w|%7B|"
        r"CONVERSATION|SECRET|PASSWORD|HISTORY)", re.I)),
)  # fmt: skip
_SENTENCE: Final = re.compile(r"[^\n]{1,400}?(?:[.!?…]+(?=[\s»\"')\]<]|$)|(?=<!--)|-->|(?=\n)|$)")
_COMMENT: Final = re.compile(r"<!--.{0,4000}?(?:-->|$)", re.S)
_HIDDEN_STYLE: Final = re.compile(
    r"<[a-z]+[^>]{0,200}(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|"
    r"color\s*:\s*(?:white|#fff)|hidden)[^>]{0,200}>[^<]{1,2000}", re.I)  # fmt: skip
_TAGS: Final = re.compile("[\U000e0020-\U000e007e]{6,}")
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060-\u2064\u202a-\u202e\ufeff\u00ad]")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{24,4000}={0,2}")
_BITS: Final = re.compile(r"(?:[01]{6,10}[ ,]){7,400}")
_BYTE: Final = re.compile(r"(?<![01])[01]{8}(?![01])")


@dataclass(frozen=True, slots=True)
class Instruction:
    """A sentence, at ``start`` to ``end`` of its text, that speaks to the assistant.

    ``kinds`` are the signs that were found, ``score`` their weight; an order that only follows
    another instruction may weigh less than :data:`ENOUGH`.
    """

    start: int
    end: int
    kinds: tuple[str, ...]
    score: float


def instructions_in(text: str) -> tuple[Instruction, ...]:
    """The instructions to the assistant that ``text`` holds, in its order, disjoint."""
    read = text[:MOST_READ]
    hidden = _spans(_COMMENT, read) + _spans(_HIDDEN_STYLE, read)
    found: list[Instruction] = []
    followers = 0
    last_end = 0
    for start, end in _sentences(read):
        if "\n\n" in read[last_end:start]:
            followers = 0
        is_hidden = any(left < end and start < right for left, right in hidden)
        weights = _weights(read[start:end])
        score = sum(weights.values()) + (0.5 if is_hidden and weights else 0.0)
        if score >= ENOUGH:
            followers = _FOLLOWERS
        elif followers and weights.keys() & {
            "rule",
            "silence",
            "reveal",
            "exfiltration",
            "role",
            "to_ai",
        }:
            followers -= 1
        else:
            followers = max(0, followers - 1)
            last_end = end
            continue
        kinds = (*weights, *(("hidden",) if is_hidden else ()))
        found.append(Instruction(start, end, kinds, round(score, 2)))
        last_end = end
    return tuple(found)


def without_instructions(text: str, mark: str) -> tuple[str, int]:
    """``text`` with ``mark`` in place of each run of instructions, and how many there were.

    What is too long to be read is left out as well.
    """
    found = instructions_in(text)
    parts: list[str] = []
    position = 0
    for each in found:
        between = text[position : each.start]
        if not parts or between.strip():
            parts += [between, mark]
        position = each.end
    return "".join([*parts, text[position:MOST_READ]]), len(found)


def _weights(sentence: str) -> dict[str, float]:
    """The heaviest sign of each kind in a sentence, in what it says and in what it hides."""
    found: dict[str, float] = {}
    for kind, weight, markup in _MARKUP:
        if markup.search(sentence):
            found[kind] = max(weight, found.get(kind, 0.0))
    for kind, weight in _said(fold(sentence)):
        found[kind] = max(weight, found.get(kind, 0.0))
    if len(_INVISIBLE.findall(sentence)) >= 8 and found:
        found["hidden"] = 0.5
    if _spells_words(sentence) or any(_says_one(text) for text in _decoded(sentence)):
        found["hidden"] = 1.0
    return found


def _said(folded: str) -> Iterator[tuple[str, float]]:
    for kind, weight, sign in _COMPILED:
        if sign.search(folded):
            yield kind, weight


def _says_one(decoded: str) -> bool:
    heaviest: dict[str, float] = {}
    for kind, weight in _said(fold(decoded)):
        heaviest[kind] = max(weight, heaviest.get(kind, 0.0))
    return sum(heaviest.values()) >= ENOUGH


def _spells_words(sentence: str) -> bool:
    """Whether a sentence spells words in bits, which no document does for people to read."""
    for bits in _BITS.findall(sentence):
        letters = [chr(int(byte, 2)) for byte in _BYTE.findall(bits)]
        if sum(c.isascii() and (c.isalpha() or c == " ") for c in letters) > 0.8 * len(letters) > 4:
            return True
    return False


def _decoded(sentence: str) -> Iterator[str]:
    """What a sentence says in base64 or in the invisible tags of Unicode."""
    for tags in _TAGS.findall(sentence):
        yield "".join(chr(ord(char) - 0xE0000) for char in tags)
    for block in _BASE64.findall(sentence):
        bare = block.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            raw = base64.b64decode(bare[: len(bare) // 4 * 4])
        except (binascii.Error, ValueError):
            continue
        text = raw.decode("utf-8", "ignore")
        if text and sum(c.isprintable() or c.isspace() for c in text) >= 0.9 * len(raw):
            yield text


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    for match in _SENTENCE.finditer(text):
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        if start < match.end():
            yield start, match.end()


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(text)]
