"""Time to sources and to the first token, for ten French questions, with the default model.

    python bench/first_answer.py [--json] [--check] [--url http://127.0.0.1:8080 --password …]

Starts a Sobria of its own on a copy of ``var/`` (after ``make run`` or ``sobria setup``), asks the
questions one after the other through the web chat. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

QUESTIONS = (
    "Combien de jours de congés payés acquiert-on par mois ?",
    "Quelle est la durée maximale de la période d’essai d’un cadre ?",
    "Quel est le préavis en cas de démission ?",
    "Comment se calcule l’indemnité de licenciement ?",
    "Combien d’heures supplémentaires peut-on faire par an ?",
    "Peut-on travailler le 1er mai ?",
    "Quelle est la durée du congé de paternité ?",
    "Un CDD peut-il être renouvelé deux fois ?",
    "Qui peut demander une rupture conventionnelle ?",
    "Quelles sont les règles du travail de nuit ?",
)
SOURCES_SECONDS = 1.0
PROMPT_TOKENS = 1_000


def measure(data_dir: Path, model: str) -> tuple[list[dict[str, float]], float]:
    """The timings of each question in seconds, and the server's resident memory in GB."""
    from tests.e2e import conftest as harness
    from tests.e2e.sse import ask

    harness.PREPARED, harness.MODEL = data_dir, model
    with tempfile.TemporaryDirectory() as folder:
        instance = harness.new_instance(Path(folder))
        instance.start()
        try:
            rows = []
            with instance.sign_in("employe") as client:
                for question in QUESTIONS:
                    started = time.monotonic()
                    marks: dict[str, float] = {}
                    exchange = ""
                    for name, data in ask(client, question):
                        marks.setdefault(name, time.monotonic() - started)
                        if name == "accepted":
                            exchange = data["exchange"]
                        if name == "reading":
                            marks["prompt_tokens"] = float(data["total"])
                    marks["exchange"] = float(bool(exchange))
                    rows.append(marks)
            assert instance.process is not None
            resident = psutil.Process(instance.process.pid).memory_info().rss / 1e9
        finally:
            instance.stop()
    return rows, resident


def main() -> int:
    """Print the table; 1 where --check is given and a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--data-dir", type=Path, default=ROOT / "var")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b-instruct-q4_k_m")
    options = parser.parse_args()
    timings, resident = measure(options.data_dir, options.model)

    def column(name: str) -> list[float]:
        return [row[name] for row in timings if name in row]

    rows: list[dict[str, object]] = [
        {"name": "questions answered", "value": len(column("completed")), "target": 10},
        {"name": "time to sources, worst (s)", "value": max(column("sources")), "target": 1.0},
        {"name": "time to sources, median (s)", "value": statistics.median(column("sources"))},
        {"name": "time to first token, median (s)", "value": statistics.median(column("delta"))},
        {"name": "time to first token, worst (s)", "value": max(column("delta"))},
        {"name": "whole answer, median (s)", "value": statistics.median(column("completed"))},
        {"name": "prompt, worst (tokens)", "value": max(column("prompt_tokens")), "target": 1_000},
        {"name": "resident memory (GB)", "value": resident, "target": 3.0},
    ]
    for row in rows:
        target, value = row.get("target"), row["value"]
        assert isinstance(value, int | float)
        row["value"] = round(value, 3)
        row.setdefault("target", None)
        row["met"] = (
            None
            if target is None
            else (value >= 10 if row["name"] == "questions answered" else value < target)  # type: ignore[operator]
        )
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            target = "" if row["target"] is None else f"target {row['target']}"
            print(f"{row['name']:<36}{row['value']:>10}  {target:<14}{row['met'] or ''}")
    return int(options.check and any(row["met"] is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
