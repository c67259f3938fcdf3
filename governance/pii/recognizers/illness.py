"""Names of illnesses, injuries, disabilities and their treatments, by a list and by how they end.

They are read in the folded text (lower case, no accents), a word at a time: a look-up for each word
costs less than a pattern with a thousand branches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from governance.pii.literals import Literals
from governance.pii.seen import seen

__all__ = ["illnesses"]

_LISTED: Final = frozenset(
    """
    allergies intolerance intolerante greffe tumeur gale mononucleose chemo chemotherapy antidepresseurs anxiolytiques neuroleptiques methadone
    acouphene acouphenes agoraphobie agranulocytose albinisme alcoholism alexie allergie
    alzheimer amblyope anaemia anemia aneurisme anevrisme angina angor anorexia anosmie
    aphasique apoplexie appendicite appendicitis arachnophobie arthritis arythmie asbestose
    ascite asperger asthenie asthma asthmatique astigmatisme ataxie autism autiste bec-de-lievre
    bipolaire blindness borreliose bronchitis brucellose bulimia cachexie cancer carcinome
    cardiopathie cataract cataracts cecite cephalees chemotherapy chickenpox chikungunya chimio
    chlamydia cholera claustrophobie coeliaquie coma commotion concussion contusion contusions
    convulsions cruralgie cyphose cystite deafness dementia dengue dermatite diabetes diabetique
    dialysis diphterie diplegie diverticulite dorsalgie dyscalculie dysgraphie dyslexia dyslexie
    dysorthographie dysphasie dyspraxia dyspraxie dysthymie dystonie dystrophie eczema embolie
    emphyseme encephalite encephalopathie endometriosis enuresie epicondylite epilepsy
    epileptique erysipele escarre escarres fibrome fibromyalgia fibromyalgie fibrose fistule
    foulure gale gangrene glaucoma glaucome goitre gonarthrose hematome hemiplegique hemorragie
    hemorroides hepatite hepatitis herpes hydrocephalie hyperactivite hypertendu hypertendue
    hypertension hyperthyroidie hypoglycemie hypothyroidie hysterectomie ictere impetigo
    incontinence infertilite insomnia insomnie insomnies insulinodependant insulinodependante
    intoxication ischemie kyste kystes leishmaniose leptospirose leucopenie leukaemia leukemia
    lipome listeriose lithiase lombosciatalgie lombosciatique lumbago lupus luxation
    lymphoma lymphome malaria malentendant mastectomie measles melanoma melanome meniscectomie
    menopause metastase metastases microlithiase migraine migraines migraineuse
    migraineux miscarriage mononucleose mumps mutisme myasthenie mycose myelome myocardite
    myopathe myopathie myopie narcolepsie nephrite neurofibromatose neuropathie nystagmus
    obesite oedeme orchite oreillons osteoporose osteoporosis otospongiose pacemaker paludisme
    pancreatite paralysie paranoia paraplegique parkinson parkinsonien parkinsonienne
    periarthrite pericardite peritonite pharyngite phlebite phlegmon pleuresie pneumonia
    pneumopathie pneumothorax polio poliomyelite polype polypes preeclampsie prematurite
    presbyacousie prostatite psoriasis psychosis psychotique purpura pyelonephrite rachitisme
    radiotherapy rhumatisme rhumatismes rougeole rubeole salmonellose sarcoidose
    scarlatine schizophrene schizophrenia sciatica sciatique sclerodermie scoliose scoliosis
    scorbut septicemie shingles silicose sinusite sinusitis sourd-muet sourde-muette
    spasmophilie spina-bifida spondylarthrite spondylolisthesis steatose stent stomie stomisee
    strabisme stroke surdicecite surmenage syncope syphilis tachycardie tetanos
    tetraplegique thalassemie thyroidite tonsillitis torticolis toxicomane toxoplasmose
    trisomique tuberculeux tuberculose tuberculosis typhoide urticaire uveite vaginisme varices
    variole vertiges vitiligo zika zona bpco tdah avc ivg dmla copd adhd ptsd vih sida hernie
    hernies hta allergique allergiques allergy allergic scarification scarifications automutilation
    automutilations bipolarite pre-eclampsie pre-eclampsia preeclampsia eclampsie eclampsia
    seropositivite begaiement denutrition ethylisme alcoolodependance alcoolodependant
    alcoolodependante teigne roseole obese amputation saturnisme paranoiaque bradycardie
    transidentite chagas ebola cocainomanie polytoxicomanie neurasthenie mythomanie kleptomanie
    appendicectomie burn-out burnout
    """.split()
)
_ACRONYMS: Final = frozenset(
    "AIT ALD MICI SAOS SLA SOPK VHB VHC SDRC SEP TCA TDA TDA/H TOC TOCS TSA TSPT".split()
)
"""Read as they are written: in lower case several are words or abbreviations of something else."""
_MORBID: Final = re.compile(
    # Inflammations: the organ, then -ite.
    r"(?:\w{0,14}arthr|\w{0,10}bronch|\w{0,6}col|dermat|\w{0,8}gastr|gastroenter|hepat|laryng|"
    r"mening|\w{0,6}myel|myos|myocard|nephr|nevr|neur|oste|pancreat|pericard|periton|pharyng|"
    r"phleb|pneumon|prostat|rhin|rhinopharyng|sinus|spondyl|tendin|tenosynov|thyroid|trache|uretr|"
    r"vagin|vascular|burs|capsul|cholecyst|cyst|conjonctiv|diverticul|\w{0,8}encephal|endocard|"
    r"enter|epicondyl|fasci|aponevros|gingiv|gloss|kerat|lymphang|mast|parodont|pleur|"
    r"salping|stomat|synov|uve|appendic|amygdal|arter|radicul|aden|bleph|blephar|cervic|"
    r"duoden|oesophag|ot|sacro-il|sacroil|trochanter|bartholin)ites?"
    # Wear, infestations, growths: the root, then -ose, -ome, -some.
    r"|(?:\w{0,12}arthr|\w{0,10}scler|\w{0,6}fibr|nevr|psych|tubercul|thromb|cirrh|osteopor|"
    r"mucoviscid|mononucle|silic|asbest|endometri|scoli|cyph|hyperlord|\w{0,5}sten|ankyl|"
    r"\w{0,5}acid|toxoplasm|listeri|legionell|leishmani|brucell|salmonell|\w{0,5}mycos|candid|"
    r"sarcoid|amyl|hemochromat|\w{0,6}cox|athero|athero-?scler|necr|osteonecr|dermat|"
    r"drepanocyt|phagocyt|agranulocyt|bilharzi|tricophyt|steat|pneumoconi|byssin|spondylarthr|"
    r"discarthr)oses?"
    r"|(?:\w{0,6}carcin|\w{0,4}lymph|melan|\w{0,6}sarc|glauc|fibr|myel|\w{0,4}aden|\w{0,6}angi|"
    r"hemat|neur|gli|blast|neuroblast|glioblast|mesotheli|lip|trach|condyl|papill|oste|chondr|"
    r"meningi|nephroblast|retinoblast|schwann|craniopharyngi|granul|hygr|meduloblast)omes?"
    r"|(?:para|hemi|tetra|di|quadri|ophtalmo)pleg\w{2,5}|(?:mono|hemi|para|tetra)paresies?"
    r"|\w{4,20}ectomies?|(?:tracheo|colo|ileo|gastro|uro)s?tomies?"
    r"|\w{3,20}pathies?|\w{3,16}algies?|(?:an|leuc|septic|isch|hypoglyc|hyperglyc|thalass|"
    r"ur|\w{0,9}lipid|\w{0,9}cholesterol|\w{0,8}kali|\w{0,8}natr|vir|bacteri|hyperuric)emies?"
    r"|(?:agora|claustro|photo|socio|acro|nosto|emeto|aichmo)phobies?"
    r"|(?:dys|a|hyper|hypo)(?:lexie|praxie|phasie|calculie|graphie|orthographie|thyroidie|tonie|"
    r"trophie|acousie|kinesie|sthenie|menorrhee|phagie|rythmie|plasie|spadias)s?"
    r"|\w{3,14}(?:plasties?|trophies?|sclerose)"
)
_NOT_MORBID: Final = frozenset(
    """
    sympathie empathie antipathie apathie telepathie homeopathie osteopathie naturopathie
    allopathie sympathies antipathies nostalgie nostalgies galvanoplastie thermoplastie
    atrophies trophies trophie
    """.split()
)
_WORD: Final = re.compile(r"(?<![\w@./-])[a-zœ][a-zœ/-]{1,29}(?![\w@-])")
_SENSES: Final = re.compile(
    r"(?:(?<![\w-])(?:est|suis|es|etait|sont|fils|fille|mari|nee?|devenue?|quasi|presque|totalement|"
    r"completement|partiellement|is|am|was)|,)[ ](sourde?s?|aveugles?|muette?s?|deaf|blind)(?![\w-])"
    r"(?![ ](?:oreille|a[ ]|aux?[ ]|to[ ]))"
)
"""«est sourde», not «faire la sourde oreille» nor «sourd à nos demandes»."""
_OF_SENSES: Final = Literals("sourd", "aveugle", "muet", "deaf", "blind")
_MORBID_ENDS: Final = (
    *("ite", "ites", "ose", "oses", "ome", "omes", "gie", "gies", "gique", "gia", "sie", "sies"),
    *("mie", "mies", "thie", "thies", "bie", "bies", "xie", "lie", "die", "nie", "phie", "phies"),
    *("tie", "ties", "hee", "erose", "dias"),
)
_SEVERAL: Final = re.compile(
    r"(?<![\w-])(?:"
    r"(?:troubles?|problemes?|soucis?|affections?|pathologies?|maladies?|insuffisances?|"
    r"deficiences?|deficits?|malformations?|lesions?|douleurs?|crises?|infections?|handicaps?|"
    r"defaillances?|arrets?|operations?|intoxications?|difficultes|maux)[ ]"
    r"(?:cognitifs?|anxieux|anxio-depressifs?|depressifs?|bipolaires?|psychi(?:ques?|atriques?)|"
    r"mentale?s?|mentaux|moteurs?|motrices?|visuel(?:le)?s?|auditi(?:f|fs|ve|ves)|cardiaques?|"
    r"cardio-?vasculaires?|respiratoires?|renale?s?|hepatiques?|intellectuel(?:le)?s?|"
    r"psychomoteurs?|musculo-?squelettiques?|neurologiques?|digesti(?:f|fs|ve|ves)|"
    r"alimentaires?|dorsale?s?|lombaires?|articulaires?|thyroidiens?|hormonaux|urinaires?|"
    r"pulmonaires?|chroniques?|auto-?immunes?|genetiques?|orphelines?|psychotiques?|mnesiques?|addictifs?|obsessionnels?|"
    r"neuro-?developpementa\w{1,3}|degeneratives?|"
    r"neurodegeneratives?|inflammatoires?|sensoriel(?:le)?s?|dys|"
    r"epileptiques?|d['’](?:asthme|epilepsie|angoisse|panique)|veineuses?|cerebrale?s?|"
    r"osseuses?|ligamentaires?|meniscales?|nosocomiale?s?|vasculaires?|severes?|"
    r"(?:du|de)[ ](?:comportement|neuro-?developpement|rythme|transit|l'(?:elocution|oralite|opposition|adaptation)|sommeil|langage|(?:la[ ])?memoire|l['’](?:attention|humeur|"
    r"alimentation|equilibre|apprentissage|audition)|personnalite|(?:la[ ])?vision|dos|"
    r"coeur|estomac|peau|foie|reins|spectre[ ](?:de[ ]l['’])?autis\w{2,5}|"
    r"charcot|crohn|basedow|hodgkin|lyme|huntington|meniere|horton|verneuil|hashimoto|"
    r"parkinson|alzheimer|raynaud|behcet|wilson|scheuermann|kawasaki|paget|dupuytren|steinert)"
    r"|(?:attention|humeur))"
    r"|(?:accidents?[ ]vasculaires?[ ]cerebra(?:l|ux)|accident[ ]ischemique\w{0,12}|"
    r"crises?[ ]cardiaques?|attaque[ ]cerebrale|rupture[ ]d['’]anevrisme|"
    r"rupture[ ](?:des?[ ]|du[ ])?(?:ligaments?(?:[ ]crois\w{1,3})?|tendon\w{0,2}|coiffe)|"
    r"embolie[ ]pulmonaire|(?:oe|œ)deme[ ](?:de[ ]quincke|pulmonaire|cerebral|papillaire|aigue?[ ]du[ ]poumon)|choc[ ]anaphylactique|"
    r"mal(?:[ ]de|aux?[ ]de)[ ]dos|polype[s]?[ ]\w{4,12}|calculs[ ](?:renaux|biliaires)|"
    r"pied[ ]bot|bec[ ]de[ ]lievre|spina[ ]bifida|haut[ ]potentiel|jambe[ ]artificielle|"
    r"(?:prothese|appareil)s?[ ](?:de[ ](?:hanche|genou)|auditi(?:f|fs|ve|ves))|"
    r"implant[ ]cochleaire|fauteuil[ ]roulant|chaise[ ]roulante|mobilite[ ]reduite|"
    r"stress[ ]post-?[ ]?traumatique|etat[ ]depressif|(?:episode|syndrome)[ ]depressif|"
    r"episode[ ]psychotique|crises?[ ]d['’](?:asthme|epilepsie|angoisse|panique)|"
    r"pouce[ ]a[ ]ressaut|doigt[ ]a[ ]ressaut|tunnel[ ]carpien|pneumocoque|"
    r"interruption[ ](?:volontaire|medicale)[ ]de[ ]grossesse|grossesse[ ]gemellaire|"
    r"diabete[ ]gestationnel|procreation[ ]medicalement[ ]assistee|parcours[ ]de[ ]pma|"
    r"transition[ ]de[ ]genre|"
    r"cirrhose[ ]\w{4,12}|"
    r"slipped[ ]dis[ck]|back[ ]pain|chronic[ ]fatigue|heart[ ](?:condition|disease|failure)|"
    r"multiple[ ]sclerosis|high[ ]blood[ ]pressure|panic[ ]attacks?|nervous[ ]breakdown|"
    r"nut[ ]allergy|peanut[ ]allergy|kidney[ ](?:stones?|failure)|mental[ ]health[ ]condition"
    r"|perte[ ](?:auditive|visuelle|d['’]audition|de[ ]memoire)|"
    r"troubles?[ ]de[ ](?:la[ ])?(?:marche|parole|concentration|deglutition|coordination)|"
    r"maladie[ ]a[ ]corps[ ]de[ ]lewy|conge[ ]pathologique|"
    r"(?:tms|troubles?[ ]musculo-?squelettiques?)[ ](?:de[ ]l['’])?(?:epaule|coude|poignet|dos|main)|"
    r"fractures?[ ](?:du[ ](?:col[ ](?:du[ ]femur|femoral)|crane|bassin)|de[ ]fatigue|"
    r"ouvertes?|vertebrales?)|"
    r"fibrillation[ ](?:auriculaire|ventriculaire|atriale)|apnees?[ ]du[ ]sommeil|"
    r"(?:idees?|conduites?|crises?)[ ](?:suicidaires?|addictives?|boulimiques?|convulsives?)|"
    r"retard[ ](?:mental|de[ ](?:langage|developpement)|psychomoteur)|"
    r"maladie[ ]d['’](?:alzheimer|huntington|osgood)|decompensation[ ](?:cardiaque|respiratoire|psychi\w{4,7})|maladies?[ ]rares?|angine[ ]de[ ]poitrine|souffle[ ]au[ ]c(?:oe|œ)ur|hallux[ ]valgus|"
    r"dependance[ ]a[ ]l'alcool|trouble[ ]de[ ]stress[ ]post-?[ ]?traumatique|"
    r"dechirure[ ](?:musculaire|ligamentaire)|decollement[ ]de[ ](?:la[ ])?retine|"
    r"lymphome[ ](?:de[ ]hodgkin|non[ ]hodgkinien)|infirmite[ ]motrice(?:[ ]cerebrale)?|"
    r"(?:lung|bowel|skin|prostate|ovarian|testicular)[ ]cancer|hearing[ ]loss|"
    r"eating[ ]disorder|bipolar[ ]disorder|panic[ ]disorder|post-?natal[ ]depression|"
    # A syndrome is named by what follows it.
    r"syndrome[ ](?:(?:du|des|de[ ]la|de)[ ]|(?:de[ ]l|d)')[\w-]{3,20}"
    r"(?:[ ](?:\w{3,12}(?:ien|able|ique|al|eux|ystique)s?|sans[ ]repos|du[ ]sommeil|de[ ]cheval)"
    r"(?![\w-]))?|syndrome[ ][\w-]{3,18}(?:if|ique|eux|aire|al))"
    r")(?![\w-])"
)
_OF_SEVERAL: Final = Literals(
    *("trouble", "probleme", "souci", "affection", "patholog", "maladie", "insuffisance"),
    *("deficien", "deficit", "malform", "lesion", "douleur", "crise", "infection", "handicap"),
    *("defaillance", "difficultes", "maux", "accident", "attaque", "rupture", "embolie", "deme "),
    *("choc", "mal de", "polype", "calcul", "pied bot", "lievre", "spina", "prothese", "appareil"),
    *("implant", "fauteuil", "chaise", "mobilite", "stress", "depressif", "psychotique"),
    *("ressaut", "carpien", "interruption", "grossesse", "gestationnel", "procreation", "pma"),
    *("transition", "cirrhose", "slipped", "back pain", "chronic", "heart", "sclerosis"),
    *("pressure", "panic", "breakdown", "allergy", "kidney", "mental"),
    *("fracture", "fibrillation", "apnee", "suicid", "addicti", "retard", "angine", "souffle"),
    *("hallux", "dependance", "dechirure", "decollement", "lymphome", "infirmite", "cancer"),
    *("hearing", "disorder", "compensation", "natal dep", "syndrome"),
)
_QUALITY: Final = re.compile(
    r"[ ](?:chroniques?|aigue?s?|severes?|mentale|nerveuse|ankylosante|rhumatoide|infantile|"
    r"ulcereuse|juvenile|congenitale|evolutive|de[ ]type[ ][12]|respiratoire|cerebrale|arterielle|inguinale|discale|hiatale|ombilicale|"
    r"pulmonaire|cardiaque|renale|hepatique|virale|bacterienne|bilaterale|auto-?immune|"
    r"fonctionnel(?:le)?|idiopathique|amyotrophique(?:[ ]laterale)?|generalisee?)(?![\w-])"
)


_OF_WHAT: Final = re.compile(
    r"(?:[ ](?:severe|grave|alimentaire))?[ ](?:aux?|a[ ]la|a[ ]l['’])[ ]?[a-z]{3,15}"
    r"(?:[ ]a[ ]coques?|[ ]de[ ](?:mer|vache))?(?![\w-])"
)
_ALLERGIES: Final = frozenset(
    "allergie allergies allergique allergiques intolerance intolerante".split()
)
_OF_WHERE: Final = re.compile(
    r"[ ](?:du|de[ ]la|de[ ]l['’]|des)[ ]?(?:jambe|pied|bras|main|seins?|poumons?|foie|reins?|colon|"
    r"prostate|thyroide|pancreas|coeur|moelle|cornee|uterus|estomac|vessie|peau|col)(?![\w-])"
)
_OF_THE_BODY: Final = frozenset({"cancer", "tumeur", "greffe", "amputation"})


def illnesses(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each term of health in ``text``, whoever it is said of."""
    folded = seen(text).folded
    for match in _WORD.finditer(folded):
        word = match.group()
        if _is_illness(word) or text[match.start() : match.end()] in _ACRONYMS:
            yield match.start(), _with_what_follows(folded, word, match.end())
    if seen(text).holds(_OF_SEVERAL):
        for match in _SEVERAL.finditer(folded):
            yield match.span()
    if seen(text).holds(_OF_SENSES):
        for match in _SENSES.finditer(folded):
            yield match.span(1)


def _with_what_follows(folded: str, word: str, end: int) -> int:
    """Where the term ends: what one is allergic to, and the organ, tell as much as the noun."""
    if word in _ALLERGIES:
        follows = _OF_WHAT.match(folded, end)
    elif word in _OF_THE_BODY:
        follows = _OF_WHERE.match(folded, end)
    else:
        follows = _QUALITY.match(folded, end)
    return follows.end() if follows else end


def _is_illness(word: str) -> bool:
    return word in _LISTED or (
        word.endswith(_MORBID_ENDS)
        and word not in _NOT_MORBID
        and _MORBID.fullmatch(word) is not None
    )
