"""What is found in tables, files, forms and lists, and what a wrong label does not announce."""

from __future__ import annotations

import pytest

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.recognizers.columns import tables
from governance.pii.recognizers.labels import Label, Trust, label_of
from governance.pii.recognizers.structured import Structured
from tests.governance.pii.test_hostile import HOSTILE, is_slow


def found(text: str) -> set[tuple[str, str]]:
    return {(entity, text[start:end]) for entity, start, end, _, _ in Structured().spans(text)}


@pytest.mark.parametrize(
    ("label", "entity"),
    [
        ("Né(e) le", "BIRTH_DATE"),
        ("date_naissance", "BIRTH_DATE"),
        ("dateNaissance", "BIRTH_DATE"),
        ("DATE DE NAISSANCE", "BIRTH_DATE"),
        ("N° de sécurité sociale", "FR_NIR"),
        ("Votre nom", "PERSON"),
        ("Prénoms", "PERSON"),
        ("Nom de l'enfant", "PERSON"),
        ("N° agent", "EMPLOYEE_ID"),
        ("Agent", "PERSON"),
        ("Matricule attribué", "EMPLOYEE_ID"),
        ("Permis de la conductrice", "FR_DRIVING_LICENCE"),
        ("CP Ville", "FR_ADDRESS"),
        ("Adresse de l'employeur", "FR_ADDRESS"),
    ],
)
def test_labels_are_known_however_they_are_written(label: str, entity: str) -> None:
    known = label_of(label)
    assert known is not None
    assert known.entity == entity


@pytest.mark.parametrize(
    "label",
    [
        "Adresse mail",
        "Nom du fichier",
        "Permis de construire",
        "Version",
        "Montant",
        "N° client",
        "",
    ],
)
def test_other_labels_announce_nothing(label: str) -> None:
    assert label_of(label) is None


def test_a_label_in_the_plural_announces_several() -> None:
    assert label_of("Accompagnateurs") == Label("PERSON", Trust.ROLE, many=True)
    assert label_of("Accompagnateur") == Label("PERSON", Trust.ROLE, many=False)


@pytest.mark.parametrize(
    "text",
    [
        "nom;prenom;matricule\nBOURDIN;Océane;B20731\nÓ BRIAIN;Tadhg;B20732",
        "nom,prenom,matricule\nBOURDIN,Océane,B20731\nÓ BRIAIN,Tadhg,B20732",
        "nom\tprenom\tmatricule\nBOURDIN\tOcéane\tB20731\nÓ BRIAIN\tTadhg\tB20732",
        '"nom";"prenom";"matricule"\r\n"BOURDIN";"Océane";"B20731"\r\n"Ó BRIAIN";"Tadhg";"B20732"',
        "| Nom | Prénom | Matricule |\n|---|:-:|--:|\n| BOURDIN | Océane | B20731 |\n"
        "| Ó BRIAIN | Tadhg | B20732 |",
        "Nom         Prénom     Matricule\nBOURDIN     Océane     B20731\n"
        "Ó BRIAIN    Tadhg      B20732",
    ],
)
def test_every_cell_under_a_label_is_found(text: str) -> None:
    people = {("PERSON", name) for name in ("BOURDIN", "Océane", "Ó BRIAIN", "Tadhg")}
    assert found(text) >= people | {("EMPLOYEE_ID", "B20731"), ("EMPLOYEE_ID", "B20732")}


def test_a_delimiter_in_quotes_parts_nothing() -> None:
    text = 'id,client,ville\n1,"Morvan, Anne-Lise",Brest\n2,"SARL Morvan, Fils",Lorient'
    assert found(text) == {
        ("PERSON", "Morvan, Anne-Lise"),
        ("LOCATION", "Brest"),
        ("LOCATION", "Lorient"),
    }


def test_a_column_of_names_needs_no_label_where_the_others_are_personal() -> None:
    text = "Astreinte d'hiver;Tél.\nYves Berthou;06 33 17 40 92\nArben Gashi;06 75 02 66 18"
    assert {("PERSON", "Yves Berthou"), ("PERSON", "Arben Gashi")} <= found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nom;Poste;Statut\nposte vacant;4512;à pourvoir\nnéant;4513;-",
        "Article;Quantité;Responsable\nVis;12;Voirie\nBoulons;40;Atelier",
        "fournisseur;contact;adresse\nPapeterie Lambert;service commercial;(voir annexe)",
        "Le client, l'agent, le directeur\nont signé, relu, approuvé hier",
        "Âge;Matricule\nn.c.;en cours\n-;à créer",
        "Mot de passe;Login\n********;à définir\n-;admin",
        "semaine;menu;agent\n36;Colin sauce Nantua;2\n37;Salade Victor;3",
    ],
)
def test_what_does_not_look_like_its_label_is_left(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"matricule": "B20731", "version": "2.14.0"}', {("EMPLOYEE_ID", "B20731")}),
        (
            '{"agent": {"nom": "Tanguy", "prenom": "Soizic"}, "projet": {"nom": "Martin"}}',
            {("PERSON", "Tanguy"), ("PERSON", "Soizic")},
        ),
        (
            '{"auteurs": ["Soizic Tanguy", "Ali Ben Amor"]}',
            {("PERSON", "Soizic Tanguy"), ("PERSON", "Ali Ben Amor")},
        ),
        ('{"passeport": {"numero": "08CT73317"}}', {("FR_PASSPORT", "08CT73317")}),
        ("{'login': 'stanguy', 'role': 'lecteur'}", {("USER_NAME", "stanguy")}),
        ('{"name": "portail-usagers", "license": "MIT"}', set()),
        (
            "<agent><nom>Tanguy</nom><ddn>1984-03-12</ddn></agent>",
            {("PERSON", "Tanguy"), ("BIRTH_DATE", "1984-03-12")},
        ),
        ("demandeur: a.morvan | poste: PC-0412", {("USER_NAME", "a.morvan")}),
        ("GET /dossier?login=s.tanguy&page=2", {("USER_NAME", "s.tanguy")}),
        ("mot_de_passe: Azerty!2025", {("SECRET", "Azerty!2025")}),
    ],
)
def test_values_of_known_keys_are_found(text: str, expected: set[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "NOM ........ TANGUY      Prénom ........ Soizic\nNé(e) le .... 12.03.1984",
            {("PERSON", "TANGUY"), ("PERSON", "Soizic"), ("BIRTH_DATE", "12.03.1984")},
        ),
        (
            "Nom = Sow ; Prénom = Fatou – Ville = Pau",
            {("PERSON", "Sow"), ("PERSON", "Fatou"), ("LOCATION", "Pau")},
        ),
        ("Matricule (paie) : P-4471", {("EMPLOYEE_ID", "P-4471")}),
        ("Demandeuse : Lina Rossi, service Fêtes", {("PERSON", "Lina Rossi")}),
        (
            "Adresse : Ti Glas, 29 route de la Corniche\n56340 Carnac",
            {("FR_ADDRESS", "Ti Glas, 29 route de la Corniche\n56340 Carnac")},
        ),
        (
            "Nom\nBENAMAR\nPrénom\nInès\nDate de naissance\n14 juin 2012",
            {("PERSON", "BENAMAR"), ("PERSON", "Inès"), ("BIRTH_DATE", "14 juin 2012")},
        ),
        ("Lésion : entorse du poignet", {("SPECIAL_CATEGORY", "entorse")}),
        ("Allergies : néant\nVille : néant\nTuteur : à désigner\nContact : Accueil", set()),
        ("Excusé : M. le Maire\nResponsable : Ressources Humaines", set()),
    ],
)
def test_fields_of_forms_are_found(text: str, expected: set[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_a_schedule_names_people() -> None:
    text = "9 h Kerautret, 10 h Ben Salah, 11 h 30 Petitjean"
    names = {("PERSON", name) for name in ("Kerautret", "Ben Salah", "Petitjean")}
    assert found(text) == names
    assert found("8 h Accueil, 9 h Café, 10 h Atelier, 11 h Pause") == set()


def test_the_whole_analyser_reads_a_file_of_agents(analyzer: PiiAnalyzer) -> None:
    text = (
        "nom;prenom;naissance;nir;login\n"
        "TANGUY;Soizic;12/03/1984;284032907642903;stanguy\n"
        "DIOP;Awa;04/11/1971;271119961341719;adiop\n"
    )
    kept = {text[each.start : each.end] for each in analyzer.find(text)}
    assert kept >= {"TANGUY", "Soizic", "12/03/1984", "284032907642903", "stanguy"}
    assert kept >= {"DIOP", "Awa", "04/11/1971", "271119961341719", "adiop"}


def test_rows_are_told_from_the_lines_around_them() -> None:
    text = "Voici la liste.\n\nnom;age\nTanguy;34\nDiop;51\n\nMerci d'avance ; à demain"
    (table,) = tables(text)
    assert table.labels == ["nom", "age"]
    assert [[text[start:end] for start, end in column] for column in table.columns] == [
        ["Tanguy", "Diop"],
        ["34", "51"],
    ]


@pytest.mark.parametrize(
    "unit",
    [
        *HOSTILE,
        *("nom;", "nom,", "nom|", "nom\t", "nom  ", "nom : ", "nom\n", "nom = ", "nom ....."),
        *('"nom":', '"nom":"', '{"nom":', '"nom":["', "<nom>", '";"', "agent : A, "),
        *("nom;age\n", "nom;age\nA;1\n"),
        *("9 h Morel, ", "lundi : Morel\n", "Nom (", "né(e) le "),
    ],
    ids=lambda unit: repr(unit[:14]),
)
def test_structures_cannot_be_made_slow(unit: str) -> None:
    made = Structured()
    assert not is_slow(lambda text: list(made.spans(text)), unit, "\nNom : Vasseur\nnom;age\nA;1")


def test_a_long_table_keeps_its_head_to_its_last_line(analyzer: PiiAnalyzer) -> None:
    rows = "".join(f"{number:06d};Oquendal;Tiphaigne;Voirie\n" for number in range(20_000, 21_000))
    text = f"matricule;nom;prenom;service\n{rows}"
    last = [
        text[each.start : each.end] for each in analyzer.find(text) if each.start > len(text) - 40
    ]
    assert last == ["020999", "Oquendal", "Tiphaigne"]
