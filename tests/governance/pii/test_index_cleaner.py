"""What enters an index holds no personal data, still reads, and can never be restored."""

from __future__ import annotations

import itertools
import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.custom import CustomEntity, compile_linear
from governance.pii.entities import CUSTOM_WORDS, KINDS, WORDS, Handling
from governance.pii.index_cleaner import REMOVED, IndexCleaner, _irreversible, letters
from governance.pii.placeholders import PLACEHOLDER
from governance.pii.pseudonymise import Pseudonymiser
from rag.personal_data import CleaningFailed

USUAL: dict[str, Handling] = {kind.entity: kind.handling for kind in KINDS}
NIR = "1 85 05 78 006 084 91"
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def cleaner_with(analyzer: PiiAnalyzer, **changes: Handling) -> IndexCleaner:
    return IndexCleaner(lambda: analyzer, {**USUAL, **changes}, (), b"k" * 32)


@pytest.fixture
def cleaner(analyzer: PiiAnalyzer) -> IndexCleaner:
    return cleaner_with(analyzer)


def test_a_person_has_one_placeholder_in_the_whole_document(cleaner: IndexCleaner) -> None:
    cleaned = cleaner.clean(
        [
            "Mme Claire Lefèvre a reçu M. Karim Benali à Lyon le 3 mars.",
            "Lefèvre et Benali ont signé. Claire Lefèvre a l’original.",
        ],
        ["CV LEFEVRE Claire.pdf"],
    )
    assert cleaned.texts == (
        "Mme [personne A] a reçu M. [personne B] à Lyon le 3 mars.",
        "[personne A] et [personne B] ont signé. [personne A] a l’original.",
    )
    assert cleaned.labels == ("CV [personne A].pdf",)
    assert cleaned.counts == {"PERSON": 2}


def test_each_document_begins_at_a(cleaner: IndexCleaner) -> None:
    first = cleaner.clean(["M. Karim Benali est absent."]).texts
    other = cleaner.clean(["M. Jean Dupont est absent."]).texts
    assert first == other == ("M. [personne A] est absent.",)


def test_the_charter_says_which_kinds_stay_and_which_leave_no_trace(
    analyzer: PiiAnalyzer,
) -> None:
    text = (
        "M. Jean Dupont, 42 ans, de Lorient, SIRET 732 829 320 00074, sécurité sociale "
        f"{NIR}, mot de passe : Zx9!kkP0q7"
    )
    cleaned = cleaner_with(analyzer).clean([text])
    (kept,) = cleaned.texts
    assert "42 ans" in kept and "Lorient" in kept and "732 829 320 00074" in kept
    assert "[NIR A]" in kept and REMOVED in kept
    assert "Dupont" not in kept and "85 05 78" not in kept and "Zx9" not in kept
    assert cleaned.counts == {"PERSON": 1, "FR_NIR": 1, "SECRET": 1}
    (strict,) = cleaner_with(analyzer, LOCATION="pseudonymise", PERSON="keep").clean([text]).texts
    assert "Jean Dupont" in strict and "Lorient" not in strict and "[lieu A]" in strict


def test_kinds_that_the_charter_declares_are_taken_out_as_well(analyzer: PiiAnalyzer) -> None:
    own = CustomEntity("NUMERO_DOSSIER", "DOSSIER", "numéro de dossier", compile_linear(r"DS-\d+"))
    cleaner = IndexCleaner(lambda: analyzer, USUAL, (own,), b"k" * 32)
    cleaned = cleaner.clean(["Voir DS-4412, puis DS-4413 et DS-4412."], ["DS-4413.pdf"])
    assert cleaned.texts == ("Voir [dossier A], puis [dossier B] et [dossier A].",)
    assert cleaned.labels == ("[dossier B].pdf",)
    assert cleaner.title("NUMERO_DOSSIER") == "numéro de dossier"


@pytest.mark.parametrize(
    "name",
    [
        "CV Dupont Jean.pdf",
        "CV_DUPONT_Jean_2024.pdf",
        "cv-dupont-jean.docx",
        "rh/Jean Dupont/contrat.odt",
        "entretien.jean.dupont.txt",
        "Mme_Dupont.md",
        "jean.dupont@commune-exemple.net.txt",
    ],
)
def test_the_name_of_a_file_names_nobody(cleaner: IndexCleaner, name: str) -> None:
    cleaned = cleaner.clean(["Compétences : accueil et état civil."], [name])
    assert "dupont" not in cleaned.labels[0].casefold()
    assert cleaned.counts


def test_a_file_is_named_after_whom_its_text_names_whatever_the_case(
    cleaner: IndexCleaner,
) -> None:
    text = "Madame Aïssata Kouyaté a demandé une mutation."
    labels = ["KOUYATE", "NoteKouyateV2.pdf", "mutation_kouyaté.pdf"]
    assert cleaner.clean([text], labels).labels == (
        "[personne A]",
        "Note[personne A]V2.pdf",
        "mutation_[personne A].pdf",
    )


@pytest.mark.parametrize(
    "name", ["compte_rendu_conseil.md", "Règlement intérieur 2024.pdf", "note-de-service.odt", ""]
)
def test_an_ordinary_name_stays(cleaner: IndexCleaner, name: str) -> None:
    assert cleaner.clean([], [name]).labels == (name,)


FORMS = [
    *(f"[{word}_{{}}]" for word in (*WORDS.values(), *CUSTOM_WORDS)),
]


@given(number=st.integers(1, 10_000))
def test_no_form_of_an_index_s_placeholder_is_one_of_a_chat_s(number: int) -> None:
    for form in FORMS:
        written = _irreversible(form.format(number))
        bare = written.strip("[]")
        for case, spaced in itertools.product((str, str.upper, str.title), " _-\u00a0"):
            seen = case(bare).replace(" ", spaced)
            for text in (f"[{seen}]", f"[ {seen} ]", seen, f"{seen}]", f"[{seen}", f"{seen}S"):
                assert PLACEHOLDER.search(text) is None, text
    assert PLACEHOLDER.search(REMOVED) is None


def test_numbers_are_written_in_letters() -> None:
    assert [letters(n) for n in (1, 26, 27, 52, 53, 702, 703)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]
    assert len({letters(n) for n in range(1, 5_000)}) == 4_999


pieces = st.sampled_from(
    [
        *("[", "]", " ", "_", "\\_", "1", "12", "PERSONNE", "personnes", "Iban", "lieu", "NOM"),
        *("[PERSONNE_1]", "PERSONNE_2", "[Personne 3]", "[email-4]", "PRÉNOM", "FORME_2", "S"),
        *("Jean Dupont", "M. Benali", "06 12 34 56 78", "jean@dupont.fr", "\n", "A", "é"),
    ]
)


@many
@given(text=st.lists(pieces, max_size=14).map("".join))
def test_whatever_a_document_says_nothing_in_it_is_restored_by_a_chat(
    cleaner: IndexCleaner, text: str
) -> None:
    cleaned = cleaner.clean([text], [text])
    for shown in (*cleaned.texts, *cleaned.labels):
        assert PLACEHOLDER.search(shown) is None, shown


def test_a_hostile_document_takes_linear_time_to_disarm(cleaner: IndexCleaner) -> None:
    (shown,) = cleaner.clean(["[" * 3_000 + "PERSONNE_1" + "]" * 3_000]).texts
    assert PLACEHOLDER.search(shown) is None


def test_a_chat_gives_no_name_to_a_document_s_placeholder(
    cleaner: IndexCleaner, pseudonymiser: Pseudonymiser
) -> None:
    def usual(entity: str) -> Handling:
        return USUAL.get(entity, "pseudonymise")

    pseudonymiser.mask("c", ["Écris à M. Jean Dupont et à Mme Marie Martin."], usual)
    passage = cleaner.clean(["M. Karim Benali et [PERSONNE_1] signent avec PERSONNE_2."]).texts[0]
    assert pseudonymiser.restore("c", passage, usual) == passage
    assert pseudonymiser.restore("c", passage.upper(), usual) == passage.upper()


class Broken(PiiAnalyzer):
    """An analyser whose model cannot be used."""

    def __init__(self) -> None:
        """Loads nothing."""

    def find(self, text: str, language: str = "fr", *, custom: object = ()) -> list:  # type: ignore[override,type-arg]
        """Fails, and says the text, as a library could."""
        raise RuntimeError(text)


def test_a_failure_is_told_without_a_word_of_the_document() -> None:
    texts = ["M. Jean Dupont"]
    with pytest.raises(CleaningFailed) as caught:
        cleaner_with(Broken()).clean(texts)
    assert str(caught.value) == "RuntimeError" and caught.value.__context__ is None
    assert "Dupont" not in "".join(traceback.format_exception(caught.value))


def test_the_version_changes_with_what_would_be_done_and_with_nothing_else(
    analyzer: PiiAnalyzer,
) -> None:
    usual = cleaner_with(analyzer).version
    assert cleaner_with(analyzer).version == usual
    assert cleaner_with(analyzer, FR_PLATE="never_restore").version == usual
    assert cleaner_with(analyzer, FR_PLATE="keep").version != usual
    assert cleaner_with(analyzer, FR_PLATE="block").version != usual
    own = CustomEntity("SITE", "SITE", "site", compile_linear(r"S-\d+"))
    assert IndexCleaner(lambda: analyzer, USUAL, (own,), b"k" * 32).version != usual


def test_a_sealed_name_tells_nothing_without_the_key(analyzer: PiiAnalyzer) -> None:
    sealed = cleaner_with(analyzer).seal("documents/CV Dupont Jean.pdf")
    assert sealed == cleaner_with(analyzer).seal("documents/CV Dupont Jean.pdf")
    other = IndexCleaner(lambda: analyzer, USUAL, (), b"o" * 32)
    assert other.seal("documents/CV Dupont Jean.pdf") != sealed
    assert len(sealed) == 64
