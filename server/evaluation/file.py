"""The file of tests, ``evaluation.yaml``: people edit it, Sobria adds to it and keeps their notes.

Whoever adds holds a lock beside the file, and puts the new file in the place of the old one at
once: a reader sees all of it, before or after.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

from server.evaluation.cases import MAX_CASES, Case
from server.evaluation.errors import (
    FileTooLarge,
    NotATestFile,
    NotReadable,
    TestContradicts,
    TestExists,
    TestInvalid,
    TestsNothing,
    TooManyTests,
)

NAME = "evaluation.yaml"
LOCK = ".evaluation.lock"
MAX_BYTES = 1_000_000
MAX_DEPTH = 4
"""The file, its list, a test, a list of it."""
HEAD = """\
# Tests of the assistant: «sobria eval run» asks each question. See docs/evaluation.md.
tests: []
"""


def case_file(data_dir: Path) -> Path:
    """Where the tests of an instance are."""
    return data_dir / NAME


def load_cases(path: Path) -> tuple[Case, ...]:
    """The tests of the file, in its order; none where there is no file.

    Raises:
        EvaluationError: the file cannot be used; says what is wrong, and where.
    """
    return _cases(_read(path), path.name) if path.exists() else ()


def add_case(path: Path, case: Case) -> None:
    """Add a test at the end of the file, which is made where there is none.

    Raises:
        EvaluationError: it tests nothing, there is one of its id, or the file cannot be used.
        OSError: the file cannot be written; it stays as it was.
    """
    _check(case)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_name(LOCK)):
        text = _read(path) if path.exists() else HEAD
        if any(each.id == case.id for each in _cases(text, path.name)):
            raise TestExists(id=case.id)
        written = _with(text, case)
        _cases(written, path.name)
        _replace(path, written)


def free_id(wanted: str, cases: tuple[Case, ...]) -> str:
    """``wanted``, numbered where a test has it already."""
    taken = {case.id for case in cases}
    numbered = (f"{wanted}-{number}" for number in range(2, MAX_CASES + 2))
    return wanted if wanted not in taken else next(each for each in numbered if each not in taken)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FileTooLarge(file=path.name, limit=MAX_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotReadable(file=path.name, line=line) from None


def _cases(text: str, file: str) -> tuple[Case, ...]:
    whole = _plain(text, file)
    tests = whole.get("tests") if isinstance(whole, dict) else None
    if not isinstance(whole, dict) or set(whole) != {"tests"} or not isinstance(tests, list):
        if whole is None or whole == {"tests": None}:
            return ()
        raise NotATestFile(file=file)
    if len(tests) > MAX_CASES:
        raise TooManyTests(file=file, limit=MAX_CASES)
    cases: list[Case] = []
    known: set[str] = set()
    for number, test in enumerate(tests, 1):
        try:
            case = Case.model_validate(test)
        except ValidationError as error:
            places = (".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
            fields = ", ".join(dict.fromkeys(place or "-" for place in places))
            raise TestInvalid(file=file, number=number, fields=fields) from None
        _check(case)
        if case.id in known:
            raise TestExists(id=case.id)
        known.add(case.id)
        cases.append(case)
    return tuple(cases)


def _check(case: Case) -> None:
    if case.fault == "contradiction":
        raise TestContradicts(id=case.id)
    if case.fault == "nothing":
        raise TestsNothing(id=case.id)


def _plain(text: str, file: str) -> Any:
    """The values of a YAML text, without anchors, by which a small file unfolds into a huge one,
    and no deeper than a test is."""
    try:
        depth = 0
        for event in YAML(typ="safe", pure=True).parse(text):
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if getattr(event, "anchor", None) is not None or depth > MAX_DEPTH:
                raise NotReadable(file=file, line=event.start_mark.line + 1)
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotReadable(file=file, line=mark.line + 1 if mark else 1) from None
    except (YAMLError, RecursionError, ValueError):
        raise NotReadable(file=file, line=1) from None


def _with(text: str, case: Case) -> str:
    """``text`` with one more test; its comments and its layout stay."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4_096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    if document is None:  # comments at most, which must stay
        document = yaml.load(f"{text.rstrip()}\ntests: []\n")
    if document.get("tests") is None:
        document["tests"] = []
    tests = document["tests"]
    if hasattr(tests, "fa"):
        tests.fa.set_block_style()
    values = case.model_dump(mode="json", exclude_defaults=True)
    tests.append(CommentedMap(values))
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _replace(path: Path, text: str) -> None:
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".evaluation.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(partial, path.stat().st_mode & 0o777)
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
