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
    r"cancers?(?:[ ](?:du|de[ ]la|de[ ]l['’]|des|de)[ ]?(?!ma|sa|mon|son|stade|notre|votre|m\.|mme)"
    r"[a-zéèêîïôœ]{2,15}(?:[ ]de[ ]l['’]ut[ée]rus)?|[ ](?:colorectal|bronchique|cutan[ée]|ut[ée]rin|"
    r"thyro[ïi]dien|pancr[ée]atique|digestif|ORL))?|tumeurs?|leuc[ée]mie|"
    r"lymphome|chimioth[ée]rapie|radioth[ée]rapie|diab[èe]te(?:[ ]de[ ]type[ ][12])?|diab[ée]tique|"
    r"[ée]pilep(?:sie|tique)|scl[ée]rose[ ]en[ ]plaques|parkinson|alzheimer|asthm(?:e|atique)|"
    r"s[ée]ropositi(?:f|ve)|VIH|sida|h[ée]patite(?:[ ](?-i:[ABC]))?|tuberculose|mucoviscidose|"
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
    r"maladie[ ](?:de[ ][A-Z][a-z]{3,15}|chronique|auto-?immune|coeliaque|"
    r"c[œoe]{1,2}liaque)|"
    r"allergi(?:e|que)s?|"
    r"intol[ée]ran(?:ce|te?)[ ]au[ ](?:gluten|lactose)|migraines?|"
    r"fractures?(?![ ](?:num|soc|terr))|entorses?|luxation|tendinite|lumbago|scoliose|"
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
    r"crohn|lupus|thrombose|phl[ée]bite|"
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
    r"CGT(?:-FO)?|CFDT|CFTC|CFE-CGC|CGC|Force[ ][Oo]uvri[èe]re|FO|UNSA(?:[ ][A-Z][a-zé]+)?|"
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
    r"(?<![\w-])(?:m\.|mr|mme|mlle|monsieur|madame|mademoiselle|dr|je|j'ai|il|elle|(?:lui|elle)-meme|lui|mon|ma|mes|"
    r"son|sa|notre|votre|salariee?|agente?|patiente?|eleve|enfant|fils|fille|mari|epoux|epouse|"
    r"collegue|residente?|usagere?|candidate?|stagiaire|employee?|mere|pere|plaignante?|"
    r"interessee?|victime|locataire|bebe|bb|maman|papa|femme|compagne|compagnon|frere|s(?:oe?|œ)ur|"
    r"conjointe?|cousine?|oncle|tante|neveu|niece|grand-mere|grand-pere|mamie|papi|papy|"
    r"petit-fils|petite-fille|beau-pere|belle-mere|beau-frere|belle-s(?:oe|œ)ur|voisine?|gamine?|"
    r"apprentie?|alternante?|adherente?|licenciee?|benevole|allocataire|"
    r"assistante|infirmiere|chauffeur|conducteur|conductrice|professeure?|enseignante|directrice|"
    r"i'm|i(?:'ve| am| have| had| was)|he|she|my|his|her|mrs|ms|husband|wife|son|daughter|brother|sister|"
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
_IS = re.compile(r"(?<![\w'-])(?:est|suis|es|etait) (?:(?:tres|aussi|un peu|bien|deja) )?$")
"""«Jules est diabétique»."""
_IN_FORM = re.compile(
    r"(?:^|[\n|;])[^\n:|;]{0,30}\b(?:medica\w{1,3}|sante|pathologies?|maladies?|allergies?|pai|health|"
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
_UNION_GROUP = re.compile(
    r"(?i)(?<!\w)(?:les|des|aux|nos|vos|ces|deux|trois|leurs|the)[ ](?:\w{2,12}[ ])?(?:élus|membres|"
    r"délégués|représentants|militants|adhérents|syndiqués|permanents|secrétaires|sympathisants|"
    r"members)[^.;\n]{0,30}$"
)
"""«les élus CGT»: nobody, unless their names follow."""
_NAMES_FOLLOW = re.compile(
    rf"[ ]?[,:(–-]{{0,2}}[ ]?(?:MM?\.|Mmes?|[{UPPER}][{LOWER}]{{2,20}}[ ][{UPPER}])"
)
_SPEAKER = re.compile(
    rf"[ ]?(?::|–|représentée?[ ]par|conduite[ ]par)[ ]?"
    rf"(?:MM?\.|Mmes?|[{UPPER}][{LOWER}'-]{{2,20}}[ ][{UPPER}][{UPPER}{LOWER}]{{2}})"
)
"""«Pour la CGT : Mme Ndiaye»."""
_SPEAKS_FOR = re.compile(r"(?i)(?<!\w)(?:pour|au nom de)[ ](?:la[ ]|l['’]|le syndicat[ ])?$")
_AFTER_NAME = re.compile(
    rf"(?:(?:Mme|M\.)[ ][{UPPER}][{UPPER}{LOWER}'’-]{{1,25}}|(?P<given>[{UPPER}][{LOWER}'-]{{1,20}})[ ]"
    rf"[{UPPER}][{UPPER}{LOWER}'’-]{{1,25}})[ ]?(?:,|–|-|\|)[ ]?$"
)
"""«Jeanne Roy, FSU, demande»."""
_UNION_IN_LOWER_CASE = re.compile(
    r"(?<![\w@./-])(?:cgt|cfdt|cftc|cfe-cgc|unsa|fsu|fnsea|snuipp|solidaires|force ouvri[èe]re|"
    r"(?<=chez )(?:sud|fo)|(?<=à )(?:sud|fo)|(?<=a )fo|(?<=délégué )fo|(?<=déléguée )fo)"
    r"(?![\w@-]|[./]\w)"
)
_ENDS = frozenset(["", *",;.)|\n "])
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
    r"(?<![\w-])(?:missions?|referente?s?|correspondante?s?|plans?|politiques?|poles?|services?|"
    r"cellules?|commissions?|semaine|journees?|chartes?|conventions?|lois?|obligations?|"
    r"fonds|associations?|stages?|formations?|campagnes?|depistages?|vaccin\w{0,6}|rappels?|ligue|"
    r"fondation|luttes?|lutter|prevention|prevenir|sensibilis\w{2,6}|recherches?|reseaux?|stands?|"
    r"ateliers?|affich\w{1,4}|brochures?|depliants?|flyers?|conferences?|webinaires?|colloques?|"
    r"expositions?|collectes?|statistiques?|etudes?|enquetes?|chiffres|taux|epidemies?|pandemie|"
    r"facteurs?|protocoles?|livrets?|guides?|notices?|tableaux?|groupes? de parole|themes?|quiz|"
    r"dediee?s?|consacree?s?|portant|intitulee?s?|unites?|france|maisons?|accueil de jour|cafe|"
    r"dispositifs?|(?:traitement|cause|consequence|lien|risque|cas)s? des|centres?|comites?|kits?|"
    r"primes?|cas groupes|mois (?:de|du|sans)|permanences?|reunions?|debats?|videos?|articles?|"
    r"documentations?|numero vert|tout savoir|informations?|questions?|notion|definition|"
    r"symptomes?|cas|points? (?:sur|rps)|exposes?|interventions?|presentations?|sujets?|talk|"
    r"specialistes?|expertes?|presidente?|benevole|acces|accessible|rampes?|places?|ascenseur|"
    r"personnes? a|toilettes)"
    r"(?: (?:nationale?|mondiale?|europeenne|internationale?|annuelle?|regionale?|locale?|"
    r"professionnel(?:le)?s?|gratuite?|mensuelle?|interne|anonyme|dediee?|consacree?))?"
    r"(?: (?:de|du|des|la|le|les|contre|sur|pour|au|aux|vivre avec une?|vaincre|face|a|on|about|and|of|the|en)(?![\w-])"
    r"| ?(?:\b[dl]'|[«\":])){0,4} ?"
    r"(?:[\w']{3,20}(?:,| et| ou| and) (?:contre |sur )?(?:(?:le|la|les|du|des|de) |[ld]')?){0,2}$"
)
"""What speaks of illnesses in general, right before one: «campagne nationale contre le»."""
_OF_A_GROUP = re.compile(
    r"(?<![\w-])(?:agents|salarie[e]?s|personnes|patient[e]?s|eleves|enfants|residents|travailleurs|"
    r"malades|femmes|hommes|francais|collegues|usagers|beneficiaires|assures|jeunes|seniors|"
    r"adultes|parents|proches|aidants|ceux|celles|quiconque|toute personne|tout (?:agent|salarie)|"
    r"people|those|anyone|employees|colleagues|students|patients)(?: [\w-]{2,15}){0,2} "
    r"(?:souffr[ae]nt|atteinte?s|touchee?s|porteu\w{1,4}|en situation|concernee?s|vivant|with|"
    r"suffering|living|having|ayant|presentant|qui)(?![\w-])[^.;\n]{0,50}$"
    r"|(?:stands?|ateliers?|themes?|programme|ordre du jour) ?:[^.;\n]{0,80}$"
    r"|(?<![\w/])\d{1,3} (?:arrets|agents|salaries|dossiers|declarations|accidents)"
    r"(?: (?:pour|lies? a|dus? a|par|en)) ?(?:l[ae]s? |l'|une? )?$|, \d{1,2} (?:pour|par) $"
    r"|tableaux? (?:n° ?)?\d{1,3}(?: [a-z])? (?:vise|designe|concerne|prevoit|couvre)"
    r"[^.;\n]{0,50}$"
)
"""«les agents souffrant de lombalgies», whoever they may be; and lists of subjects."""
_IT_IS_SAID = re.compile(
    r"(?<![\w-])(?:rappel|precis|expliqu|soulign|indiqu|estim|not|observ|demand|signal|savoi|"
    r"affirm|ajout)\w{1,5} (?:que|qu'|si) ?(?:la|le|les|l')? ?$|[«“\"] ?(?:l'|l[ae]s? )$"
)
"""«rappelle que la …», which goes on in general unless the illness is somebody's."""
_OF_THE_TIME = re.compile(
    r"(?<![\w-])(?:depuis|pendant|avant|apres|post|crise|periode|pandemie|epidemie|protocole|"
    r"confinement|annees?|test|pass|pre)[ -](?:(?:de|du|la|le|l'|sanitaire) ?){0,3}$"
)
"""«depuis le covid»: a time, not an illness."""
_SAID_IN_GENERAL = re.compile(
    r", dont (?:sont|souffrent)|"
    r"(?: [\w'-]{2,20}){0,2}?(?:,? \([^()\n]{0,40}\)|, \w{2,6},)? "
    r"(?:n'(?:est (?:pas|ni|jamais|plus) (?:une?|l[ae]|un tableau|l'|inscrit|contagieu|honteu|"
    r"tabou|toujours|seulement|reserve|en soi|compt|consider|automat|forcement)|ouvre|a rien|"
    r"epargne|empeche pas (?:de|d'))|n'est (?:pas|plus) (?:une?|le|la) |"
    r"ne (?:se|previent|touche|concerne|constitue|donne|justifie|suffit|regarde|doit|peut|sont|"
    r"vaut|releve)(?![\w-])|"
    r"se (?:soigne|guerit|traite|transmet|previent|manifeste|declare|depiste)|"
    r"touche(?:nt)? |frappe(?:nt)? |represente(?:nt)? |concerne(?:nt)? |arrivent? en|"
    r"(?:donn|ouvr)\w{1,5} (?:pas )?droit|: (?:les|comment|ce qu|quel|que|pourquoi|tout|\d+ )|"
    r"(?:reste|demeure)(?:nt)? (?:tabou|une?|l[ae]s?|trop|mecon|freq|encore|souvent|mal |peu )|"
    r"peu(?:t|vent) (?:etre (?:grave|mortel|prevenu|evite|soigne|reconnu)|toucher|survenir|"
    r"provoquer|entrainer|se |passer|apparaitre)|"
    r"(?:est|sont) (?:une? |l[ae]s? |l'|des |tabou|frequent|courant|curable|contagieu|hereditair|"
    r"inscrit|considere|classe|rare|encore|souvent|trop|de plus en plus)|"
    r"demande du temps|augmente|progresse|coute|tue |"
    r"arrivent en|figurent parmi|"
    r"is (?:a |an |the |common|not|rare|one|very)|are (?:common|not|rare|a )|affects?|"
    r"(?:awareness|week|day|workshop|seminar|training|talk|campaign|leaflet|charity|access)(?![\w-]))"
)
"""What is said of an illness in general, right behind it."""
_DEFINITE = re.compile(r"(?<![\w-])(?:(?:le|la|les|the|aux|du|ces|cette|cet) |l')$")
_POSSESSED = re.compile(
    r"(?<![\w-])(?:son|sa|ses|mon|ma|mes|ton|ta|votre|vos|leurs?|notre|his|her|my|your|their) "
    r"(?:\w{3,12} )?$"
)
_OF_HIS = re.compile(
    r"(?: [\w'-]{2,20}){0,4}? (?:dont|diagnostiquee?|declaree?|constatee?|connue?|traitee?|ancienne|"
    r"evoluee?|operee?|stabilisee?|equilibree?|etant|persiste|s'aggrave|recidive|evolue|s'est|l'(?:a|empeche|oblige)|lui|m'a|me|survenue?|apparue?|invoquee?|decelee?|"
    r"de (?:m\.|mme|monsieur|madame|l'(?:agente?|interessee?|enfant|assuree?|eleve)|"
    r"l[ae] (?:salariee?|patiente?|requerante?)|s[ao]n? (?:fils|fille|mere|pere))"
    r"|du (?:salarie|patient|requerant))(?![\w-])"
)
"""«l'épicondylite du coude droit déclarée le 2 mai»: that of somebody."""
_ALONE_IN_BRACKETS = re.compile(r"(?: [\w-]{2,12}){0,2}\)")
_AND_SO_ON = re.compile(r"[^()\n]{0,60}(?:…|\.\.\.|etc\.?)\)")
_FIELDS = frozenset({"allergie", "allergies", "handicap", "addictions", "allergy", "disability"})
_EXPECTING = re.compile(
    r"(?:(?<![\w-])(?:est|suis|es|etait|etre|etant|tombee?|actuellement|deja|toujours|salariee|"
    r"femme|epouse|compagne|fille|agente?|mere|soeur|collegue|encore|bien|pas|mme [\w'-]{2,20})|,) $"
)
"""Before «enceinte»: otherwise it is a place or a loudspeaker."""
_LABEL = re.compile(r"(?: \w{3,12})? ?:(?! ?(?:oui|depuis|suivi|traite|stable|severe))")
"""Behind «Allergies»: the name of a field."""
_PERSON_OF_TEXT = re.compile(
    r"(?<![\w-])(?:m\.|mr|mme|mlle|monsieur|madame|mon (?:fils|mari|pere|frere|conjoint)|"
    r"ma (?:fille|mere|femme|soeur|sœur)|(?:notre|votre|son|sa) (?:fils|fille|mere|pere|epouse|"
    r"epoux|mari|enfant|frere|soeur|salariee?|agente?|collegue)|l'(?:enfant|eleve|agente?|"
    r"interessee?|assuree?|usagere?|apprentie?|employee?)|l[ea] (?:patiente?|salariee?|"
    r"residente?|requerante?|petite?|gamine?|mere|pere|stagiaire|candidate?|demandeu\w{1,4})|"
    r"(?:nos|mes) (?:conducteurs|agents|salaries|collegues|eleves)|il|elle|(?:ne|nee) (?:le|en)|"
    r"matricule|patiente?|nom|salariee?|agente?|eleve|enfant)(?![\w-])"
)
"""What shows, in folded text, that the text speaks of somebody."""
_GENERAL_SENTENCE = re.compile(
    r"(?<![\w-])(?:\d+ ?%|pour cent|sur (?:cinq|dix|cent|trois|quatre|mille|\d+)|premiere cause|en tete|en hausse|en baisse|maladies professionnelles|"
    r"campagne|semaine (?:de|du|d'|nationale)|journee (?:de|du|d'|mondiale|nationale)|stands?|"
    r"ateliers?|brochures?|affiches?|depliants?|sensibilis\w{2,6}|prevention|depistage|rappel|"
    r"conferences?|webinaires?|vaccin\w{0,6}|ligue|association|risques?|provoqu\w{1,4}|"
    r"entrain\w{1,5}|favoris\w{1,4}|statistiques?|obligatoire|personnes|agents|salaries|"
    r"si vous|toute?s?|tous|chaque|certaine?s|en cas d|peu[tx]|peuvent|awareness|any|every)"
    r"(?![\w-])|%"
)
_OF_ABSENCE = re.compile(
    r"(?i)\b(?:absente?|absences?|arr[êe]ts?|hospitalisations?|accident|"
    r"mi-temps th[ée]rapeutique|reprise|certificat m[ée]dical)\b"
)
_IN_GENERAL = re.compile(
    r"(?i)\b(?:possibles?|en cas d|peut|peuvent|doit|doivent|tout(?:e|es)?|tous|chaque|"
    r"certaine?s|droits?|combien|causes?|any|every|may)\b"
)
_NO_GIVEN_NAME = (
    r"(?!(?:Les|Des|Une|Aux|Chez|Pour|Dans|Avec|Cette|Rue|Notre|Votre|Nos|Vos|Sur|Par|Sans|Selon|Plan|"
    r"Service|Point|Centre|Maison|Salle|Article|Loi|The)[ ])"
)
_NAMED = re.compile(
    rf"(?:\b(?:M\.|Mme|Mlle|Mr|Mrs|Madame|Monsieur|Dr)[ ][{UPPER}]|(?i:\b(?:patiente?|agente?|"
    rf"salari[ée]e?|enfant|[ée]l[èe]ve|"
    rf"r[ée]sidente?|usag[èe]re?|b[ée]n[ée]ficiaire|nom)[ ]?:)|"
    rf"{_NO_GIVEN_NAME}[{UPPER}][{LOWER}]{{2,20}}[ ][{UPPER}][{UPPER}{LOWER}'’-]{{1,25}})"
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
            if _is_general(text, start, end) or _is_no_illness(text, start, end):
                continue
            if (
                _is_tied(text, start, end)
                or _is_noted(text, start, end)
                or _is_of_the_text(text, start, end)
            ):
                yield start, end, MATCHED, health.name
        for start, end in union.spans(text):
            group = _UNION_GROUP.search(text, max(0, start - 70), start)
            if not group or _NAMES_FOLLOW.match(text, end):
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
        named = _AFTER_NAME.search(text, max(0, match.start() - 60), match.start())
        if (
            _SPEAKER.match(text, match.end())
            or (
                _SPEAKS_FOR.search(text, max(0, match.start() - 30), match.start())
                and _NAMES_FOLLOW.match(text, match.end())
            )
            or (
                named
                and (not named["given"] or is_first_name(named["given"]))
                and text[match.end() : match.end() + 1] in _ENDS
            )
        ):
            yield match.span()
        holder = _BRACKETED_UNION.search(text, max(0, match.start() - 45), match.start())
        if (holder and (not is_plain_word(holder["name"]) or is_surname(holder["name"]))) or (
            holder and text[holder.start("name") - 2 : holder.start("name")] == ", "
        ):
            yield match.span()


def _is_general(text: str, start: int, end: int) -> bool:
    """Whether the illness is spoken of in general: by what stands right before or behind it."""
    plain = seen(text).folded
    if _POSSESSED.search(plain, max(0, start - 25), start):
        return False
    if _NOT_OF_SOMEBODY.search(plain, max(0, start - 90), start):
        return True
    if _OF_A_GROUP.search(plain, max(0, start - 110), start):
        return True
    if plain.startswith("covid", start) and _OF_THE_TIME.search(plain, max(0, start - 40), start):
        return True
    opened = plain.rfind("(", max(0, start - 80), start)
    if opened > plain.rfind(")", max(0, start - 80), start) and _AND_SO_ON.match(plain, end):
        return True
    said = _IT_IS_SAID.search(plain, max(0, start - 30), start) or _SAID_IN_GENERAL.match(
        plain, end
    )
    return bool(said) and not _OF_HIS.match(plain, end)


def _is_no_illness(text: str, start: int, end: int) -> bool:
    """Whether the word is another one here: a field's label, a wall («l'enceinte de l'usine»)."""
    plain = seen(text).folded
    term, before = plain[start:end], max(0, start - 30)
    if term == "enceinte":
        expects = _EXPECTING.search(plain, before, start) or plain.startswith((" de ", ", "), end)
        return not expects or plain.startswith(" de l", end)
    return term in _FIELDS and _LABEL.match(plain, end) is not None


def _is_of_the_text(text: str, start: int, end: int) -> bool:
    """Whether somebody is named in the sentences before, and nothing says that the illness is not
    theirs: «Le motif (une sciatique) ne doit pas apparaître»."""
    plain = seen(text).folded
    begin, finish = _sentence(text, start, end, ahead=120)
    if plain.startswith("(", start - 1) and _ALONE_IN_BRACKETS.match(plain, end):
        return True
    if _GENERAL_SENTENCE.search(plain, begin, finish):
        return False
    if _DEFINITE.search(plain, max(0, start - 8), start) and not _OF_HIS.match(plain, end):
        return False
    above = max(0, start - 700)
    return bool(
        _PERSON_OF_TEXT.search(plain, above, start)
        or _NAMED.search(text, above, start)
        or any(map(_is_name, _names_of(text, max(0, start - 250), start)))
    )


def _sentence(text: str, start: int, end: int, ahead: int = 60) -> tuple[int, int]:
    """Where the sentence around ``text[start:end]`` begins and ends: 160 characters before it and
    ``ahead`` behind it at most."""
    begin = max(0, start - 160)
    for stop in _SENTENCE.finditer(text, begin, start):
        # A full stop after a civility or an initial ends no sentence.
        before = text[max(0, stop.start() - 3) : stop.start()].strip()
        if before not in {"M", "Dr", "Mr", "Mme"} and not _INITIAL.search(before):
            begin = stop.end()
    stop_after = _SENTENCE.search(text, end, end + ahead)
    return begin, stop_after.start() if stop_after else min(len(text), end + ahead)


def _is_tied(text: str, start: int, end: int) -> bool:
    """Whether the sentence around ``text[start:end]`` ties it to somebody."""
    begin, finish = _sentence(text, start, end)
    plain = seen(text).folded
    if _TIE_WORDS.search(plain, begin, finish) or _TIE_NAMES.search(text, begin, finish):
        return True
    if _IS.search(plain, max(0, start - 25), start) or _HIS_BEFORE.search(plain, begin, start):
        return True
    if _IN_FORM.search(plain, begin, start):
        return True
    holder = _IN_BRACKETS.search(text, begin, start)
    if holder and (is_first_name(holder["name"]) or is_surname(holder["name"])):
        return True
    words = _names_of(text, begin, finish)
    if any(map(_is_name, words)):
        return True
    row = text[text.rfind("\n", begin, start) + 1 : start]
    return max(row.count(";"), row.count("|"), row.count("\t")) >= _CELLS_OF_ROW and any(
        word.istitle() and not is_word(word) and folded(word) not in _NAMES_OF_ILLNESSES
        for word in words
    )


def _names_of(text: str, begin: int, finish: int) -> list[str]:
    """The capitalised words of ``text[begin:finish]``."""
    return [word.group() for word in _WORD_OF_NAME.finditer(text, begin, finish)]


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
    if _GENERAL_SENTENCE.search(seen(text).folded, *_sentence(text, start, end, ahead=120)):
        return False
    return bool(opens) and _END_OF_NOTE.match(text, end) is not None


def _lines_above(text: str, start: int) -> int:
    """Where the two lines before that of ``start`` begin, 300 characters at most."""
    at = start
    for _ in range(3):
        at = text.rfind("\n", max(0, start - 300), at)
        if at < 0:
            return max(0, start - 300)
    return at
