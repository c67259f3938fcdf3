"""How a use is reviewed: defaults, roles that exist and cover it, and no loosening."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.charter.charter import Charter
from governance.charter.load import load_file, load_text
from governance.charter.problems import CharterInvalid
from tests.governance.road.parts import CHARTER

OLD = "    message: Faites relire ce courrier."


def written(review: str = "", reviewers: str = "") -> str:
    text = CHARTER.replace(OLD, f"    {review}\n{OLD}" if review else OLD)
    return text.replace("services:", f"{reviewers}\nservices:", 1)


def review_of(charter: Charter) -> tuple[str, str]:
    use = next(use for use in charter.uses if use.id == "courrier-disciplinaire")
    return use.review.delivery, use.review.by


def problems(text: str) -> str:
    with pytest.raises(CharterInvalid) as caught:
        load_text(text)
    return " ".join(p.message_id.format(**p.params) for p in caught.value.problems)


def test_a_charter_that_says_nothing_delivers_a_draft_for_the_contact() -> None:
    charter = load_text(written())
    assert review_of(charter) == ("draft", "contact")
    assert [role.id for role in charter.reviewers] == ["contact"]
    assert charter.reviewer_title("contact") == "Informatique"


def test_a_role_must_exist() -> None:
    text = written("review: {by: dhr}", "reviewers: [{id: drh, title: La DRH}]")
    assert "Did you mean «drh»" in problems(text)


def test_a_role_must_cover_the_services_of_its_uses() -> None:
    narrow = "reviewers: [{id: drh, title: La DRH, services: [rh]}]"
    assert "does not cover" in problems(written("review: {by: drh}", narrow))
    charter = load_text(written("applies_to: [rh]\n    review: {by: drh}", narrow))
    assert review_of(charter) == ("draft", "drh")


def test_a_child_may_hold_what_its_parent_delivers_and_not_the_other_way(tmp_path: Path) -> None:
    child = """
charter: 1
extends: parent.yaml
uses:
  - id: courrier-disciplinaire
    review: {delivery: %s}
"""

    def load(parent: str, wanted: str) -> Charter:
        (tmp_path / "parent.yaml").write_text(written(f"review: {{delivery: {parent}}}"))
        (tmp_path / "child.yaml").write_text(child % wanted)
        return load_file(tmp_path / "child.yaml")

    assert review_of(load("draft", "hold")) == ("hold", "contact")
    with pytest.raises(CharterInvalid, match=r"weaker|draft"):
        load("hold", "draft")
