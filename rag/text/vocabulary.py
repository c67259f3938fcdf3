"""What people say, and what the law and the Ministry write: acronyms and everyday words.

A question about «un CDD» must meet the articles, which only ever write «contrat de travail à durée
déterminée». The terms are added to a question, with less weight than its own words.
"""

from __future__ import annotations

import re

from rag.text.words import fold

# Keys are folded (no accents, lower case); a key may be several words.
_MEANINGS: dict[str, str] = {
    "cdd": "contrat durée déterminée",
    "cdi": "contrat durée indéterminée",
    "cdii": "contrat travail intermittent",
    "cddu": "contrat durée déterminée usage",
    "cse": "comité social économique",
    "comite d'entreprise": "comité social économique",
    "chsct": "comité social économique santé sécurité conditions travail",
    "cssct": "commission santé sécurité conditions travail",
    "delegue du personnel": "comité social économique délégation personnel",
    "bdese": "base données économiques sociales environnementales",
    "cpf": "compte personnel formation",
    "dif": "compte personnel formation",
    "cif": "projet transition professionnelle",
    "vae": "validation acquis expérience",
    "cep": "conseil évolution professionnelle",
    "cet": "compte épargne temps",
    "csp": "contrat sécurisation professionnelle",
    "pse": "plan sauvegarde emploi",
    "rcc": "rupture conventionnelle collective",
    "smic": "salaire minimum croissance",
    "salaire minimum": "salaire minimum croissance smic",
    "rtt": "réduction temps travail",
    "dpae": "déclaration préalable embauche",
    "duerp": "document unique évaluation risques professionnels",
    "are": "allocation aide retour emploi",
    "assedic": "allocation chômage assurance",
    "chomage partiel": "activité partielle",
    "inspection du travail": "inspecteur agent contrôle inspection travail",
    "rqth": "reconnaissance qualité travailleur handicapé",
    "oeth": "obligation emploi travailleurs handicapés",
    "esat": "établissement service aide travail",
    "apld": "activité partielle longue durée",
    "pee": "plan épargne entreprise",
    "perco": "plan épargne retraite collectif",
    "cesu": "chèque emploi service universel",
    "tesa": "titre emploi simplifié",
    "drh": "employeur",
    "patron": "employeur",
    "patronne": "employeur",
    "boss": "employeur",
    "mon chef": "employeur",
    "boite": "entreprise",
    "virer": "licenciement",
    "vire": "licenciement",
    "viree": "licenciement",
    "se faire renvoyer": "licenciement",
    "renvoye": "licenciement",
    "fiche de paie": "bulletin paie",
    "fiche de salaire": "bulletin paie",
    "feuille de paie": "bulletin paie",
    "paie": "rémunération salaire",
    "paye": "rémunération salaire",
    "interim": "travail temporaire mission",
    "interimaire": "travail temporaire salarié temporaire",
    "alternance": "apprentissage contrat professionnalisation",
    "apprenti": "apprentissage",
    "heure sup": "heures supplémentaires",
    "heures sup": "heures supplémentaires",
    "conge mat": "congé maternité",
    "conge maternite": "maternité suspension contrat accouchement",
    "enceinte": "grossesse maternité",
    "conge pat": "congé paternité accueil enfant",
    "conge paternite": "paternité accueil enfant",
    "arret maladie": "absence maladie arrêt travail incapacité",
    "arret de travail": "absence maladie incapacité",
    "mi temps": "temps partiel",
    "mi-temps": "temps partiel",
    "travail a domicile": "télétravail",
    "teletravail": "télétravailleur",
    "vacances": "congés payés",
    "conge": "congés",
    "ticket restaurant": "titres restaurant",
    "tickets restaurant": "titres restaurant",
    "cheque dejeuner": "titres restaurant",
    "prud'hommes": "conseil prud'hommes",
    "prudhommes": "conseil prud'hommes",
    "syndicat": "organisation syndicale délégué syndical",
    "mutuelle": "complémentaire santé",
    "rupture conventionnelle": "rupture d'un commun accord convention homologation",
    "rupture amiable": "rupture conventionnelle",
    "dimanche": "repos dominical",
    "nuit": "travailleur de nuit",
    "pont": "jours fériés ponts",
    "demissionner": "démission",
    "periode d'essai": "essai",
    "visite medicale": "médecin travail visite information prévention",
    "medecine du travail": "service prévention santé travail médecin",
    "camera": "vidéosurveillance moyens contrôle",
    "mise a pied": "sanction disciplinaire",
    "avertissement": "sanction disciplinaire",
    "lanceur d'alerte": "signalement alerte protection",
    "entretien annuel": "entretien professionnel évaluation",
    "conge sans solde": "congé sans solde",
    "deces": "décès deuil événements familiaux",
    "mariage": "événements familiaux mariage",
    "pacs": "événements familiaux pacs",
    "enfant malade": "congé enfant malade",
    "stagiaire": "stage gratification",
    "noir": "travail dissimulé",
    "travail au noir": "travail dissimulé illégal",
    "cada": "commission accès documents administratifs",
    "prime de precarite": "indemnité fin contrat",
    "precarite": "indemnité fin contrat",
    "carence": "délai carence",
    "retraite": "départ retraite",
    "acquiert": "acquis droit durée",
    "acquerir": "acquis droit durée",
    "acquiers": "acquis droit durée",
    "cumuler": "cumul",
    "cumule": "cumul",
}
_KEY = {tuple(re.findall(r"[^\W_]+", fold(key))): meaning for key, meaning in _MEANINGS.items()}
_LONGEST = max(len(key) for key in _KEY)


def meanings(question: str) -> list[str]:
    """What the acronyms and everyday words of ``question`` mean, in the law's words."""
    spoken = re.findall(r"[^\W_]+", fold(question))
    singular = [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in spoken]
    found: dict[str, None] = {}
    for start in range(len(spoken)):
        for size in range(1, _LONGEST + 1):
            for form in (spoken, singular):
                meaning = _KEY.get(tuple(form[start : start + size]))
                if meaning:
                    found[meaning] = None
    return list(found)
