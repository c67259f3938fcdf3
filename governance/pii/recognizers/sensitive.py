"""Health and union terms tied to a person: special categories (GDPR, article 9).

A term counts only where its sentence ties it to somebody: «Mme Diallo souffre de diabète», not «le
diabète est une maladie chronique».
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.pii.finding import MATCHED
from governance.pii.recognizers.base import DeclaredRecognizer, Rule, Span, folded
from governance.pii.recognizers.first_names import is_first_name
from governance.pii.recognizers.illness import illnesses
from governance.pii.recognizers.letters import LOWER, UPPER
from governance.pii.recognizers.lexicon import is_plain_word, is_word
from governance.pii.recognizers.surnames import is_surname
from governance.pii.seen import seen

_HEALTH = (
    r"cancers?(?:[ ](?:du|de[ ]la|de[ ]l['’]|des|de)[ ]?[a-zéèêîïôœ]{3,15})?|tumeurs?|leuc[ée]mie|"
    r"lymphome|chimioth[ée]rapie|radioth[ée]rapie|diab[èe]te(?:[ ]de[ ]type[ ][12])?|diab[ée]tique|"
    r"[ée]pilep(?:sie|tique)|scl[ée]rose[ ]en[ ]plaques|parkinson|alzheimer|asthm(?:e|atique)|"
    r"s[ée]ropositi(?:f|ve)|VIH|sida|h[ée]patite(?:[ ][ABC])?|tuberculose|mucoviscidose|"
    r"d[ée]pressi(?:on|f|ve)(?:[ ]nerveuse|[ ]s[ée]v[èe]re)?|burn-?[ ]?out|bipolaire|"
    r"trouble[s]?[ ](?:bipolaires?|anxieux|psychiques?|du[ ]spectre[ ]autistique|d[ée]pressifs?)|"
    r"schizophr[ée]n(?:ie|e)|autis(?:me|te)|TDAH|dyslexi(?:e|que)|anorexi(?:e|que)|boulimi(?:e|"
    r"que)|"
    r"alcoolisme|alcoolique|addictions?|toxicomanie|handicap(?:[ée]e?)?|RQTH|"
    r"invalidit[ée](?:[ ]de[ ](?:premi[èe]re|deuxi[èe]me|1re|2e)[ ]cat[ée]gorie)?|"
    r"infarctus|AVC|insuffisance[ ](?:cardiaque|r[ée]nale|respiratoire)|"
    r"endom[ée]triose|fausse[ ]couche|enceinte|grossesse[ ](?:pathologique|[àa][ ]risques?)|"
    r"FIV|IVG|"
    r"lombalgies?|sciatique|hernie[ ]discale|canal[ ]carpien|fibromyalgie|polyarthrite|arthrose|"
    r"maladie[ ](?:de[ ][A-Z][a-z]{3,15}|chronique|professionnelle|auto-?immune|coeliaque|"
    r"c[œoe]{1,2}liaque)|"
    r"allergi(?:e|que)s?[ ](?:aux?|[àa][ ]la|[àa][ ]l['’])[ ]?[a-zéèêîôœ]{3,15}|"
    r"intol[ée]ran(?:ce|te?)[ ]au[ ](?:gluten|lactose)|migraines?|"
    r"fractures?(?:[ ][a-z]{2,3}[ ][a-zé]{4,12})?|entorses?|luxation|tendinite|lumbago|scoliose|"
    r"commotion|"
    r"traumatisme[ ]cr[âa]nien|br[ûu]lures?|amput[ée]e?|dialys[ée]e?|dialyse|greff[ée]e?|"
    r"anxi[ée]t[ée]|"
    r"anxieu(?:x|se)|trisomi(?:e|que)(?:[ ]21)?|bronchiolite|bronchite|grippe|angine|pneumonie|"
    r"otites?|varicelle|scarlatine|"
    r"coqueluche|gastro(?:-ent[ée]rite)?|m[ée]ningite|psoriasis|ecz[ée]ma|h[ée]mophil(?:ie|e)|"
    r"dr[ée]panocyt(?:ose|aire)|"
    r"psychose|phobie[ ]scolaire|d[ée]mence|aphasie|dyspraxi(?:e|que)|dysphasi(?:e|que)|"
    r"dyscalculie|apn[ée]es?[ ]du[ ]sommeil|"
    r"t[ée]trapl[ée]gi(?:e|que)|h[ée]mipl[ée]gi(?:e|que)|mal-?entendante?|mal-?voyante?|"
    r"non-?voyante?|s[ée]vrage|cure[ ]de[ ]d[ée]sintoxication|"
    r"syndrome[ ](?:de[ ]|d['’])[A-ZÀ-Þ][a-zà-ÿ]{2,15}|crohn|lupus|thrombose|phl[ée]bite|"
    r"ulc[èe]re|cirrhose|ost[ée]oporose|"
    r"glaucome|cataracte|rectocolite|[ée]puisement[ ]professionnel|choc[ ]post-?traumatique|"
    r"anaphyla\w{3,6}|"
    r"(?:coeliac|celiac)(?:[ ]disease)?|hypertension|broken[ ](?:leg|arm|wrist|ankle)|anxiety|"
    r"bipolar|autis(?:m|tic)|wheelchair|"
    r"dyslexic|arthritis|crohn['’]?s[ ]disease|"
    r"ald[ ]?30|surdit[ée]|malentendante?|malvoyante?|parapl[ée]gi(?:e|que)|"
    r"tentative[ ]de[ ]suicide|covid(?:[ -]?(?:19|long))?|"
    r"breast[ ]cancer|diabet(?:es|ic)|depress(?:ion|ed)|pregnan(?:t|cy)|disab(?:ility|led)|"
    r"epilep(?:sy|tic)|"
    r"HIV(?:[ -]positive)?|asthma(?:tic)?|stroke|heart[ ]attack"
)
_UNIONS = (
    r"CGT(?:-FO)?|CFDT|CFTC|CFE-CGC|CGC|Force[ ]Ouvri[èe]re|FO|UNSA(?:[ ][A-Z][a-zé]+)?|"
    r"SUD(?:[ -][A-Z][a-zé]+)?|"
    r"Solidaires|FSU|SNUipp|SNES|FNSEA|Conf[ée]d[ée]ration[ ]paysanne|Coordination[ ]rurale|"
    r"FA-FPT|Sud[ -](?:Rail|Sant[ée]|PTT)|SNUDI|Snes|Sgen|SGEN|SAFPT|CNT|SNJ|SNPTES|SNALC|Snalc|"
    r"SNETAA|UNISON|Unison"
)
_HEALTH_STEMS = """
    cancer tumeur leucemi lymphome therapie diab epilep sclerose parkinson alzheimer asthm seroposit
    vih sida hepatite tuberculose mucovisc depress burn bipolaire trouble schizophr autis tdah
    dyslexi anorexi boulimi alcooli addiction toxicomanie handicap rqth invalidit infarctus avc
    insuffisance hypertension endometriose fausse enceinte grossesse fiv ivg lombalgie sciatique
    hernie carpien fibromyalgie polyarthrite arthrose maladie allergi intoleran migraine fracture
    ald surdit malentend malvoy mal- parapleg suicide covid pregnan disab hiv stroke heart entorse
    luxation
    tendinite lumbago scoliose commotion traumat brulure ampute dialys greff anxi trisomi bronch
    pneumonie otite grippe angine varicelle scarlatine coqueluche gastro meningite psoriasis
    eczema hemophil
    drepanocyt psychose phobie demence aphasi dysp dyscalcul apnee plegi voyant sevrage cure
    syndrome
    crohn lupus thrombose phlebite ulcere cirrhose osteoporose glaucome cataracte rectocolite
    epuisement anaphyla coeliac celiac broken bipolar wheelchair arthritis
"""
_HEALTH_NEEDS = tuple(_HEALTH_STEMS.split())
_UNION_NEEDS = (
    *("cgt", "cfdt", "cftc", "cgc", "ouvriere", "fo", "unsa", "sud", "solidaires", "fsu"),
    *("snuipp", "snes", "fnsea", "paysanne", "rurale", "fa-fpt", "snudi", "sgen", "safpt", "cnt"),
    *("snj", "snptes", "snalc", "snetaa", "unison"),
)
_TIE_WORDS = re.compile(
    r"(?<![\w-])(?:m\.|mr|mme|mlle|monsieur|madame|mademoiselle|dr|je|j'ai|il|elle|lui|mon|ma|mes|"
    r"son|sa|notre|votre|salariee?|agente?|patiente?|eleve|enfant|fils|fille|mari|epoux|epouse|"
    r"collegue|residente?|usagere?|candidate?|stagiaire|employee?|mere|pere|plaignante?|"
    r"interessee?|victime|locataire|bebe|bb|maman|papa|femme|compagne|compagnon|frere|s(?:oe?|œ)ur|"
    r"conjointe?|cousine?|oncle|tante|neveu|niece|grand-mere|grand-pere|mamie|papi|papy|"
    r"petit-fils|petite-fille|beau-pere|belle-mere|beau-frere|belle-s(?:oe|œ)ur|voisine?|gamine?|"
    r"apprentie?|alternante?|adherente?|licenciee?|benevole|allocataire|"
    r"assistante|infirmiere|chauffeur|conducteur|conductrice|professeure?|enseignante|directrice|"
    r"i'm|i am|he|she|my|his|her|mrs|ms|husband|wife|son|daughter|brother|sister|"
    r"diagnostiquee?|souffre|souffrait|souffrir|atteinte?|hospitalisee?|operee?|"
    r"(?:traitee?|soignee?|suivie?|arretee?|opere|consulte|reconnue?|inapte)[ ][^.;\n]{0,25}pour|"
    r"porteur d|porteuse d|sequelles? d|rechute|remission|convalescen\w{2,3}|cloue\w{0,2} au lit|"
    r"a (?:constate|diagnostique|detecte|decele|contracte|attrape|declare|fait)|"
    r"se remet|l'(?:oblige|empeche|contraint|immobilise|handicape|a contraint\w?|a oblige\w?))"
    r"(?![\w-])"
)
"""What points at a person, in folded text."""
_TIE_NAMES = re.compile(
    rf"(?<!\w)(?:[{UPPER}][{LOWER}]{{2,20}}[ ][{UPPER}][{UPPER}{LOWER}'’-]{{1,25}}"
    rf"|[{UPPER}][{LOWER}]{{2,20}}[ ](?:[{UPPER}]\.|has|had|a|est|souffre|suffers|is)(?!\w)"
    r"|\[PERSONNE_\d)"
)
_WORD_OF_NAME = re.compile(
    rf"(?<![\w'’-])[{UPPER}][{UPPER}{LOWER}'’-]{{2,25}}(?<!['’-])(?![\w'’-])"
)
_NAMES_OF_ILLNESSES = frozenset(
    """parkinson alzheimer asperger charcot crohn lyme basedow hodgkin down huntington meniere
    horton verneuil hashimoto raynaud turner marfan tourette wilson paget""".split()
)
_HIS_BEFORE = re.compile(r"(?<![\w-])(?:ses|mes|vos|leurs?|their|chez[ ]lui)[ ](?:\w{3,12}[ ])?$")
_IN_FORM = re.compile(
    r"(?:^|[\n|;])[^\n:|;]{0,30}\b(?:medica\w{1,3}|sante|pathologies?|allergies?|pai|health|"
    r"medical conditions?|antecedents?|traitements?|contre-indications?)\b[^\n:]{0,25}:[^\n]{0,60}$"
)
"""«Observations médicales : », and what follows on the line."""
_CELLS_OF_ROW = 2
"""Separators before a term from which a line is the row of a table."""
_IN_BRACKETS = re.compile(
    rf"(?P<name>[{UPPER}{LOWER}][{UPPER}{LOWER}'’-]{{2,25}})[ ]\([^()\n]{{0,12}}$"
)
_UNION_TIE = re.compile(
    r"(?i)\b(?:syndiqu[ée]e?s?|adh[ée](?:rente?s?|sion|re)|membres?|militante?s?|"
    r"d[ée]l[ée]gu[ée]e?s?|"
    r"[ée]lue?s?|repr[ée]sentante?s?|encart[ée]e?|mandat(?:[ée]e?)?|cotisations?|secr[ée]taire|"
    r"carte|"
    r"union|member|r[ée]p\.|tr[ée]sori[èe]re?|adh[èée]re(?:r|nt)?|cotise(?:r|nt)?|tract[eé]r?|"
    r"[ée]tiquette|milite(?:r)?|permanente?|d[ée]missionn\w+|encarter)\b[^.;\n]{0,60}$"
    r"|(?<!\w)(?:est|[ée]tait|suis|es|être|pass[ée]e?|rest[ée]e?|entr[ée]e?|inscrite?|"
    r"rejoint|rejoindre|quitt[ée]e?|quitter|sympathisante?|proche|part[iy]e?)[ ]"
    r"(?:\w{2,12}[ ])?(?:(?:[àa]|de|dans|chez)[ ])?(?:la[ ]|l['’]|les[ ]|le[ ])?$"
)
_UNION_IN_LOWER_CASE = re.compile(
    r"(?<![\w@./-])(?:cgt|cfdt|cftc|cfe-cgc|unsa|fsu|fnsea|snuipp|solidaires|force ouvri[èe]re)"
    r"(?![\w@-]|[./]\w)"
)
_BRACKETED_UNION = re.compile(
    rf"(?<![\w'’-])(?P<name>[{UPPER}][{UPPER}{LOWER}'’-]{{2,25}})[ ]\("
    rf"(?:section[ ]|d[ée]l[ée]gu[ée]e?[ ]|[ée]lue?[ ]|DS[ ]|RS[ ])?$"
)
"""«Belloc (CFDT)»: whether the word is a name is looked up."""
_BELONGING = re.compile(
    rf"(?:(?:M\.|Mme|Mlle|Mr|Madame|"
    rf"Monsieur)[ ](?:[{UPPER}][{UPPER}{LOWER}.'’-]{{0,25}}[ ]?){{1,3}}"
    rf"|[{UPPER}][{LOWER}]{{2,20}}[ ][{UPPER}][{UPPER}{LOWER}'’-]{{1,25}}[ ]?)"
    r"(?:de[ ]la[ ]|de[ ]l['’]|du[ ]|d['’]|(?:de[ ])?(?=(?:FO|UNSA|SUD|FSU)\b)|\()$"
)
"""«Mme Morel de la CFDT», «Jean Morel (CGT)»."""
_NOT_OF_SOMEBODY = re.compile(
    r"(?i)(?:missions?|r[ée]f[ée]rente?s?|correspondante?s?|plan|politique|p[ôo]le|service|"
    r"cellule|commission|semaine|"
    r"journ[ée]e|charte|convention|loi|obligation|fonds|association|stage|formation|campagne|"
    r"d[ée]pistage|vaccin\w*|ligue|"
    r"lutte|pr[ée]vention|sensibilisation|recherche|r[ée]seau)[ ](?:(?:de|du|des|la|le|les|"
    r"contre|sur|pour|au|aux)[ ]|[ld]['’]){0,3}"
    r"(?:[\w'’]{3,20}(?:,|[ ]et|[ ]ou)[ ](?:contre[ ])?(?:(?:le|la|les|du|de)[ ]|[ld]['’])?){0,2}$"
)
_OF_ABSENCE = re.compile(
    r"(?i)\b(?:absente?|absences?|arr[êe]ts?|hospitalisations?|accident|"
    r"mi-temps th[ée]rapeutique|reprise|certificat m[ée]dical)\b"
)
_IN_GENERAL = re.compile(
    r"(?i)\b(?:possibles?|en cas d|peut|peuvent|doit|doivent|tout(?:e|es)?|tous|chaque|"
    r"certaine?s|droits?|combien|causes?|any|every|may)\b"
)
_NAMED = re.compile(
    rf"(?:\b(?:M\.|Mme|Mlle|Mr|Mrs|Madame|Monsieur|Dr)[ ][{UPPER}]|(?i:\b(?:patiente?|agente?|"
    rf"salari[ée]e?|enfant|[ée]l[èe]ve|"
    rf"r[ée]sidente?|usag[èe]re?|b[ée]n[ée]ficiaire|nom)[ ]?:)|"
    rf"[{UPPER}][{LOWER}]{{2,20}}[ ][{UPPER}][{UPPER}{LOWER}'’-]{{1,25}})"
)
_START_OF_NOTE = re.compile(r"(?:^|[.;\n]|\n[ ]?[-•*–])[ ]{0,3}$")
_END_OF_NOTE = re.compile(
    r"(?:[ ](?:de|du|des|aux?|à|type|[ld]['’]?|la|droite?|gauche|léger|légère|sévère|\w{1,12}|"
    r"\d)){0,4}?[ ]{0,2}(?:[,.;()\n]|$)"
)
_INITIAL = re.compile(rf"(?:^|\W)[{UPPER}]$")
_SENTENCE = re.compile(r"[.!?;\n](?=\s)")


class SpecialCategory(DeclaredRecognizer):
    """A health term or a union in a sentence that speaks of somebody."""

    ENTITY = "SPECIAL_CATEGORY"
    RULES = (
        Rule(
            "health term",
            re.compile(rf"(?<![\w-])(?i:{_HEALTH})(?![\w-])"),
            needs=_HEALTH_NEEDS,
        ),
        Rule(
            "union membership",
            re.compile(rf"(?<![\w-])(?:{_UNIONS})(?![\w-])"),
            context=_UNION_TIE,
            needs=_UNION_NEEDS,
            reach=80,
        ),
    )
    _BELONGS = Rule(
        "somebody of a union",
        re.compile(rf"(?<![\w-])(?:{_UNIONS})(?![\w-])"),
        context=_BELONGING,
        needs=_UNION_NEEDS,
        reach=70,
    )

    def spans(self, text: str) -> Iterator[Span]:
        """Health terms of sentences that name or point at a person; memberships of a union."""
        health, union = self.RULES
        for start, end in sorted({*health.spans(text), *illnesses(text)}):
            if _NOT_OF_SOMEBODY.search(text, max(0, start - 60), start):
                continue
            if _is_tied(text, start, end) or _is_noted(text, start, end):
                yield start, end, MATCHED, health.name
        for start, end in union.spans(text):
            yield start, end, MATCHED, union.name
        for start, end in self._BELONGS.spans(text):
            yield start, end, MATCHED, self._BELONGS.name
        if union.may_find(text):
            for start, end in _other_unions(text, union.pattern):
                yield start, end, MATCHED, union.name


def _other_unions(text: str, unions: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """«il est à la cgt», in a line typed without capitals, and «Belloc (CFDT)»."""
    for match in _UNION_IN_LOWER_CASE.finditer(text):
        if _UNION_TIE.search(text, max(0, match.start() - 80), match.start()):
            yield match.span()
    for match in unions.finditer(text):
        holder = _BRACKETED_UNION.search(text, max(0, match.start() - 45), match.start())
        if (holder and (not is_plain_word(holder["name"]) or is_surname(holder["name"]))) or (
            holder and text[holder.start("name") - 2 : holder.start("name")] == ", "
        ):
            yield match.span()


def _is_tied(text: str, start: int, end: int) -> bool:
    """Whether the sentence around ``text[start:end]``, 200 characters of it, ties it."""
    begin = max(0, start - 160)
    for stop in _SENTENCE.finditer(text, begin, start):
        # A full stop after a civility or an initial ends no sentence.
        before = text[max(0, stop.start() - 3) : stop.start()].strip()
        if before not in {"M", "Dr", "Mr", "Mme"} and not _INITIAL.search(before):
            begin = stop.end()
    stop_after = _SENTENCE.search(text, end, end + 60)
    finish = stop_after.start() if stop_after else min(len(text), end + 60)
    plain = seen(text).folded
    if _TIE_WORDS.search(plain, begin, finish) or _TIE_NAMES.search(text, begin, finish):
        return True
    if _HIS_BEFORE.search(plain, begin, start) or _IN_FORM.search(plain, begin, start):
        return True
    holder = _IN_BRACKETS.search(text, begin, start)
    if holder and (is_first_name(holder["name"]) or is_surname(holder["name"])):
        return True
    words = [word.group() for word in _WORD_OF_NAME.finditer(text, begin, finish)]
    if any(map(_is_name, words)):
        return True
    row = text[text.rfind("\n", begin, start) + 1 : start]
    return max(row.count(";"), row.count("|"), row.count("\t")) >= _CELLS_OF_ROW and any(
        word.istitle() and not is_word(word) and folded(word) not in _NAMES_OF_ILLNESSES
        for word in words
    )


def _is_name(word: str) -> bool:
    """Whether ``word`` is the name of a person, and of no illness or thing."""
    return (
        folded(word) not in _NAMES_OF_ILLNESSES
        and (is_first_name(word) or is_surname(word))
        and not is_word(word)
    )


def _is_noted(text: str, start: int, end: int) -> bool:
    """Whether the term is a note under or behind a person's name: a sentence of its own, or one
    that tells of an absence."""
    above = _lines_above(text, start)
    if not _NAMED.search(text, above, start):
        return False
    line = max(text.rfind("\n", 0, start) + 1, start - 120)
    sentence = max(line, text.rfind(". ", line, start) + 1)
    if _OF_ABSENCE.search(text, sentence, start):
        return not _IN_GENERAL.search(text, sentence, min(len(text), end + 40))
    opens = _START_OF_NOTE.search(text, max(0, start - 6), start) or start == line
    return bool(opens) and _END_OF_NOTE.match(text, end) is not None


def _lines_above(text: str, start: int) -> int:
    """Where the two lines before that of ``start`` begin, 300 characters at most."""
    at = start
    for _ in range(3):
        at = text.rfind("\n", max(0, start - 300), at)
        if at < 0:
            return max(0, start - 300)
    return at
