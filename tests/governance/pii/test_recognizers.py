"""What is found in French and English texts, and what is not."""

from __future__ import annotations

import csv
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.entities import KINDS
from governance.pii.recognizers import RECOGNIZERS
from governance.pii.recognizers.age import Age
from governance.pii.recognizers.birth import BirthDate

ENTITY_OF = {
    "NIR": "FR_NIR",
    "NIF": "FR_NIF",
    "SIREN": "FR_SIREN",
    "SIRET": "FR_SIRET",
    "TVA": "FR_TVA",
    "IBAN": "IBAN_CODE",
}


def found(analyzer: PiiAnalyzer, text: str) -> set[tuple[str, str]]:
    return {(each.entity, text[each.start : each.end]) for each in analyzer.find(text)}


@pytest.mark.parametrize("sentence", ["{}", "Voici le numéro : {}, merci.", "Le {} est à vérifier"])
def test_every_published_identifier_is_judged_rightly(
    analyzer: PiiAnalyzer, shared_data: Path, sentence: str
) -> None:
    wrong = []
    with (shared_data / "pii" / "ids_fr.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        entity = ENTITY_OF.get(row["type"], "PHONE_NUMBER")
        finds = found(analyzer, sentence.format(row["value"]))
        valid = row["valid"] == "1"
        right = (entity, row["value"]) in finds if valid else entity not in {e for e, _ in finds}
        if not right:
            wrong.append(row)
    assert len(rows) == 106
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("Mon numéro de sécu : 2 84 03 75 116 001", "FR_NIR", "2 84 03 75 116 001"),
        ("NIR 253072B07300470", "FR_NIR", "253072B07300470"),
        ("NIR 2.95.10.99.126.111.93", "FR_NIR", "2.95.10.99.126.111.93"),
        ("Carte 4111-1111-1111-1111 exp. 12/29", "CREDIT_CARD", "4111-1111-1111-1111"),
        ("RIB : FR76 3000 6000 0112 3456 7890 189 BIC AGRIFRPP", "IBAN_CODE", None),
        ("IBAN fr7630006000011234567890189", "IBAN_CODE", "fr7630006000011234567890189"),
        ("My mobile is +44 7700 900461", "PHONE_NUMBER", "+44 7700 900461"),
        ("mon n° caf c'est le 4418206", "FR_CAF", "4418206"),
        ("Mon permis porte le numéro 870635200418", "FR_DRIVING_LICENCE", "870635200418"),
        ("matricules 30417, 30419 et 30482", "EMPLOYEE_ID", "30482"),
        ("Repassez la paie de l'agente 40218, merci", "EMPLOYEE_ID", "40218"),
        ("You asked for the badge: mine is FR-5521", "EMPLOYEE_ID", "FR-5521"),
        ("Elle est allocataire de la CAF, elle a donné le 5521874.", "FR_CAF", "5521874"),
        ("Connu de France Travail sous le numéro 70418233915", "FR_FRANCE_TRAVAIL", "70418233915"),
        ("Son permis ? J'ai noté 140675301288.", "FR_DRIVING_LICENCE", "140675301288"),
        ("Renouvellement de votre titre n° 7704182236", "FR_RESIDENCE_PERMIT", "7704182236"),
        ("Dis-lui que son portable est le +33 6 39 98 11 22", "PHONE_NUMBER", "+33 6 39 98 11 22"),
        ("Ton identifiant c'est plebrun", "USER_NAME", "plebrun"),
        ("Tu te connectes avec mboutin, comme hier", "USER_NAME", "mboutin"),
        ("pour la session tape accueil3 puis mairie2025", "SECRET", "mairie2025"),
        ("Le mot de passe a changé. Essaie donc Tulipe#88", "SECRET", "Tulipe#88"),
        ("À 67 ans, il conduit encore le tracteur.", "AGE", "67 ans"),
        ("Ses filles (4 ans, 7 ans et 11 ans) mangent ici", "AGE", "11 ans"),
        ("Mon oncle a 81 balais", "AGE", "81 balais"),
        ("Fatou, majeure (dix-huit ans en mars), signe", "AGE", "dix-huit ans"),
        ("Fatou a été opérée d'un méningiome", "SPECIAL_CATEGORY", "méningiome"),
        ("Ses troubles du sommeil l'épuisent", "SPECIAL_CATEGORY", "troubles du sommeil"),
        ("il est passé à la cfdt en mai", "SPECIAL_CATEGORY", "cfdt"),
        ("Étaient là Dupuis (CGT), Lemoine (FO)", "SPECIAL_CATEGORY", "FO"),
        (
            "Bât. C, appt 12\n4 rue des Lilas\n59000 Lille",
            "FR_ADDRESS",
            "Bât. C, appt 12\n4 rue des Lilas\n59000 Lille",
        ),
        ("I live at 45 Green Park Road, near the lake", "FR_ADDRESS", "45 Green Park Road"),
        ("session de jmorvan3 (compte réseau)", "USER_NAME", "jmorvan3"),
        ("mot de passe temporaire Granit_88-Lande", "SECRET", "Granit_88-Lande"),
        ("Mot de passe dévoilé (Soleil2031*)", "SECRET", "Soleil2031*"),
        ("Noé, 14 mois, est gardé le mardi", "AGE", "14 mois"),
        (
            "Résidence du Lac, bât. C, 4 rue Haute, 35000 Rennes",
            "FR_ADDRESS",
            "Résidence du Lac, bât. C, 4 rue Haute, 35000 Rennes",
        ),
        ("Dr Yun, 97410 Saint-Pierre", "FR_ADDRESS", "97410 Saint-Pierre"),
        ("Patient : M. Zélie\nasthme, Ventoline au besoin", "SPECIAL_CATEGORY", "asthme"),
        ("Groupe vert : Noa B. (épilepsie)", "SPECIAL_CATEGORY", "épilepsie"),
        ("Appelez le 06.12.34.56.78", "PHONE_NUMBER", "06.12.34.56.78"),
        ("Appelez le +33 (0)6 12 34 56 78", "PHONE_NUMBER", "+33 (0)6 12 34 56 78"),
        ("Appelez le 0033612345678", "PHONE_NUMBER", "0033612345678"),
        ("Fort-de-France, 0596 60 12 34", "PHONE_NUMBER", "0596 60 12 34"),
        ("La Réunion, 0692 12 34 56", "PHONE_NUMBER", "0692 12 34 56"),
        ("Call +44 20 7946 0958", "PHONE_NUMBER", "+44 20 7946 0958"),
        (
            "Écrire à m.durand+rh@mairie-exemple.fr.",
            "EMAIL_ADDRESS",
            "m.durand+rh@mairie-exemple.fr",
        ),
        ("jean.petit [at] exemple.fr", "EMAIL_ADDRESS", "jean.petit [at] exemple.fr"),
        ("la plaque AB-123-CD", "FR_PLATE", "AB-123-CD"),
        ("véhicule immatriculé 1234 AB 75", "FR_PLATE", "1234 AB 75"),
        ("date de naissance : 03/04/1979", "BIRTH_DATE", "03/04/1979"),
        ("née à Dijon le 1er mars 1990", "BIRTH_DATE", "1er mars 1990"),
        ("Né(e) le : 12-03-84", "BIRTH_DATE", "12-03-84"),
        ("born on March 12, 1984", "BIRTH_DATE", "March 12, 1984"),
        (
            "J'habite 12 bis, rue de la République, 69002 Lyon.",
            "FR_ADDRESS",
            "12 bis, rue de la République, 69002 Lyon",
        ),
        (
            "au 3 avenue du 8 Mai 1945\n38000 Grenoble",
            "FR_ADDRESS",
            "3 avenue du 8 Mai 1945\n38000 Grenoble",
        ),
        (
            "j'habite 4 rue des lilas 37000 tours et je",
            "FR_ADDRESS",
            "4 rue des lilas 37000 tours",
        ),
        ("serveur 10.0.12.7 en panne", "IP_ADDRESS", "10.0.12.7"),
        ("depuis 2001:db8::8a2e:370:7334", "IP_ADDRESS", "2001:db8::8a2e:370:7334"),
        ("Mot de passe : Tr0ub4dor&3", "SECRET", "Tr0ub4dor&3"),
        ("clé sk-proj-abcdefghijklmnop1234", "SECRET", "sk-proj-abcdefghijklmnop1234"),
        ("Je m'appelle éléonore vasseur et je travaille", "PERSON", "éléonore vasseur"),
        ("Mme Le Goff est absente.", "PERSON", "Le Goff"),
        ("Dossier de M. d'Aubigné", "PERSON", "d'Aubigné"),
        ("Vu avec NGUYEN Thierry ce matin", "PERSON", "NGUYEN Thierry"),
        ("De : Fatoumata Diallo <f@exemple.fr>", "PERSON", "Fatoumata Diallo"),
        ("Cordialement,\nÉloïse de La Tour", "PERSON", "Éloïse de La Tour"),
        ("Signé : Karim Benali", "PERSON", "Karim Benali"),
        ("Hello, my name is John Smith.", "PERSON", "John Smith"),
        ("Dear Mr. Johnson, please call Mrs Emily Carter.", "PERSON", "Emily Carter"),
        ("| Nom | Tél |\n| Kévin Morel | 0612345678 |", "PERSON", "Kévin Morel"),
    ],
)
def test_is_found(analyzer: PiiAnalyzer, text: str, entity: str, value: str | None) -> None:
    value = value or "FR76 3000 6000 0112 3456 7890 189"
    assert (entity, value) in found(analyzer, text)


@pytest.mark.parametrize(
    "text",
    [
        "À combien s’élève le SMIC horaire brut ?",
        "Classe ces trois candidats et dis-moi qui rejeter.",
        "Combien de jours de congés payés acquiert-on par mois ?",
        "La brochure sur l'endométriose et la spondylarthrite est disponible à l'accueil.",
        "La CFDT a publié un communiqué ; la CGT a signé.",
        "Votre mot de passe expire le 12/03/2025 : au moins 12 caractères avec Office365.",
        "Un agent 2024 a déjà été formé ; la CAF verse 2840917 euros chaque année.",
        "L'article L3141-3 du Code du travail le prévoit.",
        "Indique le SIRET de la société et son code APE.",
        "Bonjour Madame la Directrice,",
        "La réunion du 12 mars 2024 est reportée au 3 avril 2024.",
        "Nous avons 12 places et 3 rues à repeindre.",
        "Mot de passe oublié : que faire ?",
        "La version 1.2.3 coûte 1 234 567,89 euros.",
        "Réponds à [PERSONNE_1] au [TELEPHONE_1].",
        "La France et l'Allemagne ont signé l'accord.",
    ],
)
def test_is_left_alone(analyzer: PiiAnalyzer, text: str) -> None:
    kept = {kind.entity for kind in KINDS if kind.handling == "keep"}
    assert {each for each in found(analyzer, text) if each[0] not in kept} == set()


@pytest.mark.parametrize(
    "text",
    [
        "Condamné à 5 ans de prison ; un crédit à 20 ans, c'est long.",
        "L'association a 40 ans cette année, et le bâtiment a 30 ans.",
        "Il a 3 ans d'ancienneté, elle a trois mois de préavis, Paul a deux ans de contrat.",
    ],
)
def test_a_term_or_the_age_of_a_thing_is_no_age(text: str) -> None:
    assert list(Age().spans(text)) == []


def test_a_name_once_found_is_found_everywhere(analyzer: PiiAnalyzer) -> None:
    text = "Jean Vasseur est arrivé. Le chef apprécie Vasseur ; VASSEUR aussi. Merci à Jean !"
    names = [text[each.start : each.end] for each in analyzer.find(text)]
    assert names == ["Jean Vasseur", "Vasseur", "VASSEUR", "Jean"]


def test_threads_share_one_analyser(analyzer: PiiAnalyzer) -> None:
    texts = [f"Mme Anne Leroy{'x' * n} habite 12 rue de la Paix, 75002 Paris" for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda text: found(analyzer, text), texts))
    for number, result in enumerate(results):
        assert ("PERSON", f"Anne Leroy{'x' * number}") in result


def test_a_private_key_is_one_secret(analyzer: PiiAnalyzer) -> None:
    key = (
        "-----BEGIN PRIVATE KEY-----\n" + "\n".join(["MIIEvQIBADANBgkq" * 4] * 12)
    ) + "\n-----END PRIVATE KEY-----"
    assert ("SECRET", key) in found(analyzer, f"Voici :\n{key}\nmerci")


HOSTILE = [
    "1" * 10_000,
    "1 " * 5_000,
    "12 " * 3_333,
    "06 " * 3_333,
    "a" * 10_000,
    "Aa " * 3_333,
    "A" * 10_000,
    "Jean " * 2_000,
    " " * 10_000,
    "\n" * 10_000,
    "a." * 5_000 + "@",
    "a@" * 5_000,
    "a@a." * 2_500,
    ":" * 10_000,
    "f:" * 5_000,
    "12 rue de " * 1_000,
    "12 rue A A A A " * 667,
    "né à " * 2_000,
    "mot de passe " * 770,
    "-----BEGIN PRIVATE KEY-----" * 370,
    "FR76 " * 2_000,
    "AA-" * 3_333,
    "eyJ" * 3_333,
    "MM. " * 2_500,
    "l'" * 5_000,
    "[PERSONNE_" * 1_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:14]))
def test_no_pattern_can_be_made_slow(text: str) -> None:
    slow = {}
    for recognizer in RECOGNIZERS:
        started = time.process_time()
        list(recognizer().spans(text))
        taken = time.process_time() - started
        if taken > 1.0:
            slow[recognizer.__name__] = taken
    assert slow == {}


def test_time_grows_linearly(analyzer: PiiAnalyzer) -> None:
    paragraph = (
        "Mme Anne Leroy, 12 rue de la Paix, 75002 Paris, 06 12 34 56 78, a demandé un congé. "
    )

    def seconds(repeats: int) -> float:
        started = time.process_time()
        findings = analyzer.find(paragraph * repeats)
        assert len(findings) == 3 * repeats
        return time.process_time() - started

    seconds(20)
    assert seconds(480) < 3 * 4 * seconds(120)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mme Roy a un syndrome du canal carpien.", {"syndrome du canal carpien"}),
        ("M. Kaya a une fracture du col du fémur.", {"fracture du col du fémur"}),
        ("Mme Le Goff reprend lundi. Le motif (une sciatique) est secret.", {"sciatique"}),
        ("L'enfant est né en mai. Une surdité bilatérale est notée.", {"surdité"}),
        ("Jules est diabétique.", {"diabétique"}),
        ("Pour la CGT : Mme Ndiaye.", {"CGT"}),
        ("Jeanne Roy, FSU, demande la parole.", {"FSU"}),
        ("Le Dr Roy rappelle que le burn-out n'est pas un tableau.", set()),
        ("M. Petit animera l'atelier sur les addictions et la dépression.", set()),
        ("Les agents souffrant de lombalgies peuvent voir Mme Roy.", set()),
        ("Mme Roy demande si l'endométriose ouvre droit à un congé.", set()),
        ("Depuis le covid, je travaille de chez moi.", set()),
        ("Il a été vu dans l'enceinte du stade.", set()),
        ("Mme Roy prend du Levothyrox.", set()),
        ("Les élus CGT demandent une suspension à Mme Roy.", set()),
    ],
)
def test_an_illness_or_a_union_counts_only_where_it_is_somebodys(
    analyzer: PiiAnalyzer, text: str, expected: set[str]
) -> None:
    finds = found(analyzer, text)
    assert {value for entity, value in finds if entity == "SPECIAL_CATEGORY"} == expected


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("M. Sow, 41 a., grutier", "AGE", "41 a."),
        ("Née le 02/05/1951 (73 A), suivie ici", "AGE", "73 A"),
        ("vu odette pelletier hier, 90 ans et bon pied", "AGE", "90 ans"),
        ("ses petits anissa 6 ans bilal 3 ans", "AGE", "3 ans"),
        ("Élève : Maëlle Riou, CP, 6 ans 4 mois", "AGE", "6 ans 4 mois"),
        ("elle a eu 40 ans samedi", "AGE", "40 ans"),
        ("on prépare les 70 ans de Lucette", "AGE", "70 ans"),
        ("my son, aged 12 years", "AGE", "12 years"),
        ("je suis du 9 juin 61", "BIRTH_DATE", "9 juin 61"),
        ("la maman de lina tran (11/02/12)", "BIRTH_DATE", "11/02/12"),
        ("Date de naissance de l'enfant : 14/07/2019", "BIRTH_DATE", "14/07/2019"),
        ("Elle a accouché le 3 mai 2021", "BIRTH_DATE", "3 mai 2021"),
    ],
)
def test_an_age_or_a_birth_said_in_passing_is_found(
    analyzer: PiiAnalyzer, text: str, entity: str, value: str
) -> None:
    assert (entity, value) in found(analyzer, text)


@pytest.mark.parametrize(
    "text",
    [
        "Prêt de M. Durand, 20 ans ; garantie de Mme Roux : 5 ans ; M. Martin, CDI, 3 ans",
        "La voiture de Karim a 12 ans, la toiture aussi. Y'a 3 ans, Léa est partie.",
        "Les salariés de plus de 55 ans partent à la retraite à 62 ans.",
        "Congé de naissance du 12 mars 2021 ; courrier de Mme Roux (04/10/2019).",
    ],
)
def test_a_term_beside_a_name_is_no_age_and_a_dealing_no_birth(text: str) -> None:
    assert [*Age().spans(text), *BirthDate().spans(text)] == []


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ('{"created_by":"tlemoal"}', "USER_NAME", "tlemoal"),
        ("compte AD amartin bloqué", "USER_NAME", "amartin"),
        ("Mattermost @soizic.b", "USER_NAME", "@soizic.b"),
        ("Login AD ....... jdupont", "USER_NAME", "jdupont"),
        ("le code du cadenas c'est 4071B", "SECRET", "4071B"),
        ("mot de passe initial Korr!goAber", "SECRET", "Korr!goAber"),
        ("code d'accès wifi : bretagne2024", "SECRET", "bretagne2024"),
        ("DB_PASSWORD=Tonnerre33!", "SECRET", "Tonnerre33!"),
        ('{"identifiant_ft":"7845123K"}', "FR_FRANCE_TRAVAIL", "7845123K"),
        ("Région/identifiant FT : 053 7845123K", "FR_FRANCE_TRAVAIL", "7845123K"),
        ("Inscrit sous le n° 5820417K à l'agence de Lens", "FR_FRANCE_TRAVAIL", "5820417K"),
        ("n°alloc 4027715", "FR_CAF", "4027715"),
        ("répertoire Adeli sous le 67 0 36466 0", "FR_ADELI", "67 0 36466 0"),
        ("la Clio EX907BD", "FR_PLATE", "EX907BD"),
        ("immat gb-123-cd", "FR_PLATE", "gb-123-cd"),
        ("matricule A-07731", "EMPLOYEE_ID", "A-07731"),
        (
            "rib FR76 3000 4008 2100\n0104 5773 257",
            "IBAN_CODE",
            "FR76 3000 4008 2100\n0104 5773 257",
        ),
    ],
)
def test_identifiers_as_offices_write_them(
    analyzer: PiiAnalyzer, text: str, entity: str, value: str
) -> None:
    assert (entity, value) in found(analyzer, text)


@pytest.mark.parametrize(
    "text",
    [
        "Compte : svc_jdupont",
        '{"created_by":"system"}',
        "author: claude",
        "l'utilisateur final",
        "code de la sécurité sociale L341-4",
        "code d'accès au 2ème étage",
        "véhicule de 120 cv",
        "mot de passe iPhone oublié",
    ],
)
def test_what_names_nobody_is_no_identifier(analyzer: PiiAnalyzer, text: str) -> None:
    kinds = {"USER_NAME", "SECRET", "FR_PLATE"}
    assert kinds.isdisjoint(kind for kind, _ in found(analyzer, text))
