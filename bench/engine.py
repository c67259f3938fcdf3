"""How fast many are served: our engine beside llama-cpp-python's server and llama.cpp's own.

    python -m bench.engine MODEL.gguf [--llama-cpp PYTHON] [--llama-cpp-python PYTHON]
        [--threads N] [--prompts N] [--minutes M] [--json] [--check]

Each ``PYTHON`` is that of a virtual environment of its own, with ``xllamacpp`` or with
``llama-cpp-python[server]``; without it, that server is left out. The machine must be idle.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from bench.engine_subjects import Answer, Ours, Server, Subject, Who
from bench.rag import Row, printed
from models.llama.engine import usable_cores
from models.protocol import Message

USERS = 8
WRITTEN = 120
_RULES = (
    "Tu es l'assistant d'une mairie. Tu réponds en français, en phrases complètes et exactes, "
    "d'après les extraits donnés, sans rien inventer. "
)
_TOPICS = ("congés", "télétravail", "formation", "retraite", "paie", "mutation", "maladie", "temps")


@dataclass(frozen=True, slots=True)
class Load:
    """What a workload took. Seconds, tokens, bytes."""

    answers: list[Answer]
    wall: float
    cpu: float
    memory: int

    @property
    def rate(self) -> float:
        """Tokens a second, of all together."""
        return sum(one.count for one in self.answers) / self.wall

    def first(self, percent: float) -> float:
        """That percentile of the times to the first token."""
        return float(np.percentile([one.first for one in self.answers], percent))

    @property
    def gap95(self) -> float:
        """The 95th percentile of the times between tokens."""
        return float(np.percentile([gap for one in self.answers for gap in one.gaps], 95))

    @property
    def decode(self) -> float:
        """Tokens a second while an answer is written."""
        tokens = sum(one.count - 1 for one in self.answers)
        return tokens / sum(one.pieces[-1] - one.pieces[0] for one in self.answers)


async def measured(subject: Subject, asks: Sequence[Awaitable[Answer]]) -> Load:
    """Ask all at once, and see what the process took."""
    process = subject.process()
    before, began = sum(process.cpu_times()[:2]), time.monotonic()
    answers = list(await asyncio.gather(*asks))
    wall = time.monotonic() - began
    cpu = sum(process.cpu_times()[:2]) - before
    peak = process.memory_info().rss
    return Load(answers, wall, cpu, peak)


def system() -> Message:
    """About 250 tokens that all share."""
    return Message("system", _RULES * 5)


def excerpts(seed: int, count: int = 6) -> str:
    """About 75 tokens each, which nobody else has."""
    rng = np.random.default_rng(seed)
    return "\n".join(
        f"[{n}] Article {rng.integers(100, 999)} : pour les {rng.choice(_TOPICS)}, l'agent dispose "
        f"de {rng.integers(2, 40)} jours à compter du {rng.integers(1, 28)} mars, sur avis du "
        f"service {rng.integers(1, 90)} ; la demande a le numéro {rng.integers(10_000, 99_999)}."
        for n in range(1, count + 1)
    )


def rag(seed: int) -> list[Message]:
    """A prompt of about 700 tokens."""
    question = f"Que faut-il savoir des {_TOPICS[seed % 8]} ? Explique longuement."
    return [system(), Message("user", f"Extraits :\n{excerpts(seed)}\n\nQuestion : {question}")]


def quoting(seed: int) -> list[Message]:
    """A prompt whose answer copies its source."""
    asked = "Recopie mot pour mot les extraits 1 à 4, sans rien ajouter."
    return [system(), Message("user", f"{excerpts(seed)}\n\n{asked}")]


async def eight_users(subject: Subject) -> Load:
    """Eight users at once."""
    asks = [subject.ask(rag(n), WRITTEN, Who(user=f"u{n}")) for n in range(USERS)]
    return await measured(subject, asks)


async def compared(subjects: Sequence[Subject]) -> list[Row]:
    """One user, then eight, on each subject; the targets are of ours against the others."""
    rows, alone, eight = list[Row](), dict[str, Load](), dict[str, Load]()
    for subject in subjects:
        name = subject.name
        await subject.ask(rag(99), 8)  # whatever is done once
        alone[name] = await measured(subject, [subject.ask(rag(50), WRITTEN)])
        eight[name] = await eight_users(subject)
        load = eight[name]
        rows += [
            Row(f"{name}: one user, tokens/s written", alone[name].decode),
            Row(f"{name}: {USERS} users, tokens/s in all", load.rate),
            Row(f"{name}: {USERS} users, first token p50 s", load.first(50)),
            Row(f"{name}: {USERS} users, first token p95 s", load.first(95)),
            Row(f"{name}: {USERS} users, between tokens p95 s", load.gap95),
            Row(f"{name}: CPU seconds an answer", load.cpu / USERS),
            Row(f"{name}: memory MB", load.memory / 1e6),
        ]
    ours = subjects[0].name
    for other, single, many in (("llama.cpp", 0.97, 1.05), ("llama-cpp-python", None, 1.5)):
        if other in eight:
            ratio = alone[ours].decode / alone[other].decode
            rows.append(Row(f"one user, against {other}", ratio, single))
            ratio = eight[ours].rate / eight[other].rate
            rows.append(Row(f"{USERS} users, against {other}", ratio, many))
    return rows


async def turns(ours: Ours, conversation: str) -> float:
    """Mean time to the first token of the turns after the first."""
    told, firsts = [system(), Message("user", excerpts(7))], list[float]()
    for turn in range(5):
        answer = await ours.ask(told, 40, Who(conversation=conversation))
        firsts.append(answer.first)
        told += [Message("assistant", answer.text), Message("user", f"Et l'extrait {turn + 1} ?")]
    return float(np.mean(firsts[1:]))


async def polite(ours: Ours, *, flood: bool) -> float:
    """The 95th percentile of the wait of three polite services, beside a flood or not."""
    stop = asyncio.Event()

    async def pour(number: int) -> None:
        while not stop.is_set():
            await ours.ask(rag(1000 + number), 60, Who("flood", f"f{number}"))

    async def visit(service: int) -> list[Answer]:
        answers = []
        for number in range(4):
            who = Who(f"polite{service}", f"p{service}")
            answers.append(await ours.ask(rag(service * 10 + number), 30, who))
            await asyncio.sleep(1 + service)
        return answers

    poured = [asyncio.create_task(pour(number)) for number in range(12 if flood else 0)]
    await asyncio.sleep(5 if flood else 0)
    visits = await asyncio.gather(*(visit(service) for service in range(3)))
    stop.set()
    for task in poured:
        task.cancel()
    await asyncio.gather(*poured, return_exceptions=True)
    return float(np.percentile([one.first for answers in visits for one in answers], 95))


async def agreement(ours: Ours, count: int) -> float:
    """Of ``count`` prompts, the part whose first 32 tokens are the same alone and in a batch."""
    alone = [(await ours.ask(rag(2000 + n), 32)).text for n in range(count)]
    same = 0
    for start in range(0, count, USERS):
        asks = [ours.ask(rag(2000 + n), 32) for n in range(start, min(start + USERS, count))]
        together = await asyncio.gather(*asks)
        same += sum(one.text == other for one, other in zip(together, alone[start:], strict=False))
    return same / count


async def churn(ours: Ours, minutes: float) -> tuple[float, float]:
    """Growth of resident memory over the run, and how long a request takes to be served after."""
    rng = np.random.default_rng(3)
    ends = time.monotonic() + 60 * minutes

    async def client(number: int) -> None:
        while time.monotonic() < ends:
            who = Who(f"s{number % 4}", f"u{number}", f"c{number}" if number % 2 else "")
            most = int(rng.integers(1, 40))
            ask = ours.ask(rag(int(rng.integers(0, 50))), most, who)
            try:
                await asyncio.wait_for(ask, float(rng.uniform(0.5, 30)))
            except (TimeoutError, Exception):  # noqa: BLE001 - busy: it comes again
                await asyncio.sleep(float(rng.uniform(0, 2)))

    clients = [asyncio.create_task(client(number)) for number in range(60)]
    await asyncio.sleep(30 * minutes)
    before = ours.process().memory_info().rss
    await asyncio.gather(*clients)
    after = ours.process().memory_info().rss
    return after / before - 1, (await ours.ask(rag(1), 4)).first


async def own_rows(ours: Ours, plain: Ours, alike: Ours, prompts: int, minutes: float) -> list[Row]:
    """What has no counterpart in the others. ``plain`` makes no guesses, ``alike`` is reproducible
    besides.
    """
    rows = list[Row]()
    quick = await measured(ours, [ours.ask(quoting(5), WRITTEN)])
    slow = await measured(plain, [plain.ask(quoting(5), WRITTEN)])
    rows.append(
        Row("quotes: decode, with guesses against without", quick.decode / slow.decode, 1.3)
    )
    again, afresh = await turns(ours, "c"), await turns(ours, "")
    rows.append(Row("later turns: first token against no reuse", again / afresh, 0.35, True))
    calm, flooded = await polite(ours, flood=False), await polite(ours, flood=True)
    rows.append(Row("polite services' p95 wait, beside a flood", flooded / calm, 1.5, True))
    if prompts:
        row = f"alone and in a batch of {USERS}, of {prompts} prompts"
        rows.append(Row(f"{row}, by default", await agreement(plain, prompts)))
        rows.append(Row(f"{row}, reproducible", await agreement(alike, prompts), 0.95))
        slow, fast = await eight_users(alike), await eight_users(plain)
        rows.append(Row(f"{USERS} users, reproducible against by default", slow.rate / fast.rate))
    if minutes:
        growth, wait = await churn(ours, minutes)
        rows.append(Row(f"{minutes:g} minutes of churn: memory growth", growth, 0.05, True))
        rows.append(Row("after it: first token s", wait))
    return rows


def servers(options: argparse.Namespace) -> Iterator[Callable[[], Server]]:
    """How the others are started."""
    if options.llama_cpp:
        yield lambda: Server.llama_cpp(options.llama_cpp, options.model, options.threads)
    if options.llama_cpp_python:
        yield lambda: Server.llama_cpp_python(
            options.llama_cpp_python, options.model, options.threads
        )


async def run(options: argparse.Namespace) -> list[Row]:
    """All rows."""
    plain = Ours(options.model, options.threads, speculate=False)
    alike = Ours(options.model, options.threads, speculate=False, reproducible=True)
    subjects: list[Subject] = [Ours(options.model, options.threads), plain]
    try:
        for start in servers(options):
            subjects.append(start())
        rows = await compared(subjects)
        for other in subjects[2:]:
            await other.close()
        ours = subjects[0]
        assert isinstance(ours, Ours)
        rows += await own_rows(ours, plain, alike, options.prompts, options.minutes)
    finally:
        for subject in [*subjects, alike]:
            await subject.close()
    return rows


def main() -> int:
    """Measure, print a table, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--llama-cpp", type=Path)
    parser.add_argument("--llama-cpp-python", type=Path)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--prompts", type=int, default=100, help="alone against in a batch")
    parser.add_argument("--minutes", type=float, default=10, help="clients that come and leave")
    parser.add_argument("--json", action="store_true", help="print the rows only")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    busy = psutil.cpu_percent(1.0)
    if busy > 20:
        print(f"other programs take {busy:.0f} % of this machine", file=sys.stderr)
    rows = asyncio.run(run(options))
    printed(rows, as_json=options.json)
    missed = any(row.met is False for row in rows)
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
