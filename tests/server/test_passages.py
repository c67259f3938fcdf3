"""What is to be known of a passage, and those around it: to read, for who may have it searched."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scripted import CHARTER, NEXT, OWN, PASSAGE

from tests.server.test_chat import ask

AMENDED = "qu’il cite, a été modifié le"


def narrowed(parts: Any, service: str, sources: str, more: str = "") -> None:
    """A charter in which ``service`` may see ``sources`` only."""
    marked = f"  - id: {service}\n"
    text = CHARTER.replace(marked, f"{marked}    sources: {sources}\n") + more
    current = parts.charter_store.current().revision
    parts.charter_store.save(text, "tests", "narrower", current)
    parts.charter.reload()


def test_a_dated_source_is_told_as_it_is_found_and_with_the_answer(alice: Any) -> None:
    told = dict(ask(alice))
    assert AMENDED in told["sources"]["html"]
    assert re.search(rf'"caveat">\[1\] [^<]*L3141\u20113, {AMENDED}', told["completed"]["html"])


def test_it_is_still_told_when_the_conversation_is_read_again(alice: Any) -> None:
    url = dict(ask(alice))["conversation"]["url"]
    page = alice.get(url).text
    assert page.count(AMENDED) == 2  # under the answer, and on the passage's card


def test_a_passage_that_has_gone_since_is_told_with_the_day(alice: Any, parts: Any) -> None:
    url = dict(ask(alice))["conversation"]["url"]
    parts.retriever.held = ()
    page = alice.get(url).text
    assert (
        "Ce passage n’est plus dans les sources\xa0: son texte valait jusqu’au 1er\xa0octobre"
        in page
    )
    assert AMENDED not in page


def test_a_passage_is_told_of_on_its_own_page(alice: Any) -> None:
    assert AMENDED in alice.get("/passages/p1").text
    assert AMENDED not in alice.get("/passages/p2").text


def test_one_goes_from_a_passage_to_the_next_and_back(alice: Any) -> None:
    first = alice.get("/passages/p1?from=c1").text
    assert 'rel="next" href="/passages/p2?from=c1"' in first and 'rel="prev"' not in first
    assert "Passage 1 sur 2" in first and NEXT.section_path[-1] in first
    second = alice.get("/passages/p2?from=c1").text
    assert NEXT.text in second
    assert 'rel="prev" href="/passages/p1?from=c1"' in second and 'rel="next"' not in second
    assert 'class="neighbours"' not in alice.get("/passages/o1").text


def test_a_passage_of_a_source_that_the_service_may_not_see_is_not_there(
    alice: Any, parts: Any
) -> None:
    assert alice.get("/passages/o1").status_code == 200
    narrowed(parts, "rh", "[fiches]")
    refused, unknown = alice.get("/passages/o1"), alice.get("/passages/none")
    assert refused.status_code == unknown.status_code == 404
    assert OWN.title not in refused.text
    for passage in (PASSAGE, NEXT):
        assert alice.get(f"/passages/{passage.id}").status_code == 200
    narrowed(parts, "rh", "[documents]")
    for passage in (PASSAGE, NEXT):
        assert alice.get(f"/passages/{passage.id}").status_code == 404


def test_who_reviews_a_service_reads_the_passages_of_its_answers(alice: Any, parts: Any) -> None:
    narrowed(
        parts,
        "rh",
        "[fiches]",
        "reviewers:\n  - {id: relecture, title: Relecture, services: [compta]}\n",
    )
    assert alice.get("/passages/o1").status_code == 404
    user = parts.users.find("alice")
    parts.members.add("relecture", user.id, "tests")
    assert alice.get("/passages/o1").status_code == 200
    parts.members.remove("relecture", user.id, "tests")
    assert alice.get("/passages/o1").status_code == 404


@pytest.mark.parametrize("who", ["root", "dora", "visitor"])
def test_passages_are_for_who_asks_questions(request: Any, who: str) -> None:
    page = request.getfixturevalue(who).get("/passages/p2")
    assert page.status_code in (303, 403) and NEXT.text not in page.text
