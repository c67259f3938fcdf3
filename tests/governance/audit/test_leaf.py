"""A leaf is one canonical JSON object, and commits to its text without saying it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.errors import RecordRefused
from governance.audit.leaf import (
    MAX_DATA_BYTES,
    MAX_LEAF_BYTES,
    AuditRecord,
    Leaf,
    commit,
    new_leaf,
    open_commitment,
)

MOMENT = datetime(2026, 11, 23, 15, 0, 0, 123456, tzinfo=UTC)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e15, 1e15)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_a_leaf_is_what_rfc_8785_makes_of_it() -> None:
    record = AuditRecord("accepted", "x1", "p01", "rh", "sha256:ab", {"b": 1.0, "a": "é"})
    content = new_leaf(MOMENT, record, None, None).encode()
    assert content.decode() == (
        '{"charter":"sha256:ab","commitment":null,"data":{"a":"é","b":1},"exchange":"x1",'
        '"sealed":null,"service":"rh","subject":"p01","time":"2026-11-23T15:00:00.123456Z",'
        '"type":"accepted","v":1}'
    )


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, max_size=4))
def test_what_is_encoded_is_parsed_back(data: dict[str, Any]) -> None:
    data.pop("use", None)
    content = new_leaf(MOMENT, AuditRecord("charter", data=data), None, b"sealed").encode()
    leaf = Leaf.parse(content)
    assert leaf.encode() == content
    assert rfc8785.dumps(dict(leaf.record.data)) == rfc8785.dumps(data)


@pytest.mark.parametrize(
    "data",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": -float("inf")},
        {"x": 2**53},
        {"x": 1e300},
        {"x": 10**5000},
        {"x": b"bytes"},
        {"x": {1: "not a text"}},
        {"x": {1, 2}},
        {"x": "\ud800"},
        {"use": "two words"},
        {"use": 3},
    ],
)
def test_what_has_no_canonical_form_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(RecordRefused):
        new_leaf(MOMENT, AuditRecord("charter", data=data), None, None).encode()


def test_data_is_bounded_in_bytes_and_in_depth() -> None:
    largest = {"x": "a" * (MAX_DATA_BYTES - len('{"x":""}'))}
    content = new_leaf(MOMENT, AuditRecord("charter", data=largest), "0" * 64, b"").encode()
    assert len(content) <= MAX_LEAF_BYTES
    with pytest.raises(RecordRefused, match="65536"):
        new_leaf(
            MOMENT, AuditRecord("charter", data={"x": largest["x"] + "a"}), None, None
        ).encode()
    deep: dict[str, Any] = {}
    for _ in range(20):
        deep = {"x": deep}
    with pytest.raises(RecordRefused, match="deep"):
        new_leaf(MOMENT, AuditRecord("charter", data=deep), None, None).encode()


@pytest.mark.parametrize("name", ["", "two words", "a" * 201, "line\n", "nul\0"])
def test_identifiers_hold_no_sentence(name: str) -> None:
    with pytest.raises(RecordRefused):
        new_leaf(MOMENT, AuditRecord("accepted", exchange_id=name), None, None).encode()


def test_any_other_form_of_a_leaf_is_refused() -> None:
    content = new_leaf(MOMENT, AuditRecord("accepted", "x1", data={"n": 1}), None, None).encode()
    fields = json.loads(content)
    wrong = [
        b"",
        b"[]",
        b"null",
        b"{" * 5000,
        b" " + content,
        content + b" ",
        content.replace(b'"n":1', b'"n":1.0'),
        content.replace(b'"n":1', b'"n":1,"n":1'),
        json.dumps(fields).encode(),
        rfc8785.dumps({**fields, "v": 2}),
        rfc8785.dumps({**fields, "v": True}),
        rfc8785.dumps({**fields, "extra": 1}),
        rfc8785.dumps({**fields, "type": "invented"}),
        rfc8785.dumps({**fields, "type": ["accepted"]}),
        rfc8785.dumps({**fields, "time": "2026-11-23"}),
        rfc8785.dumps({**fields, "time": 5}),
        rfc8785.dumps({**fields, "data": []}),
        rfc8785.dumps({**fields, "commitment": "F" * 64}),
        rfc8785.dumps({**fields, "sealed": 7}),
        b"\xff" + content,
    ]
    for other in wrong:
        with pytest.raises(RecordRefused):
            Leaf.parse(other)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_commitment_opens_with_its_salt_only(text: str) -> None:
    commitment, opening = commit(text)
    assert open_commitment(commitment, opening) == text
    assert open_commitment(commitment, opening + "x") is None
    assert open_commitment(commitment, "0" * 64 + text) is None
    assert commit(text)[0] != commitment, "the same text twice gives two commitments"
