"""The shipped charters: what each must hold, and the base that the SME's extends."""

from __future__ import annotations

import re

import pytest

from governance.charter.charter import Charter
from governance.charter.load import EXAMPLES, load_file, load_text, shipped
from governance.charter.problems import CharterInvalid
from governance.charter.schema import Use

# What all must forbid or hold, by words of their titles (issue 4, «Uses»).
FORBIDDEN = (
    "candidatures", "Décider des droits", "Surveiller ou profiler", "émotions", "Noter des",
    "par leur corps", "Manipuler", "Déduire la santé", "d'un médecin", "secrets", "infraction",
)  # fmt: skip
REVIEWED = ("au public", "Engagements contractuels", "nommé", "crise")

_BASIS = re.compile(
    r"Règlement \(UE\) 2024/1689 sur l'intelligence artificielle, (article|annexe) .+"
    r"|Règlement \(UE\) 2016/679 \(RGPD\), article \d+, .+"
    r"|Code (du travail|de la consommation|de la santé publique|pénal), article [L0-9-]+"
    r"|Loi n° 78-17 du 6 janvier 1978, article 47"
    r"|Règle propre à l'organisation : .+"
)


@pytest.fixture(scope="module")
def pme() -> Charter:
    return load_file(EXAMPLES / "pme.yaml")


@pytest.fixture(params=["commune.yaml", "pme.yaml"])
def charter(request: pytest.FixtureRequest) -> Charter:
    return load_file(EXAMPLES / str(request.param))


def _titled(charter: Charter, words: str, effect: str) -> Use:
    found = [use for use in charter.uses if words in use.title and use.effect == effect]
    assert len(found) == 1, words
    return found[0]


def test_each_forbids_and_holds_the_minimum(charter: Charter) -> None:
    uses = [_titled(charter, words, "forbid") for words in FORBIDDEN]
    uses += [_titled(charter, words, "review") for words in REVIEWED]
    for use in uses:
        detect = use.detect
        assert len(detect.examples) >= 15, use.id
        assert len(detect.counter_examples) >= 15, use.id
        assert detect.family is not None, use.id
        assert detect.patterns
        assert use.legal_basis
        assert use.instead
        assert not set(detect.examples) & set(detect.counter_examples)


def test_no_text_is_written_twice(charter: Charter) -> None:
    for use in charter.uses:
        texts = [*use.detect.examples, *use.detect.counter_examples]
        assert len({text.casefold() for text in texts}) == len(texts), use.id


def test_the_firm_has_its_services_and_quotas_of_two_cores(pme: Charter) -> None:
    assert [one.id for one in pme.services] == [
        "direction",
        "rh",
        "comptabilite",
        "commercial",
        "production",
        "informatique",
    ]
    day = sum(q.limit for s in pme.services for q in s.quotas if q.metric == "requests")
    assert day * 20 <= 8 * 3600


def test_the_firm_s_rules_are_the_base_s_and_one_of_its_own(pme: Charter) -> None:
    assert set(pme.bundle) == {"pme.yaml", "parcours.yaml"}
    own = [rule.use.id for rule in pme.rules if rule.layer > 0]
    assert own == ["consignes-de-securite"]
    for use in pme.uses:
        for basis in use.legal_basis:
            assert _BASIS.fullmatch(basis), basis


def test_the_base_cannot_be_loosened() -> None:
    child = shipped("pme.yaml").replace(
        "uses:\n", "uses:\n  - id: tri-candidatures\n    effect: review\n", 1
    )
    with pytest.raises(CharterInvalid, match="weaker"):
        load_text(child, "pme.yaml", shipped)
