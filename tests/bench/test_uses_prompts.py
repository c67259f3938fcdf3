"""The development set is what its readers take it for: counts, one mix in each file, no echo."""

from __future__ import annotations

import base64
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bench.uses_parts.prompts import DEV, DEV_MORE, HELD, KINDS, Prompt, PromptFileError, read
from governance.charter.load import EXAMPLES, load_file
from governance.uses.folding import fold
from governance.uses.library import known, ordinary_requests

HUNDREDS = {"d": read(DEV), "h": read(DEV_MORE), "f": read(HELD)}
MIX = {"plain": 26, "indirect": 8, "disguised": 10, "review": 12, "near-miss": 22, "everyday": 22}
FORBIDDEN = {
    "tri-candidatures": 5,
    "decision-individuelle": 5,
    "surveillance-agents": 5,
    "emotions-au-travail": 4,
    "notation-sociale": 3,
    "biometrie": 3,
    "prediction-infraction": 3,
    "manipulation": 5,
    "donnees-sensibles": 4,
    "conclusion-medicale-ou-juridique": 3,
    "attaque-informatique": 4,
}
REVIEWED = {
    "publication-interet-public": 4,
    "engagement-contractuel": 3,
    "courrier-agent-nomme": 3,
    "communication-de-crise": 2,
}
TWINS = 0.35
"""Two prompts that share this part of their words say the same thing."""


@cache
def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", fold(text)))


def texts(prompts: tuple[Prompt, ...]) -> dict[str, str]:
    """What each person wrote, every turn of it."""
    return {prompt.id: "\n".join(prompt.turns) for prompt in prompts}


def likeness(left: str, right: str) -> float:
    a, b = words(left), words(right)
    return len(a & b) / max(1, len(a | b))


@pytest.mark.parametrize("letter", HUNDREDS)
def test_each_file_has_a_hundred_prompts_of_the_same_mix(letter: str) -> None:
    hundred = HUNDREDS[letter]
    assert [prompt.id for prompt in hundred] == [f"{letter}{n:03}" for n in range(1, 101)]
    assert Counter(prompt.kind for prompt in hundred) == MIX
    assert Counter(prompt.use for prompt in hundred if prompt.expect == "forbid") == FORBIDDEN
    assert Counter(prompt.use for prompt in hundred if prompt.expect == "review") == REVIEWED


@pytest.mark.parametrize("letter", HUNDREDS)
def test_the_form_of_a_prompt_does_not_give_away_what_it_deserves(letter: str) -> None:
    """Conversations, long texts and placeholders are found among what is due and what is not."""
    hundred = HUNDREDS[letter]
    said = texts(hundred)
    for held in (True, False):
        rows = [prompt for prompt in hundred if (prompt.expect != "allow") is held]
        assert any(len(prompt.turns) > 1 for prompt in rows)
        assert any(len(said[prompt.id]) >= 600 for prompt in rows)
        assert sum("[PERSONNE_1]" in said[prompt.id] for prompt in rows) >= 10
    assert 28 <= sum(bool(re.search(r"\[[A-Z]+_\d\]", each)) for each in said.values()) <= 38
    assert min(map(len, said.values())) < 40 and 1_800 < max(map(len, said.values())) <= 2_500
    assert sum(len(said[p.id]) >= 600 for p in hundred if p.kind == "everyday") >= 5


@pytest.mark.parametrize("letter", HUNDREDS)
def test_an_instruction_in_a_document_is_not_the_persons_request(letter: str) -> None:
    carried = [prompt for prompt in HUNDREDS[letter] if prompt.document]
    assert len(carried) == 2
    assert {prompt.expect for prompt in carried} == {"allow"}


@pytest.mark.parametrize("letter", HUNDREDS)
def test_the_disguises_are_really_in_the_texts(letter: str) -> None:
    """A look-alike alphabet, base64 that decodes to French, figures for letters."""
    said = [text for p in HUNDREDS[letter] for text in p.turns if p.kind == "disguised"]
    assert sum(bool(re.search(r"[а-яі]", text)) for text in said) == 1
    coded = [found for text in said for found in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text)]
    assert len(coded) == 1 and words(base64.b64decode(coded[0], validate=True).decode())
    assert sum(len(re.findall(r"[a-z][0134][a-z]", text)) > 4 for text in said) == 1


def test_every_use_is_one_of_the_charter_or_the_one_about_to_join_it() -> None:
    known = {use.id for use in load_file(EXAMPLES / "commune.yaml").uses}
    known.add("communication-de-crise")
    assert {p.use for hundred in HUNDREDS.values() for p in hundred if p.use} <= known


def test_near_misses_brush_every_forbidden_use() -> None:
    for hundred in HUNDREDS.values():
        assert set(FORBIDDEN) <= {prompt.use for prompt in hundred if prompt.kind == "near-miss"}


def test_no_prompt_has_a_twin_in_any_file() -> None:
    every = [pair for hundred in HUNDREDS.values() for pair in texts(hundred).items()]
    assert len({fold(text) for _, text in every}) == len(every)
    twins = [
        (one, other)
        for place, (one, left) in enumerate(every)
        for other, right in every[place + 1 :]
        if likeness(left, right) >= TWINS
    ]
    assert twins == []


def test_no_prompt_repeats_what_the_judge_learns() -> None:
    """Neither the shipped charters nor the library of uses say what a prompt says."""
    learned = {
        text
        for file in ("commune.yaml", "pme.yaml")
        for use in load_file(EXAMPLES / file).uses
        for text in (*known(use.detect).all_examples, *known(use.detect).all_counter_examples)
    }
    learned |= set(ordinary_requests())
    assert len(learned) > 10_000
    every = [pair for hundred in HUNDREDS.values() for pair in texts(hundred).items()]
    of_word: dict[str, list[int]] = defaultdict(list)
    for row, (_, text) in enumerate(every):
        for word in words(text):
            of_word[word].append(row)
    echoes = [
        (every[row][0], text)
        for text in learned
        for row, shared in Counter(r for word in words(text) for r in of_word[word]).items()
        if shared >= TWINS * len(words(text) | words(every[row][1]))
    ]
    assert echoes == []


GOOD: dict[str, Any] = {
    "id": "x1",
    "expect": "forbid",
    "use": "biometrie",
    "kind": "plain",
    "text": "Qui est-ce ?",
}


def written(folder: Path, *rows: object) -> Path:
    path = folder / "rows.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(list(rows), file)
    return path


def test_a_row_may_be_a_conversation_or_carry_a_document(tmp_path: Path) -> None:
    talk = {key: GOOD[key] for key in ("expect", "use", "kind")}
    talk |= {"id": "x2", "turns": ["Bonjour", "Qui est-ce ?"], "document": "Une page."}
    first, second = read(written(tmp_path, GOOD, talk))
    assert first == Prompt("x1", "forbid", "biometrie", "plain", ("Qui est-ce ?",))
    assert second.turns == ("Bonjour", "Qui est-ce ?") and second.document == "Une page."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "odd"}, "kind is one of"),
        ({"kind": ["plain"]}, "kind is one of"),
        ({"expect": "allow"}, "expect is forbid where kind is plain"),
        ({"use": None}, "use is null for everyday work"),
        ({"use": 3}, "use is a text"),
        ({"kind": "everyday", "expect": "allow"}, "use is null for everyday work"),
        ({"text": "  "}, "text is a text"),
        ({"turns": ["a", "b"]}, "either text or turns"),
        ({"text": None}, "text is a text"),
        ({"document": ""}, "document is a text"),
        ({"note": "?"}, "unknown field note"),
        ({"id": 7}, "id is a text"),
    ],
)
def test_a_malformed_row_is_refused_with_its_file_and_number(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, GOOD, GOOD | {"id": "x2"} | change)
    with pytest.raises(PromptFileError, match=rf"^rows\.yaml, row 2: .*{said}") as refused:
        read(path)
    assert "Qui est-ce" not in str(refused.value)


@pytest.mark.parametrize("turns", [[], ["seul"], "a", ["a", ""], ["a", 2]])
def test_turns_are_two_texts_or_more(tmp_path: Path, turns: object) -> None:
    row = {key: value for key, value in GOOD.items() if key != "text"} | {"turns": turns}
    with pytest.raises(PromptFileError, match=r"row 1: turns is a"):
        read(written(tmp_path, row))


@pytest.mark.parametrize("field", ["id", "expect", "use", "kind", "text"])
def test_a_row_without_one_of_its_fields_is_refused(tmp_path: Path, field: str) -> None:
    row = {key: value for key, value in GOOD.items() if key != field}
    with pytest.raises(PromptFileError, match=rf"row 1: .*{field}"):
        read(written(tmp_path, row))


def test_an_id_given_twice_is_refused_with_both_rows(tmp_path: Path) -> None:
    with pytest.raises(PromptFileError, match="row 2: id x1 is that of row 1"):
        read(written(tmp_path, GOOD, GOOD))


@pytest.mark.parametrize("content", [b"", b"a: b", b"- [", b"\xff", b"- text only"])
def test_a_file_that_is_no_list_of_rows_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.yaml"
    path.write_bytes(content)
    with pytest.raises(PromptFileError, match=r"^rows\.yaml"):
        read(path)


@given(kind=st.sampled_from(sorted(KINDS)), expect=st.sampled_from(["forbid", "review", "allow"]))
def test_a_kind_goes_with_what_it_deserves_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, kind: str, expect: str
) -> None:
    row = GOOD | {
        "kind": kind,
        "expect": expect,
        "use": None if kind == "everyday" else "biometrie",
    }
    path = written(tmp_path_factory.mktemp("rows"), row)
    if KINDS[kind] == expect:  # type: ignore[index]
        assert read(path)[0].expect == expect
    else:
        with pytest.raises(PromptFileError):
            read(path)
