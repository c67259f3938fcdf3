"""Answers of the whole road, with the model, on the project's own questions.

    SOBRIA_DATA_DIR=var python -m bench.rag_answers [--part easy|dev|held …] [--first N] [--always]
                                                    [--answers FILE] [--sheet] [--json] [--check]

The data folder is one that ``sobria setup`` filled; no server may run on it. ``--always`` adds the
peer of the energy's target: the same model, asked each question with ten whole passages and no
control. ``--answers`` keeps the answers in a file, one JSON object a line, and takes up again from
it. ``--sheet`` prints each answer with its citations, to be read by a person, whose verdicts go to
``rag_verdicts.yaml``: what no verdict speaks of is compared with the words that a right answer has
(``must``), which takes an incomplete answer for a wrong one.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import uuid
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from bench.rag import Row, printed
from bench.rag_sets import Question, easy_questions, own_questions, says
from governance.events import Completed, Event
from governance.exchange import Caller, ExchangeRequest, ephemeral_conversation
from governance.prompt import build_prompt, system_message
from governance.turns import Turn
from models.protocol import GenerationRequest, Prefilled, Sampling, Token
from server.assembly import Assembly, build_assembly
from server.evaluation.asking import road_for_tests
from server.organisation import service_ids
from server.settings import Settings

VERDICTS = Path(__file__).with_name("rag_verdicts.yaml")
MANY = 10
"""Passages that the peer is given."""
SAMPLING = Sampling(temperature=0, seed=1, max_tokens=200)

Arm = Literal["sobria", "always"]
Judged = Literal["right", "incomplete", "wrong"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question. ``cited`` are the sentences that the server says are supported,
    each with the texts of the passages that it cites; ``wh`` is the energy of all of it."""

    arm: Arm
    part: str
    id: str
    answered: str
    text: str
    supported: int
    unsupported: int
    cited: tuple[tuple[str, tuple[str, ...]], ...]
    wh: float | None

    @property
    def key(self) -> str:
        """What a verdict is kept under: it holds for this text only."""
        return f"{self.id}-{hashlib.sha256(self.text.encode()).hexdigest()[:12]}"

    @property
    def delivered(self) -> bool:
        """Whether something was stated."""
        return self.answered in ("passage", "text", "repeat")


def questions(part: str) -> list[Question]:
    """The questions of a part."""
    return easy_questions() if part == "easy" else own_questions(part)  # type: ignore[arg-type]


async def asked(assembly: Assembly, part: str, question: Question) -> Answer:
    """The answer of the road; quotas, reviews and answers given before are left out."""
    exchange = uuid.uuid4().hex
    service = min(service_ids(assembly.charter.get()[1]))
    request = ExchangeRequest(
        id=exchange,
        caller=Caller(assembly.person_keys.subject("evaluation/bench"), service, "fr"),
        conversation_id=ephemeral_conversation(exchange),
        turns=(Turn("user", question.text),),
        sampling=SAMPLING,
        surface="api",
        ephemeral=True,
        answer="auto",
    )
    last: Event | None = None
    async with aclosing(road_for_tests(assembly.road).travel(request)) as events:
        async for event in events:
            last = event
    if not isinstance(last, Completed):
        return Answer("sobria", part, question.id, "refused", "", 0, 0, (), None)
    sentences = last.grounding.sentences if last.grounding is not None else ()
    cited = tuple(
        (each.text, tuple(last.passages[number - 1].text for number in each.citations))
        for each in sentences
        if each.citations
    )
    unsupported = sum(each.support == "unsupported" for each in sentences)
    wh, who = last.receipt.energy.wh, last.receipt.answered
    return Answer("sobria", part, question.id, who, last.text, len(cited), unsupported, cited, wh)


async def always(assembly: Assembly, part: str, question: Question) -> Answer:
    """The peer: search, then the model with ten passages, whatever was found."""
    account = uuid.uuid4().hex
    assembly.energy.account(account)
    text = ""
    try:
        with assembly.energy.measure(account, "retrieval", threads=2):
            hits = assembly.retriever.search(question.text, limit=MANY).hits
        charter = assembly.charter.get()[1]
        system = system_message(
            "fr",
            assistant=charter.assistant.name,
            organisation=charter.organisation.name,
            instructions=charter.assistant.instructions,
        )
        messages, _ = build_prompt(
            system,
            (),
            "fr",
            question.text,
            [hit.passage for hit in hits],
            count_tokens=assembly.engine.count_tokens,
            budget=assembly.engine.info.context_length - SAMPLING.max_tokens,
        )
        request = GenerationRequest(account, messages, SAMPLING, "bench")
        async with aclosing(assembly.engine.generate(request)) as events:
            async for event in events:
                if isinstance(event, Prefilled):
                    assembly.energy.record(account, "prefill", event.work)
                elif isinstance(event, Token):
                    assembly.energy.record(account, "decode", event.work)
                    text += event.text
    finally:
        bill = assembly.energy.close(account)
    return Answer("always", part, question.id, "text", text, 0, 0, (), bill.wh)


async def collected(
    parts: Sequence[str], first: int | None, arms: Sequence[Arm], known: set[tuple[str, str, str]]
) -> AsyncGenerator[Answer, None]:
    """The answers that are not ``known`` yet, in order."""
    assembly = await asyncio.to_thread(build_assembly, Settings())
    assembly.energy.start()
    try:
        for part in parts:
            for question in questions(part)[:first]:
                for arm in arms:
                    if (arm, part, question.id) not in known and (
                        arm == "sobria" or question.answerable
                    ):
                        ask = asked if arm == "sobria" else always
                        yield await ask(assembly, part, question)
    finally:
        await assembly.close()


def rows(answers: Sequence[Answer]) -> Iterator[Row]:
    """The figures of the issue, of each part and arm."""
    judged = verdicts()
    for part in dict.fromkeys(answer.part for answer in answers):
        known = {question.id: question for question in questions(part)}
        ours = [a for a in answers if a.part == part and a.arm == "sobria"]
        could = [a for a in ours if known[a.id].answerable]
        silent = [a for a in ours if not known[a.id].answerable]
        good = [a for a in could if a.supported and judge(a, known[a.id], judged) == "right"]
        if could:
            share = len(good) / len(could)
            yield Row(f"{part} ({len(could)}): correct and supported", share, 0.70)
            told = sum(a.delivered for a in could) / len(could)
            yield Row(f"{part}: something is answered", told)
        if silent:
            quiet = sum(not a.delivered for a in silent) / len(silent)
            yield Row(f"{part}: unanswerable ({len(silent)}), abstained", quiet, 0.85)
        wrong = [a for a in ours if a.supported and judge(a, known[a.id], judged) == "wrong"]
        yield Row(f"{part} ({len(ours)}): wrong and unmarked", len(wrong) / len(ours), 0.04, True)
        yield from _energy_rows(part, ours, [a for a in answers if a.part == part], known)


def _energy_rows(
    part: str, ours: Sequence[Answer], answers: Sequence[Answer], known: dict[str, Question]
) -> Iterator[Row]:
    peers = [a for a in answers if a.arm == "always"]
    if not peers:
        return
    same = {a.id for a in peers}
    judged = verdicts()
    costs = []
    for arm in ([a for a in ours if a.id in same], peers):
        right = sum(judge(a, known[a.id], judged) == "right" for a in arm)
        costs.append(sum(a.wh or 0.0 for a in arm) / max(1, right))
    yield Row(f"{part} ({len(same)}): mWh a correct answer", 1000 * costs[0])
    yield Row(f"{part}: mWh a correct answer, always with {MANY} passages", 1000 * costs[1])
    yield Row(f"{part}: times less energy", costs[1] / costs[0] if costs[0] else 0.0, 3.0)


def precision_rows(answers: Sequence[Answer]) -> Iterator[Row]:
    """The share of the citations read by a person that hold what the sentence says."""
    read = [
        verdict
        for answer in answers
        for verdict in verdicts().get(answer.key, {}).get("citations", ())
    ]
    if read:
        yield Row(f"citations read by hand ({len(read)}): precision", sum(read) / len(read), 0.95)


def judge(answer: Answer, question: Question, judged: dict[str, Any]) -> Judged:
    """A person's verdict on an answer, else whether it has the words that a right one has."""
    verdict = judged.get(answer.key)
    if verdict is not None:
        return verdict["answer"]  # type: ignore[no-any-return]
    if not question.answerable:
        return "wrong" if answer.delivered else "right"
    return "right" if says(answer.text, question.must) else "wrong"


def verdicts() -> dict[str, Any]:
    """What a person said of answers, by their key."""
    return YAML(typ="safe").load(VERDICTS.read_text(encoding="utf-8")) or {}


def sheet(answers: Sequence[Answer]) -> Iterator[str]:
    """The answers delivered, to be read against what they cite."""
    for answer in answers:
        if not answer.delivered or answer.arm != "sobria":
            continue
        question = next(q for q in questions(answer.part) if q.id == answer.id)
        yield f"\n{answer.key}  {answer.answered}\n  Q {question.text}\n  = {question.answer}"
        yield f"  A {answer.text}"
        for sentence, passages in answer.cited:
            yield f"  · {sentence}"
            yield from (f"      [{' '.join(text.split())}]" for text in passages)


def main() -> int:
    """Ask, print a table, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", action="append", choices=("easy", "dev", "held"))
    parser.add_argument("--first", type=int, help="questions of each part")
    parser.add_argument("--always", action="store_true")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--sheet", action="store_true", help="print the answers, ask nothing")
    parser.add_argument("--json", action="store_true", help="print the rows only")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found = _kept(options.answers)
    if not options.sheet:
        arms: list[Arm] = ["sobria", "always"] if options.always else ["sobria"]
        parts = options.part or ["easy", "dev", "held"]
        known = {(a.arm, a.part, a.id) for a in found}

        async def ask() -> None:
            async for answer in collected(parts, options.first, arms, known):
                found.append(answer)
                if options.answers is not None:
                    with options.answers.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(asdict(answer), ensure_ascii=False) + "\n")

        asyncio.run(ask())
    if options.sheet:
        print("\n".join(sheet(found)))
        return 0
    measured = [*rows(found), *precision_rows(found)]
    printed(measured, as_json=options.json)
    return 1 if options.check and any(row.met is False for row in measured) else 0


def _kept(path: Path | None) -> list[Answer]:
    if path is None or not path.is_file():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Answer(**{**line, "cited": tuple((s, tuple(texts)) for s, texts in line["cited"])})
        for line in lines
    ]


if __name__ == "__main__":
    sys.exit(main())
