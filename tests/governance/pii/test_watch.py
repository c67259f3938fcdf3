"""The output is watched for identifiers that nobody gave: they are masked as they come."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.pii.analyzer import PiiAnalyzer
from governance.pii.custom import CustomEntity, compile_linear
from governance.pii.entities import Handling
from governance.pii.errors import AnalysisFailed
from governance.pii.finding import Finding
from governance.pii.watch import OutputWatch
from governance.pii.watch_stream import CONTEXT, HELD, WatchStream

KNOWN = ["Mon numéro est le 0612345678.", "La CPAM est au 12 rue de la Paix, 75002 Paris."]


def usual(entity: str) -> Handling:
    return "keep" if entity in ("FR_SIRET", "FR_SIREN") else "pseudonymise"


def keep(_: str) -> Handling:
    return "keep"


@pytest.fixture(scope="module")
def watch(analyzer: PiiAnalyzer) -> OutputWatch:
    return OutputWatch(analyzer)


def passed(watch: OutputWatch, answer: str, known: list[str] | None = None) -> str:
    stream = watch.stream(KNOWN if known is None else known, usual)
    return "".join(map(stream.feed, answer)) + stream.flush()


@pytest.mark.parametrize(
    "answer",
    [
        "Appelez le 06 12 34 56 78 ou allez au 12 rue de la Paix, 75002 Paris.",
        "Appelez le +33 6 12 34 56 78.",
        "Appelez le 06.12.34.56.78, à la CPAM (rue de la Paix, 12).",
        "Selon l'article L. 1225-47 du Code du travail, le délai est de 10 à 16 semaines.",
        "Voir le règlement (UE) 2016/679 du 27 avril 2016, page 119, et le décret n° 2024-12.",
        "1. D'abord, 1 250,50 € par mois.\n2. Ensuite, 35 h par semaine [1].\n\n| a | 12 |",
        "Chère [PERSONNE_1], votre numéro [TELEPHONE_1] et votre mot de passe : [SECRET_1].",
        "Écrivez au SIRET 404 833 048 00022 de la société.",
        "Un numéro de fiction : 06 39 98 12 34, une adresse : nom@exemple.fr ou x@example.org.",
        "Ouvrez http://192.168.1.1, ou pinguez 127.0.0.1 et 10.0.0.0/8.",
        "Né le 26 février 1802 à Besançon, mort en 1885, il aima une femme née en 1958.",
        "Composez le 15, le 112, le 3646 ou le 0 800 400 400.",
        "Né en 1984, il a 40 ans ; le 3 mars 2026 à 14 h 30, salle 204.",
    ],
)
def test_what_was_given_or_is_nobodys_passes(watch: OutputWatch, answer: str) -> None:
    assert passed(watch, answer) == answer
    assert watch.flags(answer, KNOWN, usual) == {}


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ("Appelez le 07 98 76 54 32.", "Appelez le [TELEPHONE]."),
        ("**07.98.76.54.32** ou 07 98 76 54 33", "**[TELEPHONE]** ou [TELEPHONE]"),
        ("Écrivez à contact@mairie-lyon.fr !", "Écrivez à [COURRIEL] !"),
        ("Le 12 avenue Foch, 69006 Lyon, est là.", "Le [ADRESSE], est là."),
        ("IBAN : FR76 3000 6000 0112 3456 7890 189.", "IBAN : [IBAN]."),
        ("NIR : 1 85 05 78 006 084 91, noté.", "NIR : [NIR], noté."),
        ("mot de passe : Tr0ub4dor&3", "mot de passe : [SECRET]"),
        ("Marc est né le 26 février 1982.", "Marc est né le [NAISSANCE]."),
        ("Elle se connecte de 81.56.12.9.", "Elle se connecte de [IP]."),
        ("- Téléphone : 07 98 76 54 32\n- Suite", "- Téléphone : [TELEPHONE]\n- Suite"),
    ],
)
def test_what_the_model_made_up_is_masked(watch: OutputWatch, answer: str, read: str) -> None:
    assert passed(watch, answer) == read


def test_what_is_masked_is_counted_and_leaves_nothing_to_flag(watch: OutputWatch) -> None:
    answer = "Écrivez à Mme Martin, contact@mairie-lyon.fr ou au 07 98 76 54 32 ou 07 98 76 54 33."
    stream = watch.stream(KNOWN, usual)
    text = stream.feed(answer) + stream.flush()
    assert text == "Écrivez à Mme Martin, [COURRIEL] ou au [TELEPHONE] ou [TELEPHONE]."
    assert stream.counts == {"EMAIL_ADDRESS": 1, "PHONE_NUMBER": 2}
    assert watch.flags(text, KNOWN, usual) == {"PERSON": 1}


def test_names_are_flagged_and_pass(watch: OutputWatch) -> None:
    answer = "Chère [PERSONNE_1], votre conseillère est Mme Martin."
    assert passed(watch, answer, []) == answer
    assert watch.flags(answer, [], usual) == {"PERSON": 1}
    assert watch.flags(answer, ["La lettre de Mme Martin"], usual) == {}


def test_what_the_charter_keeps_passes(watch: OutputWatch) -> None:
    answer = "Appelez Mme Martin au 07 98 76 54 32."
    stream = watch.stream([], keep)
    assert stream.feed(answer) + stream.flush() == answer
    assert watch.flags(answer, [], keep) == {}


def test_an_entity_of_the_charter_is_masked_with_its_word(watch: OutputWatch) -> None:
    case = CustomEntity("case_file", "DOSSIER", "Dossier", compile_linear(r"\bDOS-\d{4}\b"))
    stream = watch.stream(["Le dossier DOS-1111."], usual, [case])
    text = stream.feed("Les dossiers DOS-1111 et DOS-2222 sont là.") + stream.flush()
    assert text == "Les dossiers DOS-1111 et [DOSSIER] sont là."


def test_a_private_key_is_hidden_whole(watch: OutputWatch) -> None:
    body = "\n".join("MIIEpAIBAAKCAQEA7bq5" + "x" * 44 for _ in range(60))
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    text = passed(watch, f"Voici :\n{key}\nVoilà.")
    assert "MIIE" not in text
    assert text.startswith("Voici :\n[SECRET]")
    assert text.endswith("Voilà.")


def test_plain_words_pass_at_once(watch: OutputWatch) -> None:
    stream = watch.stream([], usual)
    assert stream.feed("Bonjour, voici votre ") == "Bonjour, voici votre "
    assert stream.feed("lett") == ""
    assert stream.feed("re. ") == "lettre. "


def test_a_failure_lets_nothing_pass_and_quotes_nothing(
    watch: OutputWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost:
        ENTITY = "PHONE_NUMBER"

        def spans(self, text: str) -> list[object]:
            raise RuntimeError(text)

    monkeypatch.setattr(watch, "_recognizers", [Lost()])
    stream = watch.stream([], usual)
    with pytest.raises(AnalysisFailed) as failure:
        stream.feed("Appelez le 07 98 76 54 32, vite et bien. ")
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None
    assert "98" not in f"{failure.value!r} {failure.value.params}"


pieces = st.sampled_from(
    [
        *["07 98 76 54 32", "0798765432", "+33 7 98 76 54 33", "contact@mairie-lyon.fr", "06 12"],
        *["12 avenue Foch, 69006 Lyon", "4 bis rue du Bac", "FR76 3000 6000 0112 3456 7890 189"],
        *["AB-123-CD", "mot de passe : ", "Tr0ub4dor&3", "192.168.1.20", "[PERSONNE_1]", "né le "],
        *["12 mars 1984", "L3141-3", "x" * 700, "1" * 40, "de la ", "voici ", "Lyon", "1. ", "**"],
        *["-----BEGIN RSA PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA7bq5" * 9, "\n\n", "\n", ", ", " "],
        "-----END RSA PRIVATE KEY-----",
    ]
)
answers = st.one_of(st.lists(pieces, max_size=25).map("".join), st.text(max_size=60))


@settings(max_examples=150, deadline=None)
@given(answers, st.data())
def test_the_result_does_not_depend_on_the_cut(
    watch: OutputWatch, answer: str, data: st.DataObject
) -> None:
    whole = watch.stream(KNOWN, usual)
    expected = whole.feed(answer) + whole.flush()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=6)))
    pairs = zip([0, *cuts], [*cuts, None], strict=True)
    for chunks in (list(answer), [answer[start:end] for start, end in pairs]):
        stream = watch.stream(KNOWN, usual)
        assert "".join(map(stream.feed, chunks)) + stream.flush() == expected
        assert stream.counts == whole.counts


@pytest.mark.parametrize("unit", ["1 ", "a", "07 98 ", "12 rue de la ", "AB ", "=", "[1", "\n1. "])
def test_what_is_held_back_is_bounded_and_read_a_bounded_number_of_times(unit: str) -> None:
    """Whatever the model writes: the hold-back ends, and the analysis stays linear."""
    text = (unit * 20_000)[:20_000]
    read = 0

    def judge(stretch: str) -> list[Finding]:
        nonlocal read
        read += len(stretch)
        assert len(stretch) <= CONTEXT + 2 * HELD + 1
        return []

    stream = WatchStream(judge, lambda _: "")
    shown = 0
    for fed, char in enumerate(text, start=1):
        shown += len(stream.feed(char))
        assert fed - shown <= 2 * HELD + 1
    assert shown + len(stream.flush()) == len(text)
    assert read <= 10 * len(text)


def test_the_watch_of_a_page_takes_no_time_that_one_would_feel(watch: OutputWatch) -> None:
    """Not a race: a bound so wide that only a quadratic filter would pass it."""
    answer = (
        "Le 12 mars 2026, le n° 07 98 76 54 32 et contact@exemple.fr, art. L. 3141-3. " * 300
    )[:20_000]
    started = time.process_time()
    passed(watch, answer)
    assert time.process_time() - started < 20
