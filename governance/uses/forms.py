"""Tells a request that something be done from a question about it, in French and in English.

«Classe ces candidats» and «quelles règles encadrent le classement de candidats ?» share their
words; their form sets them apart. Both expressions read folded texts, clause by clause.
"""

from __future__ import annotations

import re

from governance.uses.folding import clauses

# Stems of the imperatives and infinitives with which people ask: «classe», «classez», «classer».
_VERB = (
    "accept|accord|act|affich|aid|aide|analys|attribu|calcul|choisi|cibl|class|code|coder|"
    "collect|command|compar|conclu|confirm|constitu|construi|contourn|convoqu|cree|croise|"
    "decid|declar|dedui|desactiv|design|detect|determin|devin|dis|dites|donn|dress|ecart|"
    "ecri|elimin|envoi|envoy|espionn|estim|etabli|evalu|exploit|extrai|fabriqu|fai|fait|"
    "faites|fichi|filtr|find|force|fourni|gard|gener|generate|give|hack|hierarchis|identifi|"
    "ignor|imagin|imit|indiqu|infer|invent|lance|licenci|lis|list|make|mesur|mets|mettez|"
    "montr|note|noter|notez|notifi|obten|ordonn|oubli|pirat|piste|pose|posez|predi|prend|"
    "prenez|prepar|prescri|preselectionn|pretend|programm|prono|prononc|propos|publi|range|"
    "rangez|rank|reconnai|recopi|recuper|redig|refus|rejet|rend|repere|reperer|repondez|"
    "retien|retrouv|revel|sanctionn|score|selectionn|separ|signal|signe|signer|sors|sort|"
    "statu|supprim|surveill|telecharg|tell|tranch|tri|trie|trier|triez|trouv|valid|verifi|"
    "write"
)
_ASKING = (
    "peux tu|peut tu|pourrais tu|pouvez vous|pourriez vous|tu peux|vous pouvez|tu pourrais|"
    "merci de|je veux|je voudrais|je souhaite|je dois|je cherche|j aimerais|on veut|on voudrait|"
    "on nous demande|il me faut|il nous faut|il faut|j ai besoin|aide moi|aidez moi|aide nous|"
    "can you|could you|please|i want|i need"
)
_OPENING = (
    "bonjour|bonsoir|salut|hello|stp|svp|s il te plait|s il vous plait|merci|ok|alors|donc|et|puis|"
    "ensuite|maintenant|oui|non|c est pour un exercice|sans expliquer"
)
_CHOOSING = "qui|lequel|laquelle|lesquels|lesquelles|faut il|dois je|doit on|devons nous|a qui"
_GREETED = rf"^(?:(?:{_OPENING}) ){{0,3}}"
_REQUEST = re.compile(
    rf"^(?:(?:{_OPENING}) ){{0,3}}(?:(?:me|nous|ne|le|la|les) )?(?:{_VERB})\w*\b"
    rf"|\b(?:{_ASKING})\b"
    rf"|\b(?:puis|ensuite|et) (?:{_VERB})\w*\b"
    rf"|^(?:{_CHOOSING})\b"
)

_MATTER = (
    "amendes?|aides?|articles?|autorisations?|conditions?|consequences?|criteres?|"
    "definitions?|delais?|differences?|documents?|droits?|durees?|etapes?|indemnites?|lois?|"
    "mentions?|mesures?|obligations?|pieces?|preavis?|principes?|procedures?|protections?|"
    "recommandations?|recours?|regles?|risques?|roles?|sanctions?|seuils?|statistiques?|"
    "textes?"
)
_STATUS = "legale?|permise?|autorisee?|interdite?|possible|obligatoire"
_INQUIRY = re.compile(
    r"\b(?:"
    r"que (?:dit|disent|prevoit|prevoient|prescrit|risque|signifie|faire|sait on)"
    rf"|quel(?:le)?s? (?:est |sont )?(?:la |le |les |l )?(?:{_MATTER})"
    r"|qu est ce qu|c est quoi|what is|what are|what does"
    r"|ai je (?:le )?droit|a t (?:on|il|elle) le droit|a le droit"
    rf"|est (?:il|elle|ce) (?:{_STATUS})|sont (?:ils|elles) (?:legaux|legales|autorise|interdit)"
    rf"|est ce que? (?:c est )?(?:{_STATUS})|is it (?:legal|allowed)"
    r"|(?:peut|doit) (?:on|il|elle)"
    r"|pourquoi|combien"
    r"|comment (?:fonctionne|reconnaitre|se proteger|signaler|eviter|la loi|garantir|lutter|"
    r"declarer|reguler|encadrer|reagir|prevenir|pouvons nous|s assurer|expliquer)"
    r"|(?:peux tu|pouvez vous) m? ?expliqu\w*"
    r"|(?:resume|cite|rappelle)[rz]? (?:moi )?(?:la|le|les|l) "
    r"(?:loi|article|reglement|regles?|code|role|droits?|obligations?)"
    r")\b|^(?:explique|decri|detaille|demystifi)\w*"
)

_RULES = (
    "lois?|articles?|reglements?|regles?|codes?|conditions?|delais?|droits?|etapes?|mentions?|"
    "obligations?|principes?|procedures?|protections?|recommandations?|recours|risques?|roles?|"
    "textes?"
)
# «Peux-tu m'expliquer pourquoi…», «dis-moi ce que dit la loi», «liste les obligations»: what is
# asked for is knowledge, though it is asked for as an act is.
_TELLING = re.compile(
    rf"{_GREETED}(?:(?:{_ASKING}) )?(?:me |m |nous |moi )?(?:de )?"
    r"(?:(?:expliqu|detaill|decri|demystifi|clarifi)\w*(?: (?:moi|nous))?"
    rf"|(?:resum|cit|rappel|list|enumer)\w* (?:(?:moi|nous) )?(?:la |le |les |l )(?:{_RULES})\b"
    r"|(?:dire|dis|dites|indiqu\w*|precis\w*|rappel\w*|savoir|connaitre|comprendre|verifi\w*)"
    rf" (?:(?:moi|nous) )?(?:(?:si (?:\w+ ){{1,2}}?)|ce |la |le |les |l )*"
    rf"(?={_INQUIRY.pattern}|(?:{_RULES})\b))"
)
_IMPERATIVE = (
    r"(?!\w*(?:ment|tion|sion|ance|ence|age|eur|[^i]on)s?\b)"
    r"(?!(?:tri|aide|note)\b(?! (?:moi|nous|les?|la|l|ce|ces|cet|cette|chaque|chacun|mes|nos|"
    r"leurs?|tous|toutes)\b| \[))"
    rf"(?=(?:{_VERB})\w*)(?:\w*(?:e|ez|[^e]s)|fai(?:s|tes)|di(?:s|tes)|list|rank|find|sort|give)\b"
    r"(?<!re)"
)
"""«Classe», «triez», «choisis»; no noun and no infinitive, which opens «noter, est-ce permis ?»."""
_COMMAND = re.compile(
    rf"{_GREETED}(?:(?:me|nous|ne|le|la|les) )?(?:{_IMPERATIVE}|(?:{_ASKING})\b)"
    rf"|\b(?:puis|ensuite|et) {_IMPERATIVE}"
)

_GIVEN = (
    r"(?:ce|cet|cette|ces|le|la|les|l|mon|ma|mes|notre|nos) (?:texte|article|mail|courriel|message|"
    r"courrier|lettre|notes?|document|passage|extrait|paragraphe|page|proces verbal|pv|"
    r"compte rendu|entretien|discours|jugement|arret|rapport|chapitre|ensemble|tout|faute|"
    r"orthographe)s?"
    r"|fautes|ci dessous|ci dessus|ci joint|qui suit|suit|cela|ca|tout"
    r"|(?:en|a) (?:\w+ ){1,3}(?:lignes?|mots|points?|phrases?|paragraphes?|minutes?|titres)"
    r"|en (?:anglais|francais|allemand|espagnol|italien|portugais|arabe|langage clair|falc)"
    r"|(?:this|the|these|my) (?:text|article|e?mail|message|notes?|document|minutes)"
    r"|into (?:english|french)"
)
_REWORKING = re.compile(
    rf"{_GREETED}(?:(?:{_ASKING}) )?(?:me |m |nous |moi )?(?:de )?"
    r"(?:(?:resum|synthetis|corrig|tradui|reformul|relis|relir|raccourci|condens|simplifi|translat|"
    r"summari|proofread|shorten|remet|met|fai)\w*)"
    rf"(?: (?:moi|nous))?(?: (?!{_GIVEN})\w+){{0,8}} (?:{_GIVEN})\b(?: \w+){{0,6}}$"
)
"""A clause that asks to work on a given text: «résume ce texte en cinq lignes»."""
_BESIDE = re.compile(
    rf"{_COMMAND.pattern}|^(?:lequel|laquelle|lesquels|lesquelles|faut il|dois je|doit on|a qui)\b"
)
"""What asks for something more, within the text that is given."""

_SUBJECT = re.compile(
    r"^(?:je|j|nous|on|il|elle|ils|elles|le|la|les|l|un|une|des|du|mon|ma|mes|notre|nos|ce|cet|"
    r"cette|ces|voici|voila|hier|the|we|i|our|my|this)\b"
)


def asks_for_action(clause: str) -> bool:
    """Whether a folded clause asks that something be done.

    An inquiry in the clause makes a question of it, except where it opens as an order does or
    joins one: «classe ces candidats et dis-moi pourquoi».
    """
    if not _INQUIRY.search(clause) and not _TELLING.search(clause):
        return bool(_REQUEST.search(clause))
    return bool(_COMMAND.search(_TELLING.sub("", clause)))


def only_inquires(folded: str) -> bool:
    """Whether a folded text only asks what the rules are or how something works."""
    parts = _parts(folded)
    return any(_INQUIRY.search(part) or _TELLING.search(part) for part in parts) and not any(
        asks_for_action(part) for part in parts
    )


def only_states(text: str, folded: str) -> bool:
    """Whether a text, given also folded, tells something and asks for nothing."""
    parts = _parts(folded)
    return (
        "?" not in text
        and bool(parts)
        and bool(_SUBJECT.search(parts[0]))
        and not any(asks_for_action(part) for part in parts)
    )


def asks_for_nothing(text: str, folded: str) -> bool:
    """Whether a text only asks what the rules are, or only tells something."""
    return only_inquires(folded) or only_states(text, folded)


def only_reworks(folded: str) -> bool:
    """Whether all that is asked is to summarise, correct, translate or tidy a given text.

    The task opens or ends the request, and nothing else in it asks for anything.
    """
    parts = _parts(folded)
    task = next((end for end in (0, 1, -1) if _REWORKING.search("".join(parts[end:][:1]))), None)
    if task is None:
        return False
    del parts[task]
    return not any(_BESIDE.search(part) for part in parts)


def _parts(folded: str) -> list[str]:
    return [folded[start:end] for start, end in clauses(folded)]
