"""Capitalised words that are not names of persons, though they stand where one could."""

from __future__ import annotations

from typing import Final

from governance.pii.entities import ALIASES, LITERAL_WORD, WORDS
from governance.pii.recognizers.base import folded

_CIVILITIES = """
m mr mm mme mmes mlle mlles madame mesdames monsieur messieurs mademoiselle me maitre dr docteur
docteure pr prof professeur professeure mgr sir mrs ms miss mister lady lord monseigneur
"""
_GREETINGS = """
bonjour bonsoir salut coucou hello hi dear cher chere chers cheres merci cordialement salutations
sincerement respectueusement bien amities regards thanks thank please svp
"""
_TITLES = """
maire maires president presidente directeur directrice responsable chef cheffe secretaire adjoint
adjointe conseiller conseillere depute deputee senateur senatrice ministre prefet prefete juge
procureur avocat avocate notaire medecin infirmier infirmiere professeur enseignant enseignante
ingenieur ingenieure technicien technicienne assistant assistante comptable gestionnaire agent
agente employe employee salarie salariee candidat candidate stagiaire apprenti apprentie ouvrier
ouvriere cadre dirigeant gerant gerante patron patronne collegue collaborateur collaboratrice
manager recruteur recruteuse client cliente fournisseur usager citoyen habitant administrateur
administratrice delegue deleguee dpo rh drh daf dsi dgs pdg commissaire inspecteur inspectrice
capitaine commandant colonel general lieutenant sergent brigadier major roi reine prince princesse
empereur imperatrice comte comtesse duc duchesse baron baronne pape saint sainte pere mere frere
soeur oncle tante fils fille papa maman requerant requerante defendeur defenderesse demandeur
demanderesse temoin greffier greffiere auteur autrice ecrivain journaliste detective chercheur
chercheuse docteur president-directeur
"""
_OFFICE = """
siret siren nir iban bic tva rib cdi cdd cse cnil rgpd ia urssaf caf cpam insee pole emploi france
travail code article articles loi decret arrete reglement directive annexe chapitre section alinea
paragraphe titre livre contrat avenant convention accord conge conges paye payes parental maternite
paternite salaire prime paie bulletin attestation certificat demande lettre courrier courriel mail
email e-mail objet sujet message note compte rendu rapport dossier facture devis commande budget
projet service services direction departement mairie commune communaute region conseil prefecture
tribunal cour chambre assemblee senat etat ministere republique union europe europeenne parlement
commission nations unies internet web google microsoft apple amazon facebook twitter linkedin excel
word outlook teams windows linux python java javascript chatgpt openai mistral sobria wikipedia
lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout
septembre octobre novembre decembre monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
noel paques ascension pentecote toussaint telephone tel portable mobile adresse nom prenom noms
prenoms date naissance signature fax numero num ref reference page tableau figure exemple question
reponse aujourd'hui demain hier oui non ok
"""
_PLACES = """
france paris lyon marseille toulouse nice nantes strasbourg montpellier bordeaux lille rennes reims
toulon grenoble dijon angers nimes europe allemagne espagne italie belgique suisse portugal
royaume-uni angleterre irlande pays-bas luxembourg pologne roumanie grece turquie russie ukraine
chine japon inde canada quebec etats-unis amerique afrique asie algerie maroc tunisie senegal mali
londres berlin madrid rome bruxelles geneve guadeloupe martinique guyane reunion mayotte corse
bretagne normandie alsace lorraine provence occitanie nouvelle-aquitaine ile-de-france
"""
_VERBS = """
sois soyez reste restez va allez viens venez ayez concis concise clair precis bref prompts
prompt texte
classe classer ecris ecrire redige rediger resume resumer traduis traduire explique expliquer donne
donner fais faire dis dire peux pouvez veux voulez dois devez aide aidez calcule calculer compare
comparer corrige corriger reformule reformuler cree creer genere generer prepare preparer propose
proposer trouve trouver liste lister verifie verifier indique indiquer decris decrire analyse
analyser quel quelle quels quelles comment pourquoi combien quand ou qui que quoi est sont etre
avoir a ai as avez avons suis sommes etes peut-on puis-je dois-je faut-il y-a-t-il existe selon
dans pour avec sans sur sous par vers chez entre depuis pendant avant apres si oui non mais donc
car or ni et le la les un une des du de au aux ce cet cette ces mon ma mes ton ta tes son sa ses
notre nos votre vos leur leurs je tu il elle on nous vous ils elles lui eux moi toi soi ceci cela
ca voici voila tout tous toute toutes aucun aucune chaque plusieurs certains certaines quelqu'un
personne rien autre autres meme tres trop plus moins aussi alors ainsi enfin puis ensuite cependant
toutefois neanmoins pourtant celui celle ceux celles quant lors lorsque puisque parce comme malgre
grace suite concernant reponds repondre repondez choisis choisir complete completer conseille
convertis detaille developpe donnez ecrivez enumere envoie etablis evalue extrais fournis identifie
imagine inclus insere invente lis mentionne merci modifie montre note organise ouvre parle passe
pense planifie precise prends produis raconte rappelle recherche recommande relis remplis retire
sers signale simplifie souligne supprime synthetise transforme trie utilise vois adapte affiche
allonge ameliore apprends arrete assure augmente categorise cherche cite commence complétez
configure confirme considere construis continue debute decoupe deduis definis demande dessine
detecte diminue discute divise effectue elabore estime etudie exprime formule illustre informe
insiste interprete justifie oriente pars prolonge quantifie raccourcis reecris reduis reflechis
regroupe rends repete resous reviens reste selectionne separe suggere termine verse write make tell
give explain summarize translate what who where when why how the a an is are my your his her our
their this that these those with and or of to in on at for from i you he she it we they n'oublie
ajoute ajouter remplace remplacer envoie envoyer contacte contacter appelle appeler mets mettre
merci sache attention urgent important absent absente present presente
"""
_PLACEHOLDERS = " ".join([*WORDS.values(), *ALIASES, LITERAL_WORD])

CIVILITIES: Final = frozenset(_CIVILITIES.split())
TITLES: Final = frozenset(_TITLES.split()) - {"comte", "baron", "prince", "major", "saint", "cadre"}
"""Folded words that stand after a civility without being a name: «Madame Directrice»."""
NOT_NAMES: Final = frozenset(
    folded(word)
    for text in (_GREETINGS, _TITLES, _OFFICE, _PLACES, _VERBS, _PLACEHOLDERS)
    for word in text.split()
)
"""Folded words that cannot make a name by themselves («Pierre Maire» still is one)."""


def is_common(word: str) -> bool:
    """Whether ``word``, alone, is a civility, a title, a place or another word than a name."""
    plain = folded(word).strip(".,;:!?'’\"()[]«»")
    return plain in NOT_NAMES or plain in CIVILITIES
