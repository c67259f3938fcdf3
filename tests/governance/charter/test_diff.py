"""Two texts are compared line by line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.charter.diff import side_by_side, unified

_texts = st.lists(st.sampled_from(["a", "b", "c", "", "d: 1"]), max_size=30).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


def test_lines_face_one_another() -> None:
    old = "a\nb\nc\n" + "x\n" * 20 + "z\n"
    new = "a\nB\nc\nd\n" + "x\n" * 20 + "z\n"
    rows = side_by_side(old, new)
    assert [(r.kind, r.old_number, r.new_number) for r in rows[:4]] == [
        ("same", 1, 1),
        ("changed", 2, 2),
        ("same", 3, 3),
        ("added", None, 4),
    ]
    assert rows[-1].kind == "gap"
    assert "-b\n+B" in unified(old, new, "un", "deux")
    assert unified(old, new, "un", "deux").startswith("--- un\n+++ deux\n")


@given(_texts, _texts)
def test_each_side_holds_its_own_lines_in_order_and_nothing_else(old: str, new: str) -> None:
    rows = side_by_side(old, new)
    assert (rows == ()) is (old == new)
    for text, side in ((old, "old"), (new, "new")):
        numbers = [n for row in rows if (n := getattr(row, f"{side}_number")) is not None]
        assert numbers == sorted(set(numbers))
        lines = text.splitlines()
        for row in rows:
            number = getattr(row, f"{side}_number")
            assert number is None or lines[number - 1] == getattr(row, side)
    changed = [row for row in rows if row.kind in {"changed", "removed", "added"}]
    assert bool(changed) is (old != new)
