"""A question of fact is searched for; a task on one's own text, or a greeting, is not."""

from __future__ import annotations

import pytest

from governance.task import asks_for_facts, needs_sources

QUESTIONS = """
Combien de jours de congés payés acquiert-on par mois ?
Comment rédiger un avenant ?
Comment écrire une lettre de licenciement conforme ?
Peux-tu me dire combien de temps dure la période d'essai d'un CDD ?
Pouvez-vous m'expliquer le droit à la déconnexion ?
Quelle est la durée légale du travail ?
Quels sont les délais de prévenance ?
Qui doit signer le registre unique du personnel ?
Le télétravail est-il obligatoire ?
Est-ce que l'employeur peut refuser un congé ?
Un salarié peut-il refuser un avenant ?
J'ai 3 enfants, ai-je droit à un congé supplémentaire ?
Je veux savoir si le repos dominical est obligatoire.
Bonjour, quels congés pour un mariage ?
Merci de m'indiquer la durée du congé paternité.
Dis-moi quelle est la prime de précarité.
Explique-moi le compte personnel de formation.
Que dit l'article L3141-3 du code du travail ?
Donne les règles du temps partiel.
Faut-il répondre à une demande de congé par écrit ?
Qui rédige le règlement intérieur ?
A-t-on le droit de traduire un contrat de travail ?
congés payés temps partiel
Et à temps partiel ?
Quelles mentions une lettre doit-elle comporter ? Comment la rédiger ?
Comment corriger un bulletin de paie erroné ?
Comment préparer un entretien préalable ?
Où trouver un modèle de lettre ?
What is the legal working time in France?
How many days of paid leave does an employee get?
Can you tell me how long the trial period is?
How do I write a dismissal letter?
Could you explain the right to disconnect?
Is an employer allowed to refuse leave?
Hello, what is the notice period?
Please tell me who must sign the register.
What does fixed-term mean?
Who writes the internal rules?
Fixed-term contract: how long at most?
Préparation de l'entretien préalable : quels délais ?
Transformation d'un CDD en CDI : quelles conditions ?
Convertir des RTT en argent : est-ce possible ?
Préparer sa retraite progressive, comment ça marche ?
Écrit ou oral, le contrat de travail ?
Ameli : comment déclarer un arrêt de travail ?
Résumé des règles du télétravail
Amélioration des conditions de travail : quelles obligations ?
Fixer les dates de congés, est-ce le droit de l'employeur ?
Complément de salaire en cas de maladie
Bonjour, pouvez-vous me dire qui signe le contrat ?
Merci de me rappeler la durée du préavis.
""".strip().splitlines()

TASKS = """
Écris une lettre de relance à un fournisseur.
Rédige un courriel pour convier les agents à une réunion.
Peux-tu rédiger un compte rendu de cette réunion ?
Pourriez-vous reformuler ce paragraphe ?
Pouvez-vous m'écrire un discours ?
Merci de traduire ce texte en anglais.
Traduis en anglais : « le contrat est signé ».
Résume ce texte en trois phrases.
Résume-moi ce compte rendu.
Corrige les fautes de ce message.
Bonjour, rédige une annonce pour un poste de jardinier.
Bonjour ! Peux-tu corriger ce texte ?
S'il te plaît, écris un mot d'excuse.
Voici mon texte. Reformule-le plus simplement.
Aide-moi à rédiger une lettre de motivation.
Aidez-moi à améliorer ce courriel.
Je voudrais que tu écrives une invitation.
Je souhaite rédiger une note de service.
Propose-moi un plan de discours.
Propose trois titres pour cet article.
Simplifie ce paragraphe.
Raccourcis ce texte.
Réécris cette phrase au passé.
Prépare un ordre du jour pour la réunion de lundi.
Génère une liste de dix titres.
Transforme cette liste en tableau.
Invente un slogan pour la fête de la commune.
Réponds à ce courriel : « Madame, … »
Veuillez traduire ce paragraphe.
Peux-tu me rédiger une lettre ?
Rédiger une note de service sur les horaires.
Pouvez-vous m'aider à rédiger une lettre ?
Est-ce que tu peux corriger ce texte ?
Merci d'écrire un mot de remerciement.
Convertis ce tableau en texte.
Write a letter to a supplier.
Please translate this text into French.
Can you summarise this paragraph?
Could you rewrite this sentence?
Help me draft an invitation.
Fix the spelling of this message.
Shorten this text.
Rephrase this politely.
Hello, write me a short speech.
Bonjour
Bonsoir !
Merci beaucoup.
hello
Merci
""".strip().splitlines()


@pytest.mark.parametrize("request_", QUESTIONS)
def test_a_question_needs_sources(request_: str) -> None:
    assert needs_sources(request_)


@pytest.mark.parametrize("request_", TASKS)
def test_a_task_or_a_greeting_needs_none(request_: str) -> None:
    assert not needs_sources(request_)


def test_an_empty_request_needs_none() -> None:
    assert not needs_sources("  \n")


def test_typing_does_not_matter() -> None:
    """Capitals, missing accents and the typographic apostrophe."""
    assert not needs_sources("ECRIS UNE LETTRE")
    assert not needs_sources("aide-moi a ecrire une lettre")
    assert not needs_sources("S’il vous plaît, écrivez une lettre.")
    assert needs_sources("COMMENT REDIGER UN AVENANT")


def test_a_long_text_is_read_in_bounded_time() -> None:
    assert needs_sources("congés payés. " * 100_000)


@pytest.mark.parametrize(
    "request_",
    [
        "Combien de jours de congés ?",
        "La retraite, c'est à quel âge",
        "Mon chef me refuse un congé. Est-ce légal",
        "congés payés temps partiel",
        "Bonjour. Quel est le préavis d'un cadre en période d'essai de trois mois",
        "What is the notice period of an executive during the trial period",
    ],
)
def test_a_question_may_be_answered_by_the_silence_of_the_sources(request_: str) -> None:
    assert asks_for_facts(request_)


def test_anything_else_is_left_to_the_model() -> None:
    assert not asks_for_facts("Toute l'équipe salue Karim, qui revient demain. Dis bonjour.")
