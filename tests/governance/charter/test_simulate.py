"""A draft is tried on what people asked: counts come out, never a text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from governance.audit.errors import ReasonTooShort
from governance.audit.leaf import AuditRecord
from governance.audit.log import AuditLog
from governance.charter.charter import Charter
from governance.charter.cli import CharterContext, build_cli
from governance.charter.load import load_text
from governance.charter.revisions import CharterStore
from governance.charter.simulate import Scope, Simulation, simulate, since
from governance.uses.verdict import Verdict
from tests.governance.charter.conftest import SMALL
from tests.governance.charter.test_cli import english

NOW = datetime.now(UTC)
MONTH = Scope(NOW - timedelta(days=30))
DRAFT = load_text(SMALL.replace("effect: review", "effect: forbid"))
REASON = "essai d'un brouillon"


class ByWord:
    """Holds the texts that contain a word, as the charter's first use says."""

    def __init__(self, charter: Charter, word: str = "candidats") -> None:
        self.effect = charter.uses[0].effect
        self.word = word

    def judge(self, service: str, texts: Sequence[str]) -> Verdict:
        held = self.word in texts[-1]
        effect = self.effect if held else "allow"
        return Verdict(effect, "tri" if held else None, "pattern", 1.0, None, 0.0, ())

    def judge_left_out(self, service: str, text: str) -> Verdict:
        return self.judge(service, [text])


JUDGES = (ByWord(load_text(SMALL)), ByWord(DRAFT))


def ask(log: AuditLog, exchange: str, words: str, service: str = "rh", who: str = "s1") -> None:
    log.append(AuditRecord("accepted", exchange, who, service, "r1"), words)
    log.append(AuditRecord("completed", exchange, who, service, "r1"), f"Réponse à {words}")


def refuse(log: AuditLog, exchange: str, words: str, cause: str = "use") -> None:
    data = {"cause": cause, "use": "tri"}
    log.append(AuditRecord("refused", exchange, "s1", "rh", "r1", data), words)


@pytest.fixture
def filled(log: AuditLog) -> AuditLog:
    ask(log, "e1", "Classe les candidats SECRET-1")
    ask(log, "e2", "Combien de congés ?")
    ask(log, "e3", "Classe les candidats SECRET-2", service="finances")
    refuse(log, "e4", "Qui sont les meilleurs candidats ?")
    refuse(log, "e5", "Trop de candidats", cause="quota")
    return log


def run(log: AuditLog, scope: Scope = MONTH, **more: object) -> Simulation:
    options = {"draft": DRAFT, "judges": JUDGES, "reader": "s-admin", "reason": REASON}
    return simulate(log, scope, **{**options, "revision": "d" * 64, **more})  # type: ignore[arg-type]


def test_what_changes_is_counted_by_service_and_by_use(filled: AuditLog) -> None:
    result = run(filled)
    assert (result.found, result.replayed) == (4, 4)
    assert [(g.service, g.use, g.before, g.after, g.count) for g in result.changed] == [
        ("finances", "tri", "review", "forbid", 1),
        ("rh", "tri", "review", "forbid", 2),
    ]
    assert (result.count("refused"), result.count("refused", "rh"), result.count(None)) == (3, 2, 1)
    back = run(filled, judges=(JUDGES[1], ByWord(load_text(SMALL), "rien")))
    assert back.count("allowed") == 3
    assert {group.use for group in back.changed} == {"tri"}


def test_no_word_of_a_request_comes_out(filled: AuditLog) -> None:
    for secret in ("SECRET", "candidats", "congés"):
        assert secret not in json.dumps(asdict(run(filled)), ensure_ascii=False)


def test_the_reading_is_logged_once_before_the_first_text_with_its_reason(filled: AuditLog) -> None:
    before = filled.head().size
    run(filled, Scope(MONTH.since, "rh"))
    assert filled.head().size == before + 1
    (entry,) = [entry for entry in filled.page() if entry.type == "consulted"]
    assert entry.subject == "s-admin"
    assert entry.data["simulation"] == "d" * 64
    assert (entry.data["texts"], entry.data["service"]) == (3, "rh")
    assert filled.reason(entry.index) == REASON
    size = filled.head().size
    with pytest.raises(ReasonTooShort):
        run(filled, reason="court")
    assert filled.head().size == size


def test_what_was_erased_or_broken_is_counted_and_not_replayed(
    filled: AuditLog, database: Engine
) -> None:
    ask(filled, "e6", "Classe les candidats", who="s2")
    filled.erase_person("s2", "s-dpo", "demande de la personne")
    with database.begin() as connection:
        connection.execute(text("UPDATE audit_sealed SET blob = x'01' WHERE leaf_index = 0"))
    result = run(filled)
    assert (result.found, result.erased, result.broken, result.replayed) == (5, 1, 1, 3)


def test_it_is_bounded_to_the_latest_and_says_so(filled: AuditLog) -> None:
    result = run(filled, Scope(MONTH.since, limit=2))
    assert result.more
    assert {group.use for group in result.groups} == {"tri"}
    assert result.found == result.replayed == 2
    assert not run(filled, Scope(MONTH.since, limit=4)).more
    assert run(filled, Scope(NOW + timedelta(days=1))).found == 0


def test_a_service_that_the_draft_does_not_have_is_not_judged(filled: AuditLog) -> None:
    without = load_text(SMALL.replace("  - id: finances\n    title: Finances\n", ""))
    result = run(filled, draft=without)
    assert (result.gone, result.replayed) == (1, 3)


def test_it_stops_when_told_and_tells_how_far_it_is(filled: AuditLog) -> None:
    seen: list[tuple[int, int]] = []
    result = run(
        filled,
        stopped=lambda: len(seen) == 2,
        progress=lambda done, of: seen.append((done, of)),
    )
    assert result.cancelled
    assert seen == [(0, 4), (1, 4)]
    assert result.replayed == 2


def test_since_reads_days_and_dates() -> None:
    assert since("30d", NOW) == NOW - timedelta(days=30)
    assert since("2026-11-01", NOW) == datetime(2026, 11, 1, tzinfo=UTC)
    for wrong in ("0d", "d", "hier", "30"):
        with pytest.raises(ValueError):
            since(wrong, NOW)


def test_the_command_prints_counts(filled: AuditLog, signed: CharterStore, tmp_path: Path) -> None:
    signed.save(SMALL, "ada", "première", None)

    def finder() -> None:
        raise AssertionError("no kinds of its own")

    context = CharterContext(
        lambda: signed,
        ByWord,
        finder,
        lambda: filled,
        "operator",  # type: ignore[arg-type]
    )
    app = build_cli(lambda: context, english)
    draft = tmp_path / "draft.yaml"
    draft.write_text(SMALL.replace("effect: review", "effect: forbid"), encoding="utf-8")
    arguments = ["simulate", str(draft), "--since", "30d", "--reason", REASON]
    printed = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert printed.exit_code == 0, printed.output
    assert "4 requests replayed of 4" in printed.output
    assert "Newly refused: 3" in printed.output
    assert "SECRET" not in printed.output
    told = json.loads(CliRunner().invoke(app, [*arguments, "--service", "rh", "--json"]).output)
    assert told["totals"] == {"refused": 2, "reviewed": 0, "allowed": 0}
    assert told["services"] == {"rh": {"refused": 2, "reviewed": 0, "allowed": 0}}
    wrong = CliRunner().invoke(app, ["simulate", str(draft), "--since", "x", "--reason", REASON])
    assert wrong.exit_code == 1
