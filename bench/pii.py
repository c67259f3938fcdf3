"""How well personal data is found, on published sets, and how long it takes.

    python bench/pii.py [--data ../shared/data] [--json] [--check]

``--check`` fails unless every identifier of ``pii/ids_fr.csv`` is judged rightly. The other sets
are sampled evenly so that a run stays under two minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from governance.pii.analyzer import PiiAnalyzer  # noqa: E402
from governance.pii.entities import PERSON  # noqa: E402

ENTITY_OF = {
    "NIR": "FR_NIR",
    "NIF": "FR_NIF",
    "SIREN": "FR_SIREN",
    "SIRET": "FR_SIRET",
    "TVA": "FR_TVA",
    "IBAN": "IBAN_CODE",
}
_TAGGED = re.compile(
    r"((?:[^\s<>\"«»(),.;:!?’']+(?:['’][A-Z])?[^\s<>]*?)?)<(first_name|last_name)>"
)

Spans = list[tuple[int, int]]


def every(items: Sequence[Any], limit: int) -> list[Any]:
    """At most ``limit`` of the items, evenly spread."""
    step = max(1, -(-len(items) // limit))
    return list(items[::step])


def persons(analyzer: PiiAnalyzer, text: str) -> Spans:
    """The (start, end) of each person found."""
    return [(each.start, each.end) for each in analyzer.find(text) if each.entity == PERSON]


def covered(start: int, end: int, spans: Spans) -> bool:
    """Whether every character from ``start`` to ``end`` lies in some span."""
    while start < end:
        following = max((last for first, last in spans if first <= start < last), default=start)
        if following == start:
            return False
        start = following
    return True


def share(part: int, whole: int) -> float | None:
    """``part`` of ``whole``, 0 to 1."""
    return round(part / whole, 4) if whole else None


def ids(analyzer: PiiAnalyzer, data: Path) -> dict[str, Any]:
    """Identifiers: valid ones found whole, invalid ones not found as what they claim to be."""
    right = 0
    wrong: list[str] = []
    with (data / "pii" / "ids_fr.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        entity = ENTITY_OF.get(row["type"], "PHONE_NUMBER")
        text = f"Le numéro est {row['value']}, merci."
        finds = {(each.entity, text[each.start : each.end]) for each in analyzer.find(text)}
        if row["valid"] == "1":
            good = (entity, row["value"]) in finds
        else:
            good = entity not in {kind for kind, _ in finds}
        right += good
        if not good:
            wrong.append(f"{row['type']} {row['value']}")
    return {"right": right, "of": len(rows), "accuracy": share(right, len(rows)), "wrong": wrong}


def names_in_sentences(analyzer: PiiAnalyzer, data: Path, limit: int) -> dict[str, Any]:
    """Tagged names of which every letter is masked."""
    with (data / "pii" / "names_in_sentences_fr.csv").open(encoding="utf-8") as file:
        rows = [row["text"] for row in csv.DictReader(file)]
    found = total = 0
    for tagged in every(rows, limit):
        parts: list[str] = []
        spans: Spans = []
        length = position = 0
        for match in _TAGGED.finditer(tagged):
            before = tagged[position : match.start(1)]
            parts += [before, match.group(1)]
            length += len(before)
            spans.append((length, length + len(match.group(1))))
            length += len(match.group(1))
            position = match.end()
        text = "".join([*parts, tagged[position:]])
        masked = persons(analyzer, text)
        for start, end in spans:
            word = text[start:end]
            # «l'Alice» or «d'Anne»: the elision before the name is not the name.
            elided = re.match(r"(?:[dljnmtsc]|qu)['’](?=[A-ZÀ-Þ])", word)
            first = start + (elided.end() if elided else 0)
            total += 1
            found += covered(first, end, masked)
    return {"masked": found, "of": total, "recall": share(found, total)}


def tokens_to_text(rows: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[int, int, str]]]:
    """The text of (token, BIO tag) rows, and the (start, end, type) of what is tagged."""
    text = ""
    spans: list[tuple[int, int, str]] = []
    for token, tag in rows:
        glue = not text or text.endswith(("'", "’", "(", "-")) or token in {".", ",", ")", "-", "'"}
        text += "" if glue else " "
        start = len(text)
        text += token
        if tag.startswith("B-"):
            spans.append((start, len(text), tag[2:]))
        elif tag.startswith("I-") and spans and spans[-1][2] == tag[2:]:
            spans[-1] = (spans[-1][0], len(text), tag[2:])
    return text, spans


def echr(analyzer: PiiAnalyzer, data: Path) -> dict[str, Any]:
    """Court texts: a person (by surname) counts as masked only if every mention is, throughout."""
    lines = (data / "pii" / "echr_fr_train.tsv").read_text(encoding="utf-8").splitlines()
    documents: list[list[tuple[str, str]]] = [[]]
    for line in lines:
        if line.startswith("PROCÉDURE ") and documents[-1]:
            documents.append([])
        fields = line.split()
        if len(fields) >= 2:
            documents[-1].append((" ".join(fields[:-1]), fields[-1]))
    mentions = masked_mentions = total = throughout = clean = with_persons = 0
    for document in documents:
        text, spans = tokens_to_text(document)
        found = persons(analyzer, text)
        by_person: dict[str, list[bool]] = {}
        for start, end, kind in spans:
            if kind in {"PER", "LEGAL_PROFESSIONAL"}:
                words = [
                    (match.start() + start, match.end() + start, match.group())
                    for match in re.finditer(r"[A-ZÀ-Þ][\w’'-]+", text[start:end])
                ]
                # Civilities and functions are tagged with the name: the name is the last word.
                if words and kind == "PER":
                    first, last, word = words[-1]
                    by_person.setdefault(word.lower(), []).append(covered(first, last, found))
        flags = [flag for each in by_person.values() for flag in each]
        mentions += len(flags)
        masked_mentions += sum(flags)
        total += len(by_person)
        throughout += sum(all(each) for each in by_person.values())
        with_persons += bool(flags)
        clean += bool(flags) and all(flags)
    return {
        "mention_recall": share(masked_mentions, mentions),
        "persons_masked_throughout": share(throughout, total),
        "persons": total,
        "documents_clean": clean,
        "documents": with_persons,
    }


def wikineural(analyzer: PiiAnalyzer, data: Path, limit: int) -> dict[str, Any]:
    """Exact-span F1 of persons (silver labels), and recall by characters covered."""
    content = (data / "pii" / "wikineural_fr_val.conllu").read_text(encoding="utf-8")
    sentences = [block for block in content.split("\n\n") if block.strip()]
    exact = predicted = gold = overlapped = 0
    for block in every(sentences, limit):
        rows = [tuple(line.split("\t")[1:3]) for line in block.splitlines() if "\t" in line]
        text, spans = tokens_to_text([(token, tag) for token, tag in rows])
        wanted = {(start, end) for start, end, kind in spans if kind == "PER"}
        found = persons(analyzer, text)
        exact += len(wanted & set(found))
        predicted += len(found)
        gold += len(wanted)
        overlapped += sum(covered(start, end, found) for start, end in wanted)
    precision, recall = exact / max(1, predicted), exact / max(1, gold)
    return {
        "sentences": min(limit, len(sentences)),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
        "recall_covered": share(overlapped, gold),
    }


def speed(analyzer: PiiAnalyzer, data: Path) -> dict[str, Any]:
    """CPU milliseconds for 250 characters, on texts that were not seen before."""
    with (data / "pii" / "names_in_sentences_fr.csv").open(encoding="utf-8") as file:
        rows = [re.sub(r"<\w+>", "", row["text"]) for row in csv.DictReader(file)]
    texts = [row[1:251] for row in every(rows[1:], 80)]
    times = []
    for text in texts:
        started = time.process_time()
        analyzer.find(text)
        times.append((time.process_time() - started) / len(text) * 250_000)
    times.sort()
    long_text = "\n".join(rows)[:100_000]
    started = time.process_time()
    analyzer.find(long_text)
    return {
        "ms_per_250_characters": round(times[len(times) // 2], 2),
        "ms_per_250_characters_p95": round(times[int(len(times) * 0.95)], 2),
        "ms_per_250_characters_in_100_kB": round((time.process_time() - started) * 2.5, 2),
        "load_seconds": round(analyzer.load_seconds, 2),
        "load_mebibytes": analyzer.load_bytes >> 20,
    }


def main() -> int:
    """Run the benchmark. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="fail unless ids are 100 %%")
    parser.add_argument("--limit", type=int, default=600, help="texts of each sampled set")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        print(f"no test data at {arguments.data}", file=sys.stderr)
        return 2
    analyzer = PiiAnalyzer()
    results = {
        "ids": ids(analyzer, arguments.data),
        "names_in_sentences": names_in_sentences(analyzer, arguments.data, arguments.limit // 2),
        "echr": echr(analyzer, arguments.data),
        "wikineural_per": wikineural(analyzer, arguments.data, arguments.limit),
        "speed": speed(analyzer, arguments.data),
    }
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False, indent=2))
    else:
        for name, figures in results.items():
            print(name)
            for key, value in figures.items():
                print(f"  {key:34} {value}")
    if arguments.check and results["ids"]["right"] != results["ids"]["of"]:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
