"""Ages of persons: «âgée de 43 ans», «Karim, 43 ans», "43-year-old"; no seniority, no duration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.finding import MATCHED
from governance.pii.literals import Literals
from governance.pii.recognizers.base import SPACE, DeclaredRecognizer, Rule, Span
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_word
from governance.pii.recognizers.surnames import is_surname
from governance.pii.seen import seen

_S = SPACE
_UNITS = (
    r"(?:un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|"
    r"seize|"
    r"vingt|trente|quarante|cinquante|soixante|cent)"
)
_NUMBER = (
    rf"(?:1[0-1]\d|\d{{1,2}}(?:[.,]5)?|{_UNITS}(?:(?:{_S}|-)(?:et{_S}|et-)?{_UNITS}){{0,3}}s?)"
)
_YEARS = (
    rf"{_NUMBER}{_S}?(?:ans?|balais|piges|berges)"
    rf"(?:{_S}?½|{_S}1/2|{_S}(?:et{_S})?(?:demie?|{_NUMBER}{_S}mois))?(?!\w)"
)
_YEARS_NEEDS = ("ans", "balais", "piges", "berges", "1 an", "1an", "un an")
_OF_YEARS: Final = Literals(*_YEARS_NEEDS)
_OF_YEARS_OR_MONTHS: Final = Literals(*_YEARS_NEEDS, "mois")
_OF_MONTHS: Final = Literals("mois", "semaines", "jours")
_MONTHS = rf"{_NUMBER}{_S}(?:mois|semaines|jours)(?!\w)"
_NOT_AN_AGE: Final = (
    rf"(?!{_S}(?:d['’]|de{_S}|du{_S}|dans{_S}(?!l['’]ann|une?{_S}|deux|trois|quelques|\d)|[àa]{_S}(?:la{_S}t[êe]te|ce{_S}poste)|"
    rf"en{_S}(?!janv|f[ée]v|mars|avril|mai|juin|juil|ao[ûu]t|sept|oct|nov|d[ée]c|fin|d[ée]but|ce{_S}|\d))|{_S}(?:apr[èe]s|avant|plus tard|au (?:sein|service)|ferme|"
    rf"avec sursis|sans|"
    rf"pour|renouvelable|maxi(?:mum)?|mini(?:mum)?|"
    rf"et plus|et moins|ou plus|ou moins|r[ée]volus(?:{_S}minimum)?|chez)(?!\w))"
)
_PERSON = (
    r"(?:hommes?|femmes?|enfants?|b[ée]b[ée]s?|bb|nourrissons?|fils|filles?|gar[çc]ons?|"
    r"fillettes?|jeunes?|adolescente?s?|ados?|"
    r"m[èe]re|p[èe]re|fr[èe]re|s[œo]e?ur|mari|[ée]poux|[ée]pouse|conjointe?|compagn(?:on|e)|"
    r"patiente?s?|salari[ée]e?s?|"
    r"employ[ée]e?s?|agente?s?|candidate?s?|[ée]l[èe]ves?|personne|dame|monsieur|retrait[ée]e?s?|"
    r"veuve?f?|victime|"
    r"conduct(?:eur|rice)|usag[èe]re?|r[ée]sidente?s?|locataires?|stagiaires?|apprentie?s?|"
    r"[ée]tudiante?s?|cadet(?:te)?|"
    r"a[îi]n[ée]e?|benjamine?|jumeaux|jumelles|neveu|ni[èe]ce|petit-fils|petite-fille|"
    r"grand-m[èe]re|grand-p[èe]re|"
    r"cousine?|oncle|tante|demandeu(?:r|se)|requ[ée]rante?|ressortissante?|allocataire|"
    r"b[ée]n[ée]ficiaire|coll[èe]gue|majeure?|mineure?|lyc[ée]en(?:ne)?s?|coll[ée]gien(?:ne)?s?|"
    r"[ée]coli(?:er|[èe]re)s?|petite?[ ]derni(?:er|[èe]re)|derni(?:er|[èe]re)-n[ée]e?|bambins?|"
    r"gamine?s?|m[ôo]mes?|gosses?|voisine?s?|doyen(?:ne)?|papa|maman|mamie|papi|papy|grand-tante|"
    r"grand-oncle|petits-enfants|petits-fils|petites-filles|filleule?|beau-fils|belle-fille|"
    r"beau-fr[èe]re|belle-s[œo]e?ur|ma[çc]on(?:ne)?|ouvri(?:er|[èe]re)|infirmi(?:er|[èe]re)|"
    r"aide-soignante?|chauffeu(?:r|se)|technicien(?:ne)?|m[ée]canicien(?:ne)?|"
    r"[ée]lectricien(?:ne)?|cuisini(?:er|[èe]re)|caissi(?:er|[èe]re)|comptable|secr[ée]taire|"
    r"enseignante?|professeure?|institut(?:eur|rice)|[ée]ducat(?:eur|rice)|"
    r"agricult(?:eur|rice)|artisane?|commer[çc]ante?|plombier|menuisier|boulang(?:er|[èe]re)|"
    r"serveu(?:r|se)|livreur|cariste|pompier|gendarme|polici(?:er|[èe]re)|militaire|soudeur|"
    r"c[ée]libataire|divorc[ée]e?|mari[ée]e|c?o?locataire|cycliste|pi[ée]ton(?:ne)?|skieu(?:r|se)|"
    r"randonneu(?:r|se)|motarde?|passag(?:er|[èe]re)|joueu(?:r|se)|licenci[ée]e?|adh[ée]rente?|"
    r"assistante?|recrue|alternante?|int[ée]rimaire|vacataire|titulaire|contractuel(?:le)?|cheffe?|"
    r"direct(?:eur|rice)|responsable|ing[ée]nieure?|manutentionnaire|magasini(?:er|[èe]re)|"
    r"pr[ée]parat(?:eur|rice)|vendeu(?:r|se)|coiffeu(?:r|se)|jardini(?:er|[èe]re)|op[ée]rat(?:eur|rice)|"
    r"monteu(?:r|se)|couvreu(?:r|se)|carreleu(?:r|se)|gestionnaire|animat(?:eur|rice)|atsem|nounou|"
    r"auxiliaire|pensionnaire|h[ée]berg[ée]e?|d[ée]tenue?|pr[ée]venue?|suspecte?|accus[ée]e?|"
    r"plaignante?|t[ée]moin|bless[ée]e?|automobiliste|motocycliste|habitante?|riveraine?|"
    r"propri[ée]taire|proprio|copains?|copines?|amie?s?|meuf|nana|mec|gars|tonton|tata|tatie|puce|"
    r"loulou(?:te)?|bonhomme|r[ée]fugi[ée]e?|migrante?|tut(?:eur|rice)|pupille|binôme|"
    r"concubine?|parents?|mamy|mémé|pépé|couple|sportif|sportive|"
    r"individu|intervenante?|coureu(?:r|se)|quinquag[ée]naire|assur[ée]e?|d[ée]funte?|client(?:e)?)"
)
_NOT_A_NAME = (
    r"(?!(?i:dur[ée]e|garantie|contrat|bail|engagement|abonnement|pr[êe]t|formation|"
    r"anciennet[ée]|exp[ée]rience|mandat|"
    r"cdd|peine|prison|d[ée]lai|validit[ée]|conservation|[ée]tudes?|licence|master)(?!\w))"
)
_BY_NAME = rf"{_NOT_A_NAME}(?<![{UPPER}{LOWER}])[{UPPER}][{UPPER}{LOWER}.'’-]{{1,30}}"


_WORD_OF_NAME = rf"[{UPPER}][{UPPER}{LOWER}]{{1,24}}(?:[-'’][{UPPER}{LOWER}]{{1,24}}){{0,3}}"
_MONTHS_AFTER_NAME = re.compile(
    rf"(?P<name>{_WORD_OF_NAME})(?:{_S}{_WORD_OF_NAME}){{0,2}}{_S}?(?:,{_S}?|"
    rf"\({_S}?)(?P<value>(?i:{_MONTHS})){_NOT_AN_AGE}"
)


_ADVERBS = (
    r"(?:maintenant|bient[ôo]t|d[ée]j[àa]|seulement|tout juste|juste|[àa] peine|environ|presque|"
    r"donc|plus de|pr[èe]s de|aujourd['’]hui|alors|(?:lui|elle|eux)-m[êe]mes?|m[êe]me|quand m[êe]me|tout de m[êe]me|"
    r"[àa] ce jour|encore|pourtant|actuellement|aussi|elle|lui|ses|leurs|enfin|"
    r"bien|eu|f[êe]t[ée]|qu[e']|que|pas encore|m[êe]me pas|pas|"
    r"bel et bien|d[ée]sormais|exactement|pile|toujours)"
)
_HAS = re.compile(
    rf"(?i)(?<!y['’ ])(?<!\w)(?:a|ont|avait|avaient|aura|auront|fait|fera|f[êe]tera|affiche|atteint|frise|approche)"
    rf"{_S}(?:(?:{_ADVERBS}|les|des){_S}){{0,3}}(?P<value>{_YEARS}){_NOT_AN_AGE}"
    rf"(?!{_S}(?:pour|depuis|qu|pass[ée]|en{_S}(?:poste|stock)))"
)
_SUBJECT = re.compile(
    rf"(?<![\w-])(?:(?i:{_PERSON}|il|elle|lui)(?![\w-])|(?P<name>[{UPPER}][{UPPER}{LOWER}'’-]{{2,25}}))"
)
_AT = re.compile(
    rf"(?i)(?<![\w-])(?<!\d{_S})[àa]{_S}(?:(?:{_ADVERBS}){_S}){{0,2}}(?P<value>{_YEARS}){_NOT_AN_AGE}"
    rf"(?P<after>{_S}?,?{_S}?(?:et{_S}|mais{_S}|donc{_S})?(?:(?:je|il|elle|on|tu|lui|qui|sa|son|ma|"
    rf"mon|l|faudrait|faut|toujours){_S}|(?:j|l|m|n|s|t|qu)['’]))?"
)
_AT_BEFORE = re.compile(
    r"(?i)\b(?:(?:qui|lui|elle|moi|disparue?|d[ée]c[ée]d[ée]e?s?|[ée]teinte?|partie?|mort[es]?|"
    r"emport[ée]e?|mari[ée]e?|embauch[ée]e?|arriv[ée]e?|entr[ée]e?|veuve|veuf|orpheline?|"
    r"enceinte|m[èe]re|p[èe]re|maman|papa|encore|seul[e]?)[ ,]"
    r"|disparue?|d[ée]c[ée]d[ée]e?|[ée]teinte?|nous a(?:vait)? quitt[ée]s?[^.;\n]{1,30})[^.;\d\n]{0,25}$"
)
_AT_TERM = re.compile(
    r"(?i)\b(?:pr[êe]ts?|taux|cr[ée]dit|emprunt|dur[ée]e|bail|engagement|garantie|fixe|port[ée]e?|"
    r"passe|ramen[ée]e?|horizon|condamn[ée]e?|amorti\w*|prescription|conserv\w+|peine|de[ ]\d+|"
    r"mandat|validit[ée]|limit[ée]e?)(?:[ ]\w{1,8}){0,2}[ ]?$"
)
_IN_BRACKETS = re.compile(
    rf"(?i)\({_S}?(?P<value>{_YEARS})(?={_S}(?:en{_S}(?:janvier|f[ée]vrier|mars|avril|mai|juin|"
    rf"juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre)|le{_S}\d|depuis|r[ée]volus|hier|"
    rf"demain|aujourd|cette{_S}ann[ée]e|ce{_S}mois|et{_S}{_YEARS}{_S}?\)))"
)
_NEXT = re.compile(
    rf"(?i){_S}?(?:,|/|et|ou|puis){_S}(?:de{_S}|l['’]autre{_S}(?:de{_S})?)?(?P<value>{_YEARS}|"
    rf"{_MONTHS})(?!{_S}(?:d['’]|de{_S}|plus tard|apr[èe]s|avant))"
)
_EARLIER = re.compile(
    rf"(?i)(?<![\w-]){_PERSON}(?:{_S}[{LOWER}]{{1,10}}){{0,3}}{_S}(?:de{_S}|ont{_S}|\({_S}?|:{_S})"
    rf"(?P<value>{_NUMBER})(?P<more>(?:{_S}?,{_S}{_NUMBER}){{0,4}}){_S}et{_S}(?P<last>{_YEARS}|{_MONTHS})"
    rf"{_NOT_AN_AGE}"
)
_BABY = re.compile(
    rf"(?i)(?<!\w)(?:il|elle){_S}(?:a|aura|avait){_S}(?:(?:{_ADVERBS}){_S}){{0,3}}"
    rf"(?P<value>{_MONTHS}){_NOT_AN_AGE}(?={_S}?(?:[.,;!?)\n]|$|et{_S}))"
)
_OF_BABY = re.compile(
    r"(?i)\b(?:n[ée]e?|b[ée]b[ée]|bb|fille|fils|enfant|petite?|naissance|accouch\w+|cr[èe]che|nounou)\b"
)
_REACH = 70


_BIRTHDAY = re.compile(
    rf"(?i)(?<!\w)(?:les|des|aux){_S}(?P<value>{_YEARS}){_S}(?:de{_S}|du{_S}|d['’])"
    rf"(?:(?:mon|ma|son|sa|ton|ta|notre|votre|leur|la|le){_S}|l['’])?(?:(?P<who>(?:{_PERSON}|mme|mlle|mr|"
    rf"madame|monsieur|m\.(?={_S}))(?![\w-]))|(?P<name>[{UPPER}{LOWER}][{UPPER}{LOWER}-]{{2,25}}))"
)
_LASTS = re.compile(
    r"(?i)(?<![\w-])(?:dur[ée]es?|garanties?|bail|engagements?|abonnements?|pr[êe]ts?|cr[ée]dits?|"
    r"emprunts?|anciennet[ée]|exp[ée]riences?|cd[di]|peine|prison|d[ée]lais?|validit[ée]|prescription|"
    r"conservation|pr[ée]avis|titres?|cartes?|passeports?|permis|visas?|v[ée]hicules?|voitures?|"
    r"appareils?|mat[ée]riels?|chaudi[èe]res?|concession|partir|formations?|master|interdi\w+|chiens?|chats?)(?!\w)"
    r"[^,;:|(\n]{0,40}[,:(|–-]?\s{0,3}$"
)
"""A thing that lasts or ages, right before what would else be somebody's age."""
_BESIDE: Final = frozenset(("after a name", "a person of", "at the age of", "aged"))


_WRITTEN_UNITS: Final = Literals(
    *(" ans", " an ", " an,", " an.", "-ans", "\u00a0an", " mois", " semaine", " jours", " balais"),
    *(" piges", " berges", " year", " month", " yr", " age", "\nage", "'age", "(age", '"age'),
)
"""What a text without a digit holds that tells an age in words: asked first, for it costs less."""


class Age(DeclaredRecognizer):
    """The age with its unit: «43 ans», «huit mois», "43 years old"."""

    ENTITY = "AGE"
    RULES = (
        Rule(
            "aged",
            re.compile(
                rf"(?i)(?<!\w)[âa]g[ée]e?s?(?:{_S}(?:seulement|aujourd['’]hui|alors|"
                rf"actuellement))?{_S}(?:respectivement{_S})?d['’e]{_S}?"
                rf"(?P<value>{_YEARS}|{_MONTHS}|{_NUMBER}(?={_S}et{_S}{_NUMBER}{_S}ans))"
            ),
            needs=("age",),
        ),
        Rule(
            "and aged",
            re.compile(rf"(?i){_S}?(?:et|,){_S}(?:de{_S})?(?P<value>{_YEARS})"),
            context=re.compile(
                rf"(?i)[âa]g[ée]e?s?{_S}(?:respectivement{_S})?d[e'’][^.;\n]{{1,50}}$"
            ),
            needs=("age",),
        ),
        Rule(
            "a person of",
            re.compile(
                rf"(?i)(?<!\w){_PERSON}(?:{_S}(?!moins|plus)[{LOWER}]{{3,15}}|"
                rf"{_S}(?-i:{_BY_NAME})){{0,2}}{_S}?(?:de{_S}|,{_S}?|\({_S}?)"
                rf"(?P<value>{_YEARS}|{_MONTHS}){_NOT_AN_AGE}"
            ),
            needs=(*_YEARS_NEEDS, "an ", "mois", "semaines", "jours"),
        ),
        Rule(
            "after a name",
            re.compile(
                rf"{_BY_NAME}{_S}?(?:,{_S}?|\({_S}?|[–—-]{_S}|"
                rf":{_S})(?P<value>(?i:{_YEARS})){_NOT_AN_AGE}"
            ),
            needs=_YEARS_NEEDS,
        ),
        Rule(
            "is that old",
            re.compile(
                rf"(?i)(?<!\w)(?:j['’]?{_S}?ai|tu as|(?:il|elle|on|qui){_S}(?:n['’])?a|"
                rf"(?:ils|elles|qui) ont|vous avez|t['’]as|"
                rf"(?<!y['’ ])(?:avait|avaient|aura|auront|aurai|aurait)|avoir|"
                rf"ayant|f[êe]te(?:ra|r)?|tu auras|vous aurez|(?:il|elle)s? vien(?:t|nent) d['’]avoir)"
                rf"{_S}(?:(?:{_ADVERBS}){_S}){{0,3}}"
                rf"(?P<value>{_YEARS}){_NOT_AN_AGE}"
            ),
            needs=_YEARS_NEEDS,
        ),
        Rule(
            "a child's months",
            re.compile(rf"(?i)(?<!\w)(?P<value>{_MONTHS}){_NOT_AN_AGE}"),
            context=re.compile(
                rf"(?i)(?<!\w)(?:fille|fils|b[ée]b[ée]s?|bb|enfant|nourrisson|"
                rf"petite?)(?!\w)[^.;:\n]{{0,40}}"
                rf"{_S}(?:a|aura|avait|a d[ée]j[àa]|de){_S}$"
            ),
            needs=("mois", "semaines", "jours"),
        ),
        Rule(
            "under a name, as in a CV",
            re.compile(
                rf"(?m)^{_S}{{0,8}}(?:{_WORD_OF_NAME}{_S}){{1,3}}{_WORD_OF_NAME}{_S}?\r?\n{_S}{{0,8}}(?P<value>{_YEARS})"
                rf"(?={_S}{{0,3}}(?:$|[–—,|·•/-]))"
            ),
            needs=_YEARS_NEEDS,
        ),
        Rule(
            "at the age of",
            re.compile(
                rf"(?i)(?<!\w)(?:(?:[àa]{_S})?l['’][âa]ge{_S}de|f[êe]te(?:r|ra|ront)?{_S}(?:ses|"
                rf"leurs|mes)|(?:ses|mes|vos|tes|nos|leurs){_S}|"
                rf"d[ée]c[ée]d[ée]e?{_S}[àa]|mort[e]?{_S}[àa]){_S}?(?P<value>{_YEARS}){_NOT_AN_AGE}"
            ),
            needs=_YEARS_NEEDS,
        ),
        Rule(
            "label",
            re.compile(
                rf"(?i)(?<![^\W_])(?:[âa]ge|aged)[\"']?{_S}?(?:[:=|?]{_S}?|"
                rf"(?<=aged){_S})[\"']?(?P<value>{_YEARS}|{_MONTHS}|{_NUMBER}(?:{_S}(?:years?|months?|yrs?)(?!\w)|"
                rf"(?![\w%.,]\d)))"
            ),
            needs=("age",),
        ),
        Rule(
            "beside the civil status",
            re.compile(
                rf"(?i)(?<![\w.,/])(?P<value>{_YEARS})(?={_S}?[,;|–—-]{_S}?(?:mari[ée]|c[ée]libataire|"
                rf"divorc[ée]|s[ée]par[ée]|veuve?f?|pacs[ée]|en couple|en concubinage|p[èe]re{_S}d|m[èe]re{_S}d|"
                rf"(?:sans|un|deux|trois|\d){_S}enfants?|permis{_S}b|(?:de{_S})?nationalit[ée]|n[ée]e?{_S}(?:le|en|[àa]){_S}))"
            ),
            needs=_YEARS_NEEDS,
        ),
        Rule(
            "English",
            re.compile(
                rf"(?i)(?<![\w.,-])(?P<value>\d{{1,3}}(?:{_S}|-)(?:years?|months?|yrs?)(?:(?:{_S}|"
                rf"-)old|{_S}of{_S}age)|\d{{1,3}}{_S}?(?:y/?o|yo)(?!\w))"
            ),
            needs=("old", "yo", "y/o", "of age"),
        ),
    )

    def spans(self, text: str) -> Iterator[Span]:
        """The rules' finds, months after a given name: «Noé, 14 mois», not «CDD, 14 mois», what
        the sentence says of somebody, and the ages that follow in a series."""
        known = seen(text)
        if (not known.longest and not known.holds(_WRITTEN_UNITS)) or not _UNIT.search(text):
            return
        for start, end, score, rule in super().spans(text):
            if rule in _BESIDE and _LASTS.search(text, max(0, start - 60), start):
                continue
            yield start, end, score, rule
            yield from _series(text, end)
        for match in _MONTHS_AFTER_NAME.finditer(text):
            if not is_first_name(match["name"]) or _ABSENCE.search(_clause(text, match.start())):
                continue
            if match["value"].endswith("mois") or (
                _OF_BABY.search(text, max(0, match.start() - 150), match.start())
            ):
                yield *match.span("value"), MATCHED, "months after a given name"
        if known.holds(_OF_YEARS):
            for match in _BIRTHDAY.finditer(text):
                if match["who"] or is_first_name(match["name"]):
                    yield *match.span("value"), MATCHED, "somebody's birthday"
            for start, end in _told(text):
                yield start, end, MATCHED, "is that old"
                yield from _series(text, end)
        yield from _apposed(text)
        if known.holds(_OF_YEARS_OR_MONTHS):
            for match in _EARLIER.finditer(text):
                yield *match.span("value"), MATCHED, "a person of"
                yield *match.span("last"), MATCHED, "a person of"
                for number in _ONE_NUMBER.finditer(text, *match.span("more")):
                    yield *number.span(), MATCHED, "a person of"
        if known.holds(_OF_MONTHS):
            for match in _BABY.finditer(text):
                if _OF_BABY.search(text, max(0, match.start() - 150), match.start()):
                    yield *match.span("value"), MATCHED, "a child's months"


_UNIT = re.compile(
    r"(?i)(?<![^\W\d_])(?:ans?|mois|semaines|jours|balais|piges|berges|years?|months?|yrs?|yo|y/o|(?<=\d)a|(?<=\d[ \u00a0])a)(?!\w)"
    r"|(?<![^\W_])[âa]ge"
)
"""What every age is counted in or announced by."""
_ONE_NUMBER = re.compile(rf"(?i)(?<!\w){_NUMBER}(?!\w)")


def _series(text: str, end: int) -> Iterator[Span]:
    """«, 9 ans et 4 ans» behind an age."""
    for _ in range(6):
        further = _NEXT.match(text, end)
        if not further:
            return
        yield *further.span("value"), MATCHED, "and aged"
        end = further.end("value")


_APPOSED = re.compile(
    rf"(?i)(?<![\w.,/])(?P<value>{_YEARS}|{_MONTHS}|\d{{1,3}}{_S}?a(?:\.|(?=[ \u00a0]?[),;/\n])))"
    rf"(?!{_S}?[%€/-]\w){_NOT_AN_AGE}"
    rf"(?!{_S}(?:pour|depuis|pass[ée]s?{_S}|en{_S}(?:poste|stock|moyenne)|par|qu|ap\.|durant|pleins?|"
    rf"complets?|cons[ée]cutifs?|glissants?|fermes?|ago|plus|[àa]{_S}l|[àa]{_S}[{UPPER}]))"
)
"""An age that no verb tells; «a.» is a unit for these alone."""
_STOP = re.compile(r"(?:(?<=\w\w\w)\.|(?<=[)»])\.|[!?])(?=\s)|[\n;]")
_TERM = re.compile(
    r"(?i)(?<![\w-])(?:dur[ée]es?|garanti\w*|contrats?|bail|baux|engagements?|abonnements?|pr[êe]ts?|"
    r"cr[ée]dits?|emprunts?|formations?|anciennet[ée]|exp[ée]riences?|mandats?|cd[di]|p[ée]riodes?|"
    r"peines?|prison|sursis|ferme|condamn\w*|d[ée]lais?|validit[ée]|valables?|conserv\w*|archiv\w*|"
    r"[ée]tudes|master|apprentissage|cycles?|plans?|amorti\w*|prescription|pr[ée]avis|seuils?|"
    r"depuis|pendant|durant|apr[èe]s|avant|sous|tou(?:te)?s les|chaque|d[èe]s|jusqu|[ée]chelons?|"
    r"carri[èe]res?|retraites?|maison|bo[îi]te|service|m[ée]tier|bo(?:ss|sul)\w*|travaill\w*|"
    r"whisk\w*|rhum|vins?|cuv[ée]es?|cave|bouteilles?|chaudi[èe]re|v[ée]hicules?|voiture|machine|"
    r"b[âa]timent|immeuble|logiciel|soci[ée]t[ée]|association|entreprise|interdi\w+|chiens?|chats?|il y a|y['’ ]a|"
    r"over|within|for|since|last|warranty|contract|lease)(?!\w)"
)
"""What makes years a duration, or the age of a thing."""
_SOMEBODY = re.compile(
    rf"(?<![\w-])(?:(?i:{_PERSON}|mme|mlle|mr|madame|monsieur)(?![\w-])|"
    rf"(?i:(?<!\d )m\.{_S}[{LOWER}]|n[ée]e?{_S}(?:le|en){_S}?:?{_S}?\d)|[HF](?={_S}?[/,.(-]?{_S}?$))"
)
_ONE_PERSON = re.compile(rf"(?i)(?:{_PERSON}|petite?|grande?)")
_SENIORITY = re.compile(r"(?i)anciennet[ée]|exp[ée]rience|dur[ée]e")
_ABSENCE = re.compile(
    r"(?i)(?<!\w)(?:stages?|alternan\w+|arr[êe]t\w*|absen\w+|cong[ée]s?|maladie|int[ée]rim|cd[di]|contrat|"
    r"remplac\w+|mission|retard|p[ée]riode)(?!\w)"
)
_MONTH_UNIT = re.compile(r"(?i)(?:semaines|jours|^\S+\s*mois)$")
_NAMED = re.compile(rf"[{UPPER}{LOWER}][{UPPER}{LOWER}'’-]{{2,25}}")
_BEFORE_AN_AGE = re.compile(
    rf"(?P<word>[^\W\d_][\w'’-]*\.?)?{_S}{{0,2}}(?P<mark>[,(|:/–—-]?)[ \t\"']{{0,4}}"
    rf"(?:(?<=[,(] )(?i:bient[ôo]t|d[ée]j[àa]|[àa] peine|tout juste|environ|presque|seulement|maintenant|[àa])"
    rf"{_S})?$"
)
_ADULT = re.compile(rf"(?i)(?<!\w)(?:mm?e|mr|madame|monsieur|m\.){_S}[^,;|]{{1,40}}$")
_YOUNGEST_ADULT: Final = 14


def _apposed(text: str) -> Iterator[Span]:
    """An age that stands by itself beside somebody: «ginette marceau ce matin, 88 ans», «milica
    11 ans», «M. Traoré, 43 a.». Found unless the clause speaks of a duration or of a thing."""
    for match in _APPOSED.finditer(text):
        start = match.start()
        clause = _clause(text, start)
        before = _BEFORE_AN_AGE.search(clause)
        if before is None or _LASTS.search(clause):
            continue
        word, mark = before["word"], before["mark"]
        months = _MONTH_UNIT.search(match["value"]) is not None
        if not mark:
            beside = word is not None and _may_bear_an_age(word)
            beside = beside and not text.startswith(" |", match.end())
            beside = beside and not _SENIORITY.search(clause)
        elif _TERM.search(clause):
            beside = False
        elif months:
            beside = _OF_BABY.search(clause) is not None
        else:
            beside = bool(_SOMEBODY.search(clause)) or any(map(_is_name, _NAMED.findall(clause)))
        if not beside:
            continue
        number = re.match(r"\d+", match["value"])
        if (
            number
            and int(number[0]) < _YOUNGEST_ADULT
            and _ADULT.search(clause[: before.start("mark")])
        ):
            continue
        yield *match.span("value"), MATCHED, "beside somebody"
        yield from _series(text, match.end("value"))


def _clause(text: str, end: int) -> str:
    """What stands before ``end`` in its clause, of some length."""
    begin = max(0, end - _REACH)
    for stop in _STOP.finditer(text, begin, end):
        begin = stop.end()
    return text[begin:end]


def _may_bear_an_age(word: str) -> bool:
    """Whether ``word`` has its age right behind it, with no sign between: «milica 11 ans»."""
    return (
        word in ("H", "F", "M.", "Mme") or _is_name(word) or _ONE_PERSON.fullmatch(word) is not None
    )


def _is_name(word: str) -> bool:
    """Whether ``word`` is a given name, or a surname written as a name, and no other word."""
    if is_word(word):
        return word[0].isupper() and is_first_name(word)
    return is_first_name(word) or is_surname(word)


_THING = re.compile(
    r"(?i)(?<!\w)(?:voitures?|v[ée]hicules?|camions?|toits?|toitures?|b[âa]timents?|maisons?|immeubles?|"
    r"chaudi[èe]res?|machines?|logiciels?|sites?|appareils?|soci[ée]t[ée]|entreprises?|associations?|"
    r"contrats?|baux|bail|dossiers?|ordinateurs?|ascenseurs?|mat[ée]riels?|pr[êe]ts?|lois?|accords?|"
    r"chiens?|chats?)(?:[ ](?:d[eu]s?[ ])?[\w.'’-]{1,20}){0,3}[ ]$"
)
"""A thing that may well be that old, right before the verb: «la voiture de Karim a 12 ans»."""


def _told(text: str) -> Iterator[tuple[int, int]]:
    """«Diarra, a 61 ans», «À 22 ans elle…», «(dix-huit ans en janvier)»."""
    for match in _HAS.finditer(text):
        if _THING.search(text, max(0, match.start() - 50), match.start()):
            continue
        if _of_somebody(text, match.start()):
            yield match.span("value")
    for match in _AT.finditer(text):
        start = match.start()
        if _AT_TERM.search(text, max(0, start - 40), start):
            continue
        if match["after"] or _AT_BEFORE.search(text, max(0, start - _REACH), start):
            yield match.span("value")
    for match in _IN_BRACKETS.finditer(text):
        if _of_somebody(text, match.start()):
            yield match.span("value")


def _of_somebody(text: str, at: int) -> bool:
    """Whether a person is spoken of in the clause before ``at``."""
    begin = max(0, at - _REACH)
    for stop in _CLAUSE_END.finditer(text, begin, at):
        begin = stop.end()
    for subject in _SUBJECT.finditer(text, begin, at):
        name = subject["name"]
        if name is None or is_first_name(name) or (is_surname(name) and not is_word(name)):
            return True
        # Right before the verb, an unknown word is believed: «Tchakounté a 41 ans».
        if at - subject.end() <= 1 and name[1] not in "'’" and not is_word(name):
            return True
    return False


_CLAUSE_END = re.compile(r"[.!?;\n](?=\s)")
