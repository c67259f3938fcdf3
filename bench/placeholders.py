"""Which form of placeholder a small model gives back unaltered: three forms, 60 requests.

    python bench/placeholders.py [--gguf FILE] [--rows FILE] [--json] [--check]

Each request of ``bench/placeholder_prompts.txt`` is masked in each form, by the marks of the file
(so that what is measured is the form, not the recognition), asked of the default model with
Sobria's own prompt, and the answer is read: a request is whole where every placeholder stands in
the answer exactly as it was given, and nothing that looks like one was altered or made up.
``forgiven`` counts the requests that are whole once Sobria's restoration has forgiven what it
forgives; no such thing exists for the other forms, which would need the same work.

``--rows`` keeps each answer as it comes, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faker import Faker

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from governance.pii.mapping import Mapping  # noqa: E402
from governance.pii.placeholders import PLACEHOLDER, reference, written  # noqa: E402
from governance.prompt import question_message, system_message  # noqa: E402
from models.llama.engine import LlamaEngine  # noqa: E402
from models.protocol import GenerationRequest, Message, Sampling, Token  # noqa: E402

PROMPTS = ROOT / "bench" / "placeholder_prompts.txt"
DEFAULT_MODEL = ROOT / "var" / "models" / "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
TARGET = "[PERSONNE_1]"
"""The form that Sobria uses: ``--check`` fails where another gives back more requests whole."""
_MARK = re.compile(r"\{(?P<kind>[A-Z_]+|[fm]\d):(?P<value>[^{}]+)\}")
_CIVILITY = re.compile(r"^(?:M\. et Mme|M\.|Mr|Mme|sa voisine)\s")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a prompt: a person (``f1``, ``m2``) or another kind, and its value."""

    kind: str
    value: str
    before: str

    @property
    def is_person(self) -> bool:
        return self.kind[0] in "fm" and self.kind[1:].isdigit()


Write = Callable[[Mention], str]
"""What stands for a mention; one a prompt, for it remembers."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write placeholders.

    ``between`` says what they stand between, to tell the model of them (None: nothing is said), and
    ``lookalikes`` what an answer holds that looks like one.
    """

    name: str
    writer: Callable[[int], Write]
    between: str | None
    lookalikes: re.Pattern[str] | None


def sobria_writer(_: int) -> Write:
    """Sobria's own, by its own mapping: forms of one name have a suffix."""
    mapping = Mapping()

    def write(mention: Mention) -> str:
        entity = "PERSON" if mention.is_person else mention.kind
        return mapping.placeholder(entity, mention.value, before=mention.before)

    return write


def short_writer(seed: int) -> Write:
    """``<<P1>>``: the initial of Sobria's word, its number, and the initial of the form."""
    sobria = sobria_writer(seed)

    def write(mention: Mention) -> str:
        word, number, *form = sobria(mention).strip("[]").split("_")
        return f"<<{word[0]}{number}{''.join(part[0] for part in form)}>>"

    return write


def surrogate_writer(seed: int) -> Write:
    """Realistic values of the same gender and shape, drawn with a fixed seed."""
    faker = Faker("fr_FR")
    faker.seed_instance(seed)
    persons: dict[str, tuple[str, str]] = {}
    given: dict[tuple[str, str], str] = {}

    def person(mention: Mention) -> str:
        if mention.kind not in persons:
            draw = faker.first_name_female if mention.kind[0] == "f" else faker.first_name_male
            persons[mention.kind] = (draw(), faker.last_name())
        first, last = persons[mention.kind]
        words = mention.value.split()
        if len(words) > 1:
            return f"{first} {last}"
        return last if mention.before.rstrip().endswith((".", "Mme", "Madame")) else first

    makers: dict[str, Callable[[], str]] = {
        "EMAIL_ADDRESS": faker.ascii_safe_email,
        "PHONE_NUMBER": faker.phone_number,
        "FR_ADDRESS": lambda: faker.address().replace("\n", ", "),
        "BIRTH_DATE": lambda: faker.date_of_birth().strftime("%d/%m/%Y"),
        "IBAN_CODE": faker.iban,
        "FR_PLATE": faker.license_plate,
        "EMPLOYEE_ID": lambda: faker.bothify("?#####").upper(),
    }

    def write(mention: Mention) -> str:
        if mention.is_person:
            return person(mention)
        key = (mention.kind, mention.value)
        if key not in given:
            given[key] = makers[mention.kind]()
        return given[key]

    return write


FORMS = (
    Form("[PERSONNE_1]", sobria_writer, "crochets", PLACEHOLDER),
    Form(
        "<<P1>>",
        short_writer,
        "chevrons",
        re.compile(r"[<«‹]{1,2}\s?[A-Za-z]\d{1,3}[A-Za-z]{0,2}\d?\s?[>»›]{1,2}"),
    ),
    Form("surrogates", surrogate_writer, None, None),
)


def prompts() -> list[str]:
    """The marked requests of the file."""
    text = PROMPTS.read_text("utf-8")
    return [block.split("\n", 1)[1].strip() for block in re.split(r"(?m)^=== ", text)[1:]]


def masked(prompt: str, write: Write) -> tuple[str, tuple[str, ...]]:
    """The request as the model gets it, and the distinct placeholders in it."""
    given: list[str] = []

    def replace(match: re.Match[str]) -> str:
        value = match["value"]
        civility = _CIVILITY.match(value)
        kept = civility.group() if civility else ""
        before = prompt[max(0, match.start() - 20) : match.start()] + kept
        given.append(write(Mention(match["kind"], value.removeprefix(kept), before)))
        return kept + given[-1]

    return _MARK.sub(replace, prompt), tuple(dict.fromkeys(given))


def judged(form: Form, answer: str, given: Sequence[str]) -> tuple[bool, bool]:
    """Whether all came back unaltered with nothing beside; the same once forgiven by Sobria."""
    found = [m.group() for m in form.lookalikes.finditer(answer)] if form.lookalikes else []
    whole = all(each in answer for each in given) and all(each in given for each in found)
    if form.lookalikes is not PLACEHOLDER:
        return whole, whole
    understood = {written(reference(m).identifier) for m in PLACEHOLDER.finditer(answer)}
    return whole, understood == set(given)


async def answers(gguf: Path, rows: Path | None) -> list[dict[str, Any]]:
    """One row a request and a form; those that ``rows`` already holds are not asked again."""
    known = {}
    if rows and rows.exists():
        lines = map(json.loads, rows.read_text("utf-8").splitlines())
        known = {(each["form"], each["prompt"], each["text"]): each for each in lines}
    engine = LlamaEngine(gguf, name=gguf.stem, digest="", licence="")
    try:
        done = []
        for form, number, text, given in _requests():
            row = known.get((form.name, number, text))
            if row is None:
                answer = await _ask(engine, form, text, given)
                row = {"form": form.name, "prompt": number, "text": text, "answer": answer}
                if rows:
                    with rows.open("a", encoding="utf-8") as out:
                        out.write(json.dumps(row, ensure_ascii=False) + "\n")
            whole, forgiven = judged(form, row["answer"], given)
            seen = sum(each in row["answer"] for each in given)
            done.append(
                {**row, "whole": whole, "forgiven": forgiven, "seen": seen, "given": len(given)}
            )
        return done
    finally:
        await engine.close()


def _requests() -> Iterator[tuple[Form, int, str, tuple[str, ...]]]:
    for number, prompt in enumerate(prompts(), start=1):
        for form in FORMS:
            yield form, number, *masked(prompt, form.writer(number))


async def _ask(engine: LlamaEngine, form: Form, text: str, given: Sequence[str]) -> str:
    system = system_message(
        "fr",
        assistant="Sobria",
        organisation="Ville d’Exemple",
        instructions="Tu aides les agents dans leur travail.",
    )
    asked = question_message("fr", text, (), given if form.between else ())
    if form.between:
        told = asked.content.replace("entre crochets", f"entre {form.between}")
        asked = Message("user", told)
    request = GenerationRequest(
        id="bench",
        messages=(system, asked),
        sampling=Sampling(max_tokens=220, temperature=0.2, seed=1),
    )
    return "".join([e.text async for e in engine.generate(request) if isinstance(e, Token)])


def main() -> int:
    """Print the table; 1 where ``--check`` is given and another form does better."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gguf", type=Path, default=DEFAULT_MODEL, help="after «make run»")
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    done = asyncio.run(answers(options.gguf, options.rows))
    rows: list[dict[str, Any]] = []
    forgiven = {form.name: 0 for form in FORMS}
    for form in FORMS:
        own = [row for row in done if row["form"] == form.name]
        forgiven[form.name] = sum(row["forgiven"] for row in own)
        for name, value in (
            ("requests given back whole", sum(row["whole"] for row in own) / len(own)),
            ("whole once forgiven", forgiven[form.name] / len(own)),
            ("placeholders given back", sum(r["seen"] for r in own) / sum(r["given"] for r in own)),
        ):
            row = {"name": f"{form.name}: {name}", "value": round(value, 3)}
            rows.append({**row, "target": None, "met": None})
    lead = forgiven[TARGET] - max(forgiven[form.name] for form in FORMS if form.name != TARGET)
    name = f"{TARGET}: requests whole, less the best other form"
    rows.append({"name": name, "value": lead, "target": 0, "met": lead >= 0})
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for row in rows:
            target = "" if row["target"] is None else f"≥ {row['target']}"
            print(f"{row['name']:<58}{row['value']:>8}  {target:<6}{row['met'] or ''}")
    return int(options.check and any(row["met"] is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
