"""Numbers and names that identify a person: what is found, and the look-alikes that are not."""

from __future__ import annotations

import pytest

from governance.pii.analyzer import PiiAnalyzer

FOUND = [
    ("FR_INE", "120890177AB", "INE : {}, élève de CM1"),
    ("FR_INE", "0123456789A", "Numéro national étudiant {}"),
    ("FR_INE", "2501456789G", "Son identifiant national est le {}."),
    ("FR_RPPS", "10003456786", "Dr Karim Benali (RPPS {})"),
    ("FR_RPPS", "10003456786", "Prescripteur : Dr Roux, {}"),
    ("FR_ADELI", "759123456", "N° ADELI : {}"),
    ("FR_ADELI", "75 9 12345 6", "infirmière libérale, ADELI n° {}"),
    ("FR_FINESS", "690781810", "Numéro FINESS {}"),
    ("FR_PASSPORT", "14AB12345", "passeport n° {} délivré à Lyon"),
    ("FR_PASSPORT", "17CK98765", "Son passeport français porte le numéro {}."),
    ("FR_PASSPORT", "X1234567", "passeport roumain n° {}"),
    ("FR_ID_CARD", "880692310285", "carte nationale d'identité n° {}"),
    ("FR_ID_CARD", "8806 9231 0285", "carte d’identité {}"),
    ("FR_ID_CARD", "X4RTBPFW4", "CNI : {}"),
    ("FR_DRIVING_LICENCE", "13AA00002", "permis de conduire n° {}"),
    ("FR_DRIVING_LICENCE", "930775112345", "Permis B : {}"),
    ("FR_RESIDENCE_PERMIT", "7501234567", "titre de séjour n° {}"),
    ("FR_RESIDENCE_PERMIT", "9A8B7C6D5", "carte de résident n° {}"),
    ("FR_RESIDENCE_PERMIT", "6903012345", "numéro étranger : {}"),
    ("FR_CAF", "1234567", "numéro allocataire CAF : {}"),
    ("FR_CAF", "1234567 B", "Allocataire n° {}"),
    ("FR_FRANCE_TRAVAIL", "1234567A", "identifiant France Travail {}"),
    ("FR_FRANCE_TRAVAIL", "7654321 K", "identifiant de demandeur d’emploi : {}"),
    ("FR_FRANCE_TRAVAIL", "1234567A", "inscrit à Pôle emploi sous le n° {}"),
    ("EMPLOYEE_ID", "A12345", "Matricule : {}"),
    ("EMPLOYEE_ID", "004512", "n° agent {}"),
    ("EMPLOYEE_ID", "RH-2041", "(matricule {})"),
    ("EMPLOYEE_ID", "88213", "employee ID {}"),
    ("FR_RIB", "19677 48398 37565939162 64", "RIB : {}"),
    ("BIC_CODE", "AGRIFRPP882", "BIC : {}"),
    ("BIC_CODE", "BNPAFRPP", "code SWIFT {}"),
    ("MAC_ADDRESS", "00:1A:2B:3C:4D:5E", "adresse MAC {}"),
    ("MAC_ADDRESS", "00-1a-2b-3c-4d-5e", "Le poste {} ne répond plus"),
    ("MAC_ADDRESS", "001a.2b3c.4d5e", "port du commutateur : {}"),
    ("PERSONAL_URL", "https://portail.exemple.fr/usagers/12345/dossier", "Voir {}."),
    ("PERSONAL_URL", "https://www.linkedin.com/in/jean-dupont-123/", "Profil : {}"),
    ("PERSONAL_URL", "https://intranet.exemple.fr/app?user_id=445&vue=1", "({})"),
    ("USER_NAME", "mdupont", "login : {}"),
    ("USER_NAME", "jean.durand", "Son identifiant est {}"),
    ("USER_NAME", "VILLE\\jdurand", "compte {} verrouillé"),
    ("USER_NAME", "@marie_dupont", "contactez {}"),
    ("COORDINATES", "48.8566, 2.3522", "position : {}"),
    ("COORDINATES", "45°45'35\"N 4°50'32\"E", "Rendez-vous au point {}"),
    ("SPECIAL_CATEGORY", "diabète de type 1", "Mme Diallo souffre d’un {}."),
    ("SPECIAL_CATEGORY", "dépression", "Mon collègue est en arrêt pour {}."),
    ("SPECIAL_CATEGORY", "CGT", "Elle est adhérente à la {}."),
    ("SPECIAL_CATEGORY", "CFDT", "M. Roux, délégué syndical {}"),
]

ELSE = [
    ("FR_RPPS", "RPPS 10003456783"),
    ("FR_RPPS", "Commande 10003456786 expédiée"),
    ("FR_FINESS", "FINESS 690781811"),
    ("FR_PASSPORT", "La référence 14AB12345 est épuisée"),
    ("FR_PASSPORT", "Il faut un passeport en cours de validité"),
    ("FR_ID_CARD", "La carte d’identité coûte 25 euros en cas de perte"),
    ("FR_DRIVING_LICENCE", "permis de construire PC 069 123 26 A0012"),
    ("FR_RESIDENCE_PERMIT", "Le titre de séjour se renouvelle 2 mois avant son terme"),
    ("FR_CAF", "La CAF verse 184,81 euros par mois"),
    ("FR_FRANCE_TRAVAIL", "France Travail compte 900 agences"),
    ("EMPLOYEE_ID", "Les 250 agents de la ville"),
    ("EMPLOYEE_ID", "le matricule figure sur le bulletin de paie"),
    ("FR_RIB", "RIB : 19677 48398 37565939162 65"),
    ("BIC_CODE", "un stylo BIC BLEUMARINE"),
    ("MAC_ADDRESS", "à 10:30:15 le 12-03-2024"),
    ("PERSONAL_URL", "https://www.service-public.fr/particuliers/vosdroits/F1234"),
    ("PERSONAL_URL", "https://exemple.fr/recherche?q=horaires&page=2"),
    ("USER_NAME", "identifiant : oublié"),
    ("USER_NAME", "Ajoutez @media print et @app.route('/')"),
    ("USER_NAME", "npm install @angular/core"),
    ("COORDINATES", "de 12.500 à 13.750 euros"),
    ("COORDINATES", "Les taux 1.234, 2.345 et 3.456"),
    ("SPECIAL_CATEGORY", "Le diabète est une maladie chronique."),
    ("SPECIAL_CATEGORY", "La CGT appelle à la grève."),
    ("SPECIAL_CATEGORY", "Quels sont les droits en cas de grossesse ?"),
]


@pytest.mark.parametrize(("entity", "value", "sentence"), FOUND)
def test_it_is_found_whole(analyzer: PiiAnalyzer, entity: str, value: str, sentence: str) -> None:
    text = sentence.format(value)
    assert (entity, value) in {(f.entity, text[f.start : f.end]) for f in analyzer.find(text)}


@pytest.mark.parametrize(("entity", "text"), ELSE)
def test_a_look_alike_is_something_else(analyzer: PiiAnalyzer, entity: str, text: str) -> None:
    assert entity not in {finding.entity for finding in analyzer.find(text)}
