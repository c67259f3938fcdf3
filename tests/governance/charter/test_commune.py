"""The shipped charter: complete, and exact in what it cites."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import pytest

from governance.charter.charter import Charter
from governance.charter.load import EXAMPLES

ACT = re.compile(
    r"Règlement \(UE\) 2024/1689 sur l'intelligence artificielle, "
    r"(?:article (?P<article>\d+)(?:, paragraphe (?P<paragraph>\d+))?|annexe (?P<annex>[IVX]+))"
    r"(?:, points? (?P<point>[^,]+(?: et .+)?.*))?"
)
GDPR = re.compile(
    r"Règlement \(UE\) 2016/679 \(RGPD\), article (?P<article>\d+)"
    r"(?:, paragraphe (?P<paragraph>\d+))?(?:, points? (?P<point>.+))?"
)
OTHERS = {
    # Known articles of French law, whose texts are not among the test data.
    "Code général de la fonction publique, article L131-1",
    "Code pénal, article 226-4-1",
    "Code pénal, article 226-15",
    "Code pénal, article 323-1",
    "Code de la santé publique, article L4161-1",
    "Code de la sécurité intérieure, article L731-3",
    "Code des relations entre le public et l'administration, article L311-3-1",
    "Loi n° 78-17 du 6 janvier 1978, article 47",
    "Règle propre à la collectivité : délégations de signature",
}


def _words(markup: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup)))


def _section(act: str, anchor: str) -> str:
    start = act.index(f'id="{anchor}"')
    following = re.compile(r'id="(?:art|anx)_[0-9A-Z]+"').search(act, start + 10)
    return _words(act[start : following.start() if following else None])


def test_it_is_whole(commune: Charter) -> None:
    assert [s.id for s in commune.services] == [
        "rh",
        "finances",
        "technique",
        "etat-civil",
        "communication",
        "informatique",
    ]
    effects = [use.effect for use in commune.uses]
    assert effects.count("forbid") >= 10
    assert effects.count("review") >= 4
    for use in commune.uses:
        assert len(use.detect.examples) >= 15, use.id
        assert len(use.detect.counter_examples) >= 15, use.id
        assert use.detect.patterns
        assert use.detect.family
        assert use.legal_basis
        assert use.instead
        assert not set(use.detect.examples) & set(use.detect.counter_examples)
    assert len(commune.assistant.instructions) <= 600
    assert len(commune.assistant.examples) == 3
    for service in commune.services:
        assert {(q.metric, q.period) for q in service.quotas} == {
            ("requests", "day"),
            ("tokens", "day"),
            ("wh", "month"),
        }


def test_its_quotas_fit_a_machine_of_two_cores(commune: Charter) -> None:
    """At some 20 s an answer, all the services together stay within a working day of 8 hours."""
    day = sum(q.limit for s in commune.services for q in s.quotas if q.metric == "requests")
    assert day * 20 <= 8 * 3600


def test_it_cites_articles_that_say_so(commune: Charter, shared_data: Path) -> None:
    act = (shared_data / "texts" / "ai_act_fr.html").read_text(encoding="utf-8")
    csv.field_size_limit(10**7)
    with (shared_data / "texts" / "RGPD_articles_final.tsv").open(encoding="utf-8") as file:
        gdpr = {
            row["Id"].lstrip("0"): _words(row["Texte"])
            for row in csv.DictReader(file, delimiter="\t")
        }
    cited = {basis for use in commune.uses for basis in use.legal_basis}
    for basis in sorted(cited - OTHERS):
        found = ACT.fullmatch(basis) or GDPR.fullmatch(basis)
        assert found, basis
        if "2016/679" in basis:
            text = gdpr[found["article"]]
        elif found["article"]:
            text = _section(act, f"art_{found['article']}")
        else:
            text = _section(act, f"anx_{found['annex']}")
        if found["paragraph"]:
            assert f"{found['paragraph']}. " in text, basis
        for number in re.findall(r"\b(\d+)\b", found["point"] or ""):
            assert f" {number}. " in text, basis
        for letter in re.findall(r"\b([a-z])\)", found["point"] or ""):
            assert f" {letter}) " in text, basis


@pytest.mark.parametrize(
    ("use_id", "basis", "words"),
    [
        ("emotions-au-travail", "point f)", "inférer les émotions d’une personne physique"),
        ("notation-sociale", "point c)", "note sociale"),
        ("prediction-infraction", "point d)", "commette une infraction pénale"),
    ],
)  # fmt: skip
def test_what_is_prohibited_is_what_the_act_prohibits(
    commune: Charter, shared_data: Path, use_id: str, basis: str, words: str
) -> None:
    act = (shared_data / "texts" / "ai_act_fr.html").read_text(encoding="utf-8")
    article = _section(act, "art_5")
    point = re.search(rf" {basis[6]}\) (.*?) {chr(ord(basis[6]) + 1)}\) ", article)
    assert point
    assert words in point[1]
    use = next(use for use in commune.uses if use.id == use_id)
    assert any(f"article 5, paragraphe 1, {basis}" in one for one in use.legal_basis)


def test_it_is_shipped_with_the_package() -> None:
    assert (EXAMPLES / "commune.yaml").is_file()
