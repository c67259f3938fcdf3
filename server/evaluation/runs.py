"""Runs of the tests, kept as files: what was asked, of what, and what came of it."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from server.evaluation.errors import RunDamaged, UnknownRun

FOLDER = "evaluations"
Mode = Literal["search", "answers"]
Outcome = Literal["answered", "abstained", "refused", "failed"]
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z(-[0-9]{1,3})?")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceVersion(_Part):
    """What was searched of a source; ``digest`` is that of all its passages."""

    version: str
    documents: int
    passages: int
    vectors: float
    digest: str


class Tried(_Part):
    """What the tests were put to. ``model`` and its digest are empty where no model was asked."""

    model: str
    model_digest: str
    embedder_digest: str
    charter_revision: str
    prompt_digest: str
    sources: dict[str, SourceVersion]


class Result(_Part):
    """What came of one test.

    ``case`` is the test's digest. ``found`` and ``rank`` (1 to 5) say where the expected source
    was, None where none is expected or it was not there. ``right`` is whether it was answered, or
    not, as expected. ``missing`` are the words that the answer should hold and does not, None where
    that was not looked at. ``support`` is the share of its sentences that a passage supports.
    """

    id: str
    service: str
    case: str
    found: bool | None
    rank: int | None
    outcome: Outcome
    right: bool
    held: tuple[str, ...] | None = None
    missing: tuple[str, ...] | None = None
    support: float | None = None
    wh: float | None = None
    seconds: float
    answer: str = ""

    @property
    def criteria(self) -> dict[str, bool]:
        """All that was expected and looked at, and whether it is so."""
        expected = {"outcome": self.right}
        if self.found is not None:
            expected["found"] = self.found
        expected |= {f"word {word}": True for word in self.held or ()}
        expected |= {f"word {word}": False for word in self.missing or ()}
        return expected

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return all(self.criteria.values())


class Totals(_Part):
    """The figures of a run. ``wh`` is None where a part of it is not known."""

    tests: int
    passed: int
    found: int
    searched: int
    reciprocal_rank: float
    right: int
    words_held: int
    words: int
    support: float | None
    wh: float | None
    seconds: float


class Run(_Part):
    """A run of the tests. ``service`` is the one it was limited to, if any."""

    version: Literal[1] = 1
    name: str = ""
    started_at: str
    mode: Mode
    service: str = ""
    tried: Tried
    results: tuple[Result, ...]

    @property
    def totals(self) -> Totals:
        """Its figures."""
        results = self.results
        sought = [each for each in results if each.found is not None]
        support = [each.support for each in results if each.support is not None]
        spent = [each.wh for each in results]
        known = [wh for wh in spent if wh is not None]
        return Totals(
            tests=len(results),
            passed=sum(each.passed for each in results),
            found=sum(each.found or False for each in sought),
            searched=len(sought),
            reciprocal_rank=round(
                sum(1 / each.rank for each in sought if each.rank) / max(1, len(sought)), 4
            ),
            right=sum(each.right for each in results),
            words_held=sum(len(each.held or ()) for each in results),
            words=sum(len(each.held or ()) + len(each.missing or ()) for each in results),
            support=round(sum(support) / len(support), 4) if support else None,
            wh=round(sum(known), 6) if len(known) == len(spent) else None,
            seconds=round(sum(each.seconds for each in results), 3),
        )


class Runs:
    """The runs of an instance, in its data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def save(self, run: Run, started: datetime) -> Run:
        """Keep a run under the time at which it began (UTC); with its name."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        base = started.strftime("%Y-%m-%dT%H%M%SZ")
        draft = self._folder / f".{base}.{os.getpid()}"
        for number in range(1, 1_000):
            named = run.model_copy(update={"name": base if number == 1 else f"{base}-{number}"})
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(named.model_dump_json(indent=1) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.link(draft, self._path(named.name))
            except FileExistsError:
                continue
            finally:
                draft.unlink(missing_ok=True)
            return named
        raise FileExistsError(base)

    def names(self) -> tuple[str, ...]:
        """The runs there are, the oldest first."""
        found = [path.stem for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem)]
        return tuple(sorted(found, key=_order))

    def load(self, name: str) -> Run:
        """A run. Raises UnknownRun, or RunDamaged."""
        if not _NAME.fullmatch(name) or not self._path(name).is_file():
            raise UnknownRun(name=name[:80])
        try:
            return Run.model_validate_json(self._path(name).read_bytes())
        except (ValidationError, OSError):
            raise RunDamaged(name=name) from None

    def last(self, mode: Mode) -> Run | None:
        """The last run of this kind that can be read, if any."""
        for name in reversed(self.names()):
            try:
                run = self.load(name)
            except RunDamaged:
                continue
            if run.mode == mode:
                return run
        return None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _order(name: str) -> tuple[str, int]:
    base, _, number = name.partition("Z")
    return base, int(number[1:] or "1")
