"""Tests of the assistant: the file, what is expected, runs, and how two of them compare."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.protocol import Passage
from server.evaluation.cases import Case
from server.evaluation.comparing import SUPPORT_MARGIN, change_of, compare, differences
from server.evaluation.errors import EvaluationError, RunDamaged, UnknownRun
from server.evaluation.file import add_case, case_file, free_id, load_cases
from server.evaluation.keeping import id_of, new_case
from server.evaluation.matching import missing, names, rank_of
from server.evaluation.runs import Result, Run, Runs, SourceVersion, Tried

LEAVE = Case(
    id="conges",
    question="Combien de jours de congés ?",
    service="rh",
    sources=("L3141-3",),
    words=("2,5|deux jours et demi",),
)
TRIED = Tried(
    model="m",
    model_digest="sha256:aa",
    embedder_digest="sha256:bb",
    charter_revision="cc",
    prompt_digest="sha256:dd",
    sources={"fiches": SourceVersion(version="1", documents=1, passages=2, vectors=1, digest="e")},
)


def passage(**changes: Any) -> Passage:
    known = {
        "id": "p1",
        "document_id": "fiches/conges",
        "source": "fiches",
        "title": "Congés",
        "section_path": (),
        "reference": "L3141-3",
        "text": "Deux jours et demi.",
        "url": "https://example.org/conges#acquisition",
        "date": "",
        "licence": "",
        "digest": "",
    }
    return Passage(**{**known, **changes})


def result(**changes: Any) -> Result:
    known = {
        "id": "conges",
        "service": "rh",
        "case": LEAVE.digest,
        "found": True,
        "rank": 1,
        "outcome": "answered",
        "right": True,
        "held": ("2,5",),
        "missing": (),
        "support": 1.0,
        "wh": 0.5,
        "seconds": 2.0,
        "answer": "2,5 jours.",
    }
    return Result(**{**known, **changes})


def run_of(*results: Result, name: str = "", **changes: Any) -> Run:
    known: dict[str, Any] = {"started_at": "2026-11-26", "mode": "answers", "tried": TRIED}
    return Run(name=name, results=results, **{**known, **changes})


# The file.


def test_a_file_keeps_what_people_wrote_in_it(tmp_path: Path) -> None:
    path = case_file(tmp_path)
    path.write_text(
        "# Nos tests.\ntests:\n"
        "  # depuis mars\n"
        '  - id: smic\n    question: "À combien est le SMIC ?"  # relue\n'
        "    service: rh\n    words: [11]\n",
        encoding="utf-8",
    )
    add_case(path, LEAVE)
    text = path.read_text(encoding="utf-8")
    for words in ("# Nos tests.", "# depuis mars", '"À combien est le SMIC ?"  # relue', "[11]"):
        assert words in text
    assert [case.id for case in load_cases(path)] == ["smic", "conges"]
    assert load_cases(path)[0].words == ("11",)


@pytest.mark.parametrize("begun", ["", "# seulement une note\n", "tests:\n", "tests: []\n"])
def test_an_empty_file_takes_a_first_test(tmp_path: Path, begun: str) -> None:
    path = case_file(tmp_path)
    path.write_text(begun, encoding="utf-8")
    assert load_cases(path) == ()
    add_case(path, LEAVE)
    assert load_cases(path) == (LEAVE,) and begun.partition("tests")[0] in path.read_text()


def test_without_a_file_there_is_no_test(tmp_path: Path) -> None:
    assert load_cases(case_file(tmp_path)) == ()
    add_case(case_file(tmp_path / "new"), LEAVE)
    assert load_cases(case_file(tmp_path / "new")) == (LEAVE,)


@given(
    question=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80
    ).filter(lambda text: text.strip() != ""),
    word=st.sampled_from(["2,5", "# non", "oui: non", "[1]", "null", "- x", "«é»", "!!x", "&a"]),
)
def test_what_is_added_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, question: str, word: str
) -> None:
    path = case_file(tmp_path_factory.mktemp("file"))
    case = Case(id="a", question=question, service="rh", words=(word,))
    try:
        add_case(path, case)
    except EvaluationError:
        assert not path.exists(), "what YAML cannot hold is refused, and the file stays as it was"
    else:
        assert load_cases(path) == (case,)


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = case_file(tmp_path)

    def write(number: int) -> None:
        add_case(path, LEAVE.model_copy(update={"id": f"t{number}"}))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(case.id for case in load_cases(path)) == sorted(f"t{n}" for n in range(12))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tests: [", "line 1"),
        ("tests:\n  - id: a\n   question: b\n", "line 3"),
        ("x: &a [1]\ntests: [*a]\n", "line 1"),
        ("tests: !!python/object:os.system {}\n", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("- id: a\n", "not a list of tests"),
        ("tests: {}\n", "not a list of tests"),
        ("tests: []\nextra: 1\n", "not a list of tests"),
        ("tests: [{id: a}]\n", "question, service"),
        ("tests: [{id: É a, question: q, service: rh, words: [x]}]\n", "no. 1"),
        ("tests: [{id: a, question: q, service: rh, words: [x], colour: red}]\n", "colour"),
        ("tests: [{id: a, question: q, service: rh}]\n", "names neither"),
        ("tests: [{id: a, question: q, service: rh, words: [x], unanswerable: true}]\n", "neither"),
        (f"tests: [{', '.join(2 * ['{id: a, question: q, service: rh, words: [x]}'])}]", "already"),
        ("tests: []\n#" + "x" * 1_000_000, "larger"),
        ("tests: [" + "{}," * 1_001 + "]", "more than"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_a_reason(
    tmp_path: Path, text: str, told: str
) -> None:
    path = case_file(tmp_path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match=told):
        load_cases(path)
    with pytest.raises(EvaluationError):
        add_case(path, LEAVE)
    assert path.read_text(encoding="utf-8") == text


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    case_file(tmp_path).write_bytes(b"tests:\n  - \xff\n")
    with pytest.raises(EvaluationError, match="line 2"):
        load_cases(case_file(tmp_path))


def test_an_id_recalls_the_question_and_is_new() -> None:
    assert id_of("Combien de jours de congés à l’école ?") == "combien-de-jours-de-conges-a-l-ecole"
    assert id_of("?!") == "test" and id_of("x" * 100) == "test"
    assert free_id("conges", (LEAVE,)) == "conges-2" and free_id("smic", (LEAVE,)) == "smic"
    with pytest.raises(EvaluationError, match="question, words"):
        new_case(id="a", question="", service="rh", words=("x" * 501,))


# What is expected.


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("L3141-3", True),
        ("L. 3141-3", True),
        ("l3141-3", True),
        ("L3141-4", False),
        ("https://example.org/conges", True),
        ("https://example.org/conges/", True),
        ("https://example.org/conges#acquisition", True),
        ("https://example.org/conges#autre", False),
        ("https://example.org/con", False),
        ("fiches/conges", True),
        ("fiches", False),
    ],
)
def test_a_source_is_named_by_its_address_article_or_document(expected: str, found: bool) -> None:
    assert names(expected, passage()) is found


def test_a_passage_without_reference_is_no_article() -> None:
    assert not names("L3141-3", passage(reference="")) and not names("", passage(reference=""))


def test_the_first_passage_that_is_expected_gives_the_rank() -> None:
    found = [passage(reference="L1", url=""), passage(), passage(reference="L9")]
    assert rank_of(("L9", "L3141-3"), found) == 2
    assert rank_of(("L7",), found) is None and rank_of((), found) is None


@pytest.mark.parametrize(
    ("word", "answer", "held"),
    [
        ("2,5", "On acquiert 2,5 jours.", True),
        ("5", "On acquiert 2,5 jours.", False),
        ("2,5", "On acquiert 12,5 jours.", False),
        ("25", "25 % de plus", True),
        ("2,5|deux jours et demi", "Deux jours\u00a0et demi", True),
        ("employé", "l’EMPLOYE a droit", True),
        ("l'entretien", "avant l’entretien", True),
        ("an", "pendant", False),
        ("|", "tout", False),
    ],
)
def test_a_word_is_held_as_a_whole_whatever_its_accents(word: str, answer: str, held: bool) -> None:
    assert missing((word,), answer) == (() if held else (word,))


# Runs.


def test_a_run_is_kept_and_read_back(tmp_path: Path) -> None:
    runs, moment = Runs(tmp_path), datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
    first = runs.save(run_of(result()), moment)
    second = runs.save(run_of(result(rank=2), mode="search"), moment)
    assert (
        runs.names()
        == (first.name, second.name)
        == (
            "2026-11-26T083000Z",
            "2026-11-26T083000Z-2",
        )
    )
    assert runs.load(first.name) == first
    assert runs.last("answers") == first and runs.last("search") == second
    file = tmp_path / "evaluations" / f"{first.name}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [each for each in file.parent.iterdir() if each.suffix != ".json"]


def test_a_run_that_is_not_there_or_damaged_is_said(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    assert runs.names() == () and runs.last("search") is None
    for name in ("2026-01-01T000000Z", "../../etc/passwd", ""):
        with pytest.raises(UnknownRun):
            runs.load(name)
    kept = runs.save(run_of(result()), datetime(2026, 1, 2, tzinfo=UTC))
    spoilt = runs.save(run_of(result()), datetime(2026, 1, 3, tzinfo=UTC))
    (tmp_path / "evaluations" / f"{spoilt.name}.json").write_text("{")
    with pytest.raises(RunDamaged):
        runs.load(spoilt.name)
    assert runs.last("answers") == kept


def test_the_figures_of_a_run() -> None:
    totals = run_of(
        result(),
        result(id="b", rank=4, held=(), missing=("x",), support=0.5, wh=0.25, seconds=1.0),
        result(id="c", found=None, rank=None, held=None, missing=None, support=None),
        result(id="d", found=False, rank=None, outcome="refused", right=False, support=None),
    ).totals
    assert (totals.tests, totals.passed, totals.right) == (4, 2, 3)
    assert (totals.found, totals.searched, totals.reciprocal_rank) == (2, 3, 0.4167)
    assert (totals.words_held, totals.words, totals.support) == (2, 3, 0.75)
    assert (totals.wh, totals.seconds) == (1.75, 7.0)
    assert run_of(result(wh=None), result()).totals.wh is None, "unknown is not nothing"
    empty = run_of().totals
    assert (empty.tests, empty.support, empty.wh) == (0, None, 0)


# Two runs.


@pytest.mark.parametrize(
    ("after", "verdict", "gained", "lost"),
    [
        ({}, "same", (), ()),
        ({"rank": 4, "wh": 9.0, "seconds": 99.0}, "same", (), ()),
        ({"found": False, "rank": None}, "worse", (), ("found",)),
        ({"held": (), "missing": ("2,5",)}, "worse", (), ("word 2,5",)),
        ({"outcome": "abstained", "right": False}, "worse", (), ("outcome",)),
        ({"support": 1.0 - SUPPORT_MARGIN}, "worse", (), ("support",)),
        ({"support": 0.9}, "same", (), ()),
        ({"case": "other", "found": False}, "changed", (), ()),
        ({"held": None, "missing": None, "support": None}, "same", (), ()),
    ],
)
def test_a_test_is_worse_where_it_lost_something(
    after: dict[str, Any], verdict: str, gained: tuple[str, ...], lost: tuple[str, ...]
) -> None:
    change = change_of(result(**after), result())
    assert (change.verdict, change.gained, change.lost) == (verdict, gained, lost)
    if verdict == "worse":
        back = change_of(result(), result(**after))
        assert (back.verdict, back.gained, back.lost) == ("better", lost, ())


def test_what_is_gained_does_not_hide_what_is_lost() -> None:
    before = result(found=False, rank=None)
    change = change_of(result(held=(), missing=("2,5",)), before)
    assert (change.verdict, change.gained, change.lost) == ("worse", ("found",), ("word 2,5",))


def test_tests_that_come_and_go_are_told() -> None:
    before = run_of(result(), result(id="old"), result(id="other", service="it"), name="r1")
    now = run_of(result(), result(id="fresh"))
    comparison = compare(now, before)
    assert [each.verdict for each in comparison.changes] == ["same", "new"]
    assert comparison.gone == ("old", "other") and comparison.worse == ()
    assert compare(run_of(result(), service="rh"), before).gone == ("old",)


def test_what_changed_between_two_runs_is_told() -> None:
    fiches = TRIED.sources["fiches"].model_copy(update={"digest": "f"})
    tried = TRIED.model_copy(
        update={"prompt_digest": "sha256:x", "sources": {"fiches": fiches, "legi": fiches}}
    )
    assert differences(run_of(), run_of()) == ()
    assert differences(run_of(tried=tried), run_of()) == ("prompt", "fiches", "legi")


def test_a_run_s_file_is_plain_json() -> None:
    told = json.loads(run_of(result()).model_dump_json())
    assert told["tried"]["sources"]["fiches"]["digest"] == "e" and told["version"] == 1
