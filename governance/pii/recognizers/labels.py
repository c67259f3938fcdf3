"""What the labels of tables, files and forms announce: one table, from words to a kind of data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from governance.pii.recognizers.base import folded

__all__ = ["ENTITIES", "Label", "Trust", "is_of_things", "label_of"]


class Trust(IntEnum):
    """How much a label says of a name under it; other kinds are judged by their shape."""

    LOOSE = 0
    """A firm, a service or a thing may stand there too: a known name is needed."""
    ROLE = 1
    """A person stands there, or a service in their place."""
    SURE = 2
    """A part of a person's name stands there."""


@dataclass(frozen=True, slots=True)
class Label:
    """``entity`` stands under the label; ``many`` where the label is in the plural."""

    entity: str
    trust: Trust = Trust.ROLE
    many: bool = False


_NAMES: Final = """
prénom, prénom usuel, nom de famille, nom de naissance, nom d'usage, nom d'épouse, nom marital,
nom usuel,
nom de jeune fille, nom patronymique, nom et prénom, prénom et nom, nom prénom, prénom nom,
nom complet, patronyme,
family name, last name, lastname, first name, firstname, given name, middle name, surname,
full name, fullname,
maiden name
"""
_ROLES: Final = """
agent, agente, salarié, salariée, employé, employée, collaborateur, collaboratrice, candidat,
candidate, patient,
patiente, élève, étudiant, étudiante, enfant, résident, résidente, locataire, colocataire,
conducteur, conductrice,
chauffeur, directeur, directrice, responsable, responsable légal, responsable légale, tuteur,
tutrice, curateur,
bénéficiaire, demandeur, demandeuse, demanderesse, témoin, victime, vendeur, vendeuse, acquéreur,
acquéreuse, animateur,
animatrice, accompagnateur, accompagnatrice, formateur, formatrice, praticien, praticienne,
médecin, médecin traitant,
infirmier, infirmière, instructeur, instructrice, rédacteur, rédactrice, auteur, autrice,
stagiaire, apprenti, apprentie,
alternant, alternante, allocataire, usager, usagère, administré, administrée, conjoint, conjointe,
époux, épouse, père,
mère, fils, fille, frère, sœur, parent, représentant légal, assuré, assurée, adhérent, adhérente,
personne à prévenir,
personne à contacter, personne, référent, référente, gestionnaire, chef de service,
chef de projet, encadrant, encadrante,
manager, supérieur hiérarchique, n+1, remplaçant, remplaçante, suppléant, suppléante, titulaire,
membre, participant,
participante, présent, absent, excusé, inscrit, inscrite, signataire, émetteur, interlocuteur,
interlocutrice,
expéditeur, conseiller, conseillère, enseignant, enseignante, professeur, assistant, assistante,
rapporteur, rapporteuse,
président, présidente, secrétaire, trésorier, trésorière, gardien, gardienne, défunt, défunte,
déclarant, déclarante,
mandataire, mandant, soussigné, plaignant, plaignante, requérant, requérante, suivi par,
affaire suivie par, saisi par,
établi par, validé par, pris par, reçu par, instruit par, rédigé par, créé par, demandé par,
signé par, assigné à, technicien, technicienne,
intervenant, intervenante, opérateur, opératrice, adjoint, adjointe, élu, élue, copropriétaire,
propriétaire, nommé,
employee, staff, student, teacher, tenant, driver, attendee, guest, applicant, beneficiary,
emergency contact, assignee,
reporter, reviewer, author, owner name, guardian, mother, father, spouse, child, trainer, trainee,
signatory, doctor,
line manager, created by, updated by, approved by, reported by, team member, speaker, chair,
supervisor, contact person,
agent guichet, ayant droit, visa chef de service
"""
_LOOSE: Final = """
nom, name, client, cliente, contact, customer, titulaire du compte, destinataire, utilisateur,
utilisatrice, user, owner,
display name, displayname, abonné, abonnée, lead, pilote, sender, recipient, from, to, cc, attn,
signature, identité, civilité nom
"""
_ALSO_NAMED: Final = "client, cliente, contact, customer, abonné, destinataire, utilisateur, user"
_OTHERS: Final = {
    "BIRTH_DATE": """né le, née le, né, née, date de naissance, date naiss, date naissance,
    naissance, ddn, dob, birth date,
        birthdate, birthday, date of birth, born, born on, né e le, datenaissance""",
    "AGE": "âge, age",
    "EMPLOYEE_ID": """matricule, n° agent, n° salarié, n° d'employé, n° collaborateur,
    n° de badge, badge, matricule agent, matricule rh,
        matricule salarié, matricule paie, identifiant agent, identifiant rh, identifiant salarié,
        staff number, employee number, employee id,
        staff id, personnel number, code agent, code salarié, emp id, empno, badge id,
        n° matricule""",
    "USER_NAME": """login, username, user name, userid, user id, nom d'utilisateur,
    identifiant de connexion, identifiant utilisateur,
        compte, compte utilisateur, compte windows, compte réseau, compte ad, compte informatique,
        account, account name, uid, utilisateur, user,
        samaccountname, pseudo, pseudonyme, handle, login windows, session, logon, identifiant,
        identifiant réseau, identifiant windows, usr, login ad, login réseau, login ent, login intranet,
        identifiant ad, identifiant ent, identifiant vpn, identifiant intranet, identifiant messagerie,
        compte messagerie, compte vpn, compte ent, compte intranet, compte active directory,
        compte citrix, user login, login user, login agent, login utilisateur, nom de compte""",
    "SECRET": """mot de passe, mdp, password, passwd, pwd, passphrase, mot de passe provisoire,
    mot de passe temporaire, pass, clé wifi,
        clé wi-fi, code wifi, code wi-fi, mot de passe wifi, mot de passe wi-fi, clé wpa,
        clé wpa2, wpa, psk, api key, apikey, clé api, clé d'api, secret, client secret, token,
        jeton,
        access token, secret key, clé secrète, code pin""",
    "PHONE_NUMBER": """tél, tel, téléphone, telephone, portable, mobile, gsm, phone, phone number,
    fixe, cell, fax, ligne directe,
        tél portable, tél fixe, téléphone portable, téléphone fixe, téléphone mobile,
        téléphone domicile, numéro de téléphone, rappel sms""",
    "FR_ADDRESS": """adresse, adresse postale, adresse complète, adresse personnelle, domicile,
    rue, voie, adresse du domicile, address, home address,
        postal address, street, logement, lieu d'exercice, résidence, cp ville, code postal ville,
        code postal et ville, cp et ville, cp commune, adresse de livraison,
        adresse de facturation, adresse de correspondance, adresse1, adresse 1, siège,
        siège social""",
    "LOCATION": """ville, commune, localité, lieu de naissance, ville de naissance,
    commune de naissance, pays de naissance,
        pays, town, city, place of birth, birthplace, country, commune de résidence,
        ville de résidence, département""",
    "FR_NIR": """nir, numéro de sécurité sociale, n° sécurité sociale, sécurité sociale, n° sécu,
    sécu, numero secu, num secu, n° ss, nss,
        numéro d'assuré, n° assuré social, insee, n° insee, immatriculation sécurité sociale,
        social security number, ssn""",
    "FR_NIF": "nif, spi, numéro fiscal, n° fiscal, identifiant fiscal, référence fiscale",
    "FR_RPPS": "rpps, n° rpps",
    "FR_ADELI": "adeli, n° adeli, id adeli, adeli id, code adeli, identifiant adeli",
    "FR_FINESS": "finess, n° finess, finess et, finess ej, finess géographique, finess juridique",
    "FR_CAF": """caf, n° caf, n° allocataire, numéro allocataire, numéro caf, matricule caf,
    allocataire caf, dossier caf, identifiant caf,
        n° allocataire caf, msa, n° msa, n° alloc, alloc, caf id, id caf, allocataire id, id allocataire""",
    "FR_FRANCE_TRAVAIL": """identifiant france travail, n° france travail,
    identifiant pôle emploi, n° pôle emploi, numéro demandeur d'emploi,
        identifiant demandeur d'emploi, france travail, pôle emploi, identifiant ft, ident ft, id ft,
        n° ft, identifiant pe, ident pe, id pe, n° pe, id france travail, id pôle emploi,
        ident france travail, n° d'inscrit france travail, identifiant anpe""",
    "FR_INE": """ine, n° ine, identifiant national étudiant, identifiant national élève, numéro ine, n° étudiant,
        numéro étudiant, ine rnie""",
    "FR_PASSPORT": "passeport, n° passeport, numéro de passeport, passport, passport number",
    "FR_ID_CARD": """carte d'identité, n° carte d'identité, cni, n° cni,
    carte nationale d'identité, pièce d'identité, n° pièce d'identité, id card,
        identity card, national id""",
    "FR_DRIVING_LICENCE": """permis, permis de conduire, n° permis, n° de permis de conduire,
    numéro de permis, driving licence, driving license,
        driver licence, driver license""",
    "FR_RESIDENCE_PERMIT": """titre de séjour, n° titre de séjour, carte de séjour,
    carte de résident, n° étranger, numéro étranger, agdref, residence permit""",
    "FR_PLATE": """plaque, immatriculation, immatriculation du véhicule, plaque d'immatriculation,
    immat, véhicule, plate, license plate, registration plate,
        n° d'immatriculation""",
    "BIC_CODE": "bic, swift, bic swift, code bic, code swift",
    "FR_SIREN": "siren, n° siren, rcs",
    "SPECIAL_CATEGORY": """pathologie, maladie, handicap, allergie, lésion, diagnostic, syndicat,
    organisation syndicale, affiliation syndicale,
        appartenance syndicale, antécédent, antécédents médicaux, situation de handicap,
        problème de santé, état de santé, nature de la lésion,
        nature des lésions, nature du handicap, nature de la maladie, allergies connues,
        diagnosis, medical condition, disability, allergies, religion, confession""",
}
ENTITIES: Final = frozenset({"PERSON", *_OTHERS})
"""The kinds that a label can announce."""
_NOT_PERSONAL: Final = """
adresse mail, adresse email, adresse électronique, adresse ip, adresse mac, adresse web,
adresse internet, adresse url, adresse site, adresse courriel,
adresse source, email address, ip address, mac address, nom du fichier, personne morale,
client final, agent conversationnel, contact presse,
parent id, carte grise, permis de construire, permis d'aménager, permis de démolir, token count,
responsable hiérarchique direct n,
user agent, session id, compte rendu, badge actif, compte bancaire, n° compte, compte bancaire n,
n° client, n° dossier, age moyen, adresse réseau,
n° facture, n° contact, n° utilisateur, siège auto, membre du groupe, usager du service,
code client, client lourd, max token, token max, token type, secrétaire de séance et
"""
_SMALL: Final = frozenset(
    """le la les l un une du de des d votre vos mon ma mes son sa ses leur leurs notre nos your
    my the of et a au aux en and for pour par""".split()
)
_NUMBER: Final = frozenset({"n", "no", "nr", "num", "numero", "number"})
_QUALIFIERS: Final = frozenset(
    """attribue attribuee souhaite souhaitee provisoire principal principale personnel
    personnelle perso professionnel professionnelle pro actuel actuelle ancien ancienne
    nouveau nouvelle 1 2 3 initial initiale temporaire autre divulgue complet complete copie
    releasing receiving suivi obligatoire facultatif eventuel eventuelle domicile travail
    current new old habituel habituelle interne valide definitif concerne concernee connu
    connue fr francais""".split()
)
_THINGS: Final = frozenset(
    """fournisseur societe entreprise raison organisme organisation etablissement structure
    produit article libelle designation service fonction poste intitule marque modele objet
    projet partenaire company product organization item description titre statut etat type
    categorie lieu site salle motif commentaire""".split()
)
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])")
_ENDINGS: Final = re.compile(r"\((?:e|s|es|ne|rice|trice)\)|[·.](?:e|s|es|ne)(?:[·.]s)?(?!\w)")
_BRACKETS: Final = re.compile(r"\([^()]{0,40}\)?")
_WORD: Final = re.compile(r"[a-z0-9œ]+")
_LONGEST: Final = 60
"""Characters of the longest text that is read as a label."""


def _words(label: str) -> list[str]:
    """``label`` less its small words, in the singular; a word for «number» comes first, as «n»."""
    plain = folded(_CAMEL.sub(" ", label).replace("_", " ").replace("n+1", "nplus1"))
    plain = _BRACKETS.sub(" ", _ENDINGS.sub("", plain)).replace("œ", "oe")
    words = []
    numbered = False
    for word in _WORD.findall(plain):
        if word in _NUMBER:
            numbered = True
        elif word not in _SMALL:
            words.append(word[:-1] if len(word) > 3 and word.endswith("s") else word)
    return ["n", *words] if numbered else words


def _key(label: str) -> tuple[str, ...]:
    return tuple(_words(label))


def _table() -> dict[tuple[str, ...], Label | None]:
    table: dict[tuple[str, ...], Label | None] = {}
    for text, trust in ((_LOOSE, Trust.LOOSE), (_ROLES, Trust.ROLE), (_NAMES, Trust.SURE)):
        table |= {_key(label): Label("PERSON", trust) for label in text.split(",")}
    for role in (*_ROLES.split(","), *_ALSO_NAMED.split(",")):
        for part in ("nom", "prénom", "nom et prénom", "nom prénom", "prénom nom", "nom complet"):
            table[_key(f"{part} {role}")] = Label("PERSON", Trust.SURE)
            table[_key(f"{role} {part}")] = Label("PERSON", Trust.SURE)
    for entity, labels in _OTHERS.items():
        table |= {_key(label): Label(entity) for label in labels.split(",")}
    table |= {_key(label): None for label in _NOT_PERSONAL.split(",")}
    table.pop((), None)
    return table


_TABLE: Final = _table()
_WHOLE_ONLY: Final = frozenset({"USER_NAME", "LOCATION", "AGE", "SECRET"})
"""Kinds whose shape is too plain for a label that says more than the table knows."""


def label_of(text: str, *, whole: bool = False) -> Label | None:
    """What stands under the label ``text``, or None where it is no known label.

    ``whole``: no further words may follow the known ones.
    """
    if not 1 < len(text) <= _LONGEST:
        return None
    words = _words(text)
    if not words or len(words) > 8:
        return None
    many = _is_plural(text)
    for key in _less_qualified(words):
        if key in _TABLE:
            return _with(_TABLE[key], many)
    for size in range(0 if whole else len(words) - 1, 0, -1):
        key = tuple(words[:size])
        if key not in _TABLE:
            continue
        found = _TABLE[key]
        if found is None or found.entity in _WHOLE_ONLY or key in {("nom",), ("name",)}:
            return None
        trust = Trust.SURE if found.trust is Trust.SURE else Trust.LOOSE
        return Label(found.entity, trust, many)
    return None


def is_of_things(text: str) -> bool:
    """Whether the label ``text`` announces a firm, a thing or a remark, and no person."""
    return not _THINGS.isdisjoint(_words(text[:_LONGEST]))


def _less_qualified(words: list[str]) -> list[tuple[str, ...]]:
    keys = [tuple(words)]
    while len(words) > 1 and words[-1] in _QUALIFIERS:
        words = words[:-1]
        keys.append(tuple(words))
    while len(words) > 1 and words[0] in _QUALIFIERS | {"n"}:
        words = words[1:]
        keys.append(tuple(words))
    return keys


def _with(label: Label | None, many: bool) -> Label | None:
    return label and Label(label.entity, label.trust, many)


def _is_plural(text: str) -> bool:
    """Whether the label announces several: «Accompagnateurs», «Présents»."""
    first = next((word for word in _WORD.findall(folded(text)) if word not in _SMALL), "")
    return len(first) > 3 and first.endswith("s") and first not in {"address", "rpps", "finess"}
