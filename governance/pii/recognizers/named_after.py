"""What bears a person's name and is no person: a street, a school, a company, a style."""

from __future__ import annotations

import re
from typing import Final

from governance.pii.recognizers.base import SPACE
from governance.pii.recognizers.letters import LOWER, UPPER

_S = SPACE
_STREETS = (
    r"rue|avenue|av\.|boulevard|bd\.?|impasse|all[ée]e|square|esplanade|rond-point|prix|maladie|"
    r"syndrome|th[ée]or[èe]me|[ée]chelle"
)
_BEARERS = (
    r"place|all[ée]es|chemin|quai|cours|route|promenade|passage|loi|r[èe]gle|"
    r"lyc[ée]e|coll[èe]ge|[ée]cole(?: (?:primaire|maternelle|[ée]l[ée]mentaire|publique|priv[ée]e))?|universit[ée]|campus|"
    r"amphith[ée][âa]tre|amphi|salle|gymnase|stade|piscine|parc|jardin|r[ée]sidence|foyer|ehpad|h[ôo]pital|clinique|"
    r"cr[èe]che|m[ée]diath[èe]que|biblioth[èe]que|th[ée][âa]tre|mus[ée]e|centre|complexe|espace|pont|tour|b[âa]timent|"
    r"fondation|institut|bourse|station|m[ée]tro|arr[êe]t|gare|a[ée]roport|cit[ée]|cabinet|garage|soci[ée]t[ée]|entreprise|"
    r"sarl|sas|sasu|eurl|scp|selarl|sci|ets\.?|[ée]tablissements|pharmacie|boulangerie|boucherie|restaurant|h[ôo]tel|librairie|"
    r"imprimerie|menuiserie|transports|maison|groupe|laboratoires?|domaine|ch[âa]teau|champagne|plan|"
    r"accords?|logiciel|projet|op[ée]ration|ouragan|temp[êe]te|cyclone|lot|quartier|zac|hall|annexe|ime|"
    r"accueil de loisirs|[a-zé]{3,12}erie|outillage|jardins?|paysages?|chez «?|suite|cuv[ée]e|prix|maison de sant[ée]|"
    r"groupe scolaire|salle blanche|parking|local|blouse|ticket|certificat|module|parcours|dispositif|amendement|taxe|"
    r"cercle|compagnie|chorale|ensemble|club|photo-club|studio|atelier|galerie|r[ôo]le d['’]?|effet|m[ée]thode|syst[èe]me|"
    r"cr[ée]dit|banque|assurances?|mutuelle|agence|tribune|auditorium|chapelle|[ée]glise|square|point|villa"
)
FORMS: Final = frozenset(
    """SCI SARL SAS SASU EURL SNC SCP SELARL EARL GAEC SCEA CFA IME ZAC SSR EHPAD MJC CHU CH IUT UFR CCAS GRETA
    ESAT MAS ITEP CMP PMI LP UDAF SIVU SIVOM EPCI CPAM CAF CSE ONG ETS SA CLUB ASSO""".split()
)
"""Legal forms and kinds of establishments that stand before a name and make it theirs."""
TRADES: Final = frozenset(
    """peinture peintures paysage paysages paysagiste thermique logistique automobile automobiles auto transport
    transports service services conseil conseils immobilier immobiliere surgeles audio video design informatique
    electricite plomberie chauffage batiment construction constructions facades facade toitures toiture couverture
    energie energies media medias production productions formation formations sport sports optique voyages
    assurance assurances industrie industries industriel distribution menuiserie maconnerie charpente elagage
    demenagement nettoyage proprete securite location ambulances taxi taxis editions edition presse mutuelle
    interim consulting group groupe holding max pro drive interactive brower lettings""".split()
)
"""Folded words that make a firm's name of the surname before them."""
_HELD: Final = r"(?:salle|lieu|site|amphi(?:th[ée][âa]tre)?|room|place|asso(?:ciation)?|structure|raison|raison sociale)"
_BEFORE: Final = re.compile(
    rf"(?<!\w)(?:{_HELD}[\"']?{_S}?[:=|]{_S}?[\"']?|(?:{_BEARERS}|{'|'.join(sorted(FORMS)).lower()}){_S}|(?:{_STREETS}){_S}(?:(?:du|de|des|de la){_S}|(?:de )?[ld]['’])?)"
    rf"(?:(?:g[ée]n[ée]ral|mar[ée]chal|docteur|dr|professeur|pr[ée]sident|abb[ée]|colonel|capitaine|commandant|amiral|"
    rf"saint|sainte|fr[èe]res){_S})?$"
)
"""Of small letters, as those below: an alternative of a pattern that ignores case is tried in full
at each letter, and here are two hundred."""
_AFTER: Final = re.compile(
    rf"{_S}?(?:&{_S}?[{UPPER}{LOWER}]|(?i:et{_S}(?:fils|associ[ée]s|cie|compagnie|fr[èe]res)(?!\w)|s\.?a\.?r\.?l|sasu?(?!\w)|eurl|inc\.|ltd|gmbh))"
)
_IMITATED: Final = re.compile(
    rf"(?<!\w)(?:[àa] la (?:mani[èe]re|fa[çc]on)|dans le style|in the style){_S}(?:d['’]|de(?: la)?{_S}|of{_S})$"
)


_INSTRUMENT: Final = re.compile(
    rf"(?<!\w)(?:dans|via|sur le logiciel|sur l['’]appli|logiciel|progiciel|outil|portail|appli(?:cation)?|"
    rf"modules?|marque|mod[èe]le|version|fichier|serveur|rallumer|red[ée]marrer|[ée]teindre|couper|une? (?:voiture|renault),? une)"
    rf"{_S}$"
)


def is_an_instrument(text: str, start: int, end: int) -> bool:
    """Whether one works *in* or *with* what is named, or it stands in quotes: no person."""
    before = text[max(0, start - 30) : start].lower()
    quoted = before.rstrip().endswith("«") and text[end : end + 3].lstrip().startswith("»")
    return quoted or _INSTRUMENT.search(before) is not None


def is_a_bearer(text: str, start: int, end: int) -> bool:
    """Whether the name ``text[start:end]`` is that of a thing called after someone, or of an author
    whose style is asked for: nobody's personal data."""
    before = text[max(0, start - 40) : start].lower()
    return bool(_BEFORE.search(before) or _IMITATED.search(before) or _AFTER.match(text, end))
