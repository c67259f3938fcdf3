"""The output is watched for identifiers that nobody gave."""

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.watch import OutputWatch

KNOWN = ["Mon numéro est le 0612345678.", "La CPAM est au 12 rue de la Paix, 75002 Paris."]


def test_what_was_given_is_not_flagged(analyzer: PiiAnalyzer) -> None:
    answer = "Appelez le 06 12 34 56 78 ou allez au 12 rue de la Paix, 75002 Paris."
    assert OutputWatch(analyzer).flags(answer, KNOWN) == {}


def test_what_the_model_made_up_is_counted_and_masked(analyzer: PiiAnalyzer) -> None:
    answer = "Écrivez à Mme Martin, contact@mairie-lyon.fr ou au 07 98 76 54 32 ou 07 98 76 54 33."
    watched = OutputWatch(analyzer).check(answer, KNOWN)
    assert watched.counts == {"EMAIL_ADDRESS": 1, "PHONE_NUMBER": 2}
    assert watched.text == "Écrivez à Mme Martin, [COURRIEL] ou au [TELEPHONE] ou [TELEPHONE]."
    assert OutputWatch(analyzer).flags(answer, KNOWN) == watched.counts


def test_names_and_placeholders_are_not_flagged(analyzer: PiiAnalyzer) -> None:
    answer = "Chère [PERSONNE_1], selon l'article L1225-47, Jean Moulin…"
    assert OutputWatch(analyzer).flags(answer, []) == {}
