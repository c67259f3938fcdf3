"""A charter that extends another may only tighten it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.charter.charter import Charter
from governance.charter.load import load_text
from governance.charter.problems import CharterInvalid
from governance.charter.schema import EFFECTS, ENTITIES, HANDLINGS
from tests.governance.charter.conftest import SMALL, Problems


def child(body: str, parent: str = SMALL) -> Charter:
    return load_text("charter: 1\nextends: base.yaml\n" + body, parents={"base.yaml": parent}.get)  # type: ignore[arg-type]


def test_a_child_that_says_nothing_is_its_parent() -> None:
    assert child("").document == load_text(SMALL).document


def test_a_child_tightens() -> None:
    charter = child("""\
uses:
  - id: tri
    effect: forbid
    applies_to: all
    detect: {examples: ["Qui rejeter ?"]}
  - {id: nouveau, title: N, effect: forbid, reason: r, message: m}
services:
  - id: rh
    max_tokens: 200
    sources: [code]
    models: [default]
    quotas: [{metric: requests, period: day, limit: 50}]
  - {id: neuf, title: Neuf}
personal_data: {PERSON: block}
audit: {retention_days: 200}
""")
    assert {use.id: use.effect for use in charter.uses} == {"tri": "forbid", "nouveau": "forbid"}
    assert charter.uses[0].detect.examples == ("Classe ces candidats.", "Qui rejeter ?")
    assert charter.uses[0].title == "Trier des candidatures"
    rules = charter.effective("rh")
    assert (rules.max_tokens, rules.sources) == (200, {"code"})
    assert rules.quotas == {("requests", "day", "service"): 50}
    assert rules.personal_data["PERSON"] == "block"
    assert charter.audit.retention_days == 200
    assert [s.id for s in charter.services] == ["rh", "finances", "neuf"]


def test_a_child_may_lower_a_weight_and_not_raise_it(problems_of: Problems) -> None:
    """A greater share of the model is taken from the parent's other services."""
    parent = SMALL.replace("    max_tokens: 400\n", "    max_tokens: 400\n    weight: 2\n")
    for weight in (0.5, 2):
        heir = child(f"services: [{{id: rh, weight: {weight}}}]\n", parent)
        assert heir.effective("rh").weight == weight
    assert child("", parent).effective("rh").weight == 2
    text = "charter: 1\nextends: base.yaml\nservices: [{id: rh, weight: 2.5}]\n"
    (problem,) = problems_of(text, base=parent)
    assert (problem.field, problem.line) == ("services[0].weight", 3)
    assert (problem.params["value"], problem.params["parent_value"]) == ("2.5", "2")


def test_what_the_parent_holds_stays_in_force_beside_what_the_child_adds() -> None:
    charter = child("uses: [{id: tri, effect: forbid}]\n")
    assert [(r.use.id, r.effect, r.layer) for r in charter.rules] == [
        ("tri", "review", 0),
        ("tri", "forbid", 2),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("uses: [{id: tri, effect: allow}]", "uses[0].effect"),
        ("uses: [{id: tri, applies_to: [finances]}]", "uses[0].applies_to"),
        (
            "uses: [{id: tri, detect: {counter_examples: [Classe ces candidats pour rire]}}]",
            "uses[0].detect.counter_examples[0]",
        ),
        ("services: [{id: rh, max_tokens: 401}]", "services[0].max_tokens"),
        ("services: [{id: rh, sources: all}]", "services[0].sources"),
        ("services: [{id: rh, sources: [fiches, autre]}]", "services[0].sources"),
        ("services: [{id: rh, models: [autre]}]", "services[0].models"),
        (
            "services: [{id: rh, quotas: [{metric: requests, period: day, limit: 101}]}]",
            "services[0].quotas[0].limit",
        ),
        ("personal_data: {PERSON: keep}", "personal_data.PERSON"),
        ("personal_data: {EMAIL_ADDRESS: keep}", "personal_data.EMAIL_ADDRESS"),
        ("audit: {retention_days: 366}", "audit.retention_days"),
    ],
)
def test_loosening_is_an_error_with_both_lines(
    problems_of: Problems, body: str, field: str
) -> None:
    problems = problems_of(f"charter: 1\nextends: base.yaml\n{body}\n", base=SMALL)
    (problem,) = [p for p in problems if p.field == field]
    assert (problem.file, problem.line) == ("charter.yaml", 3)
    assert problem.params["parent_file"] == "base.yaml"
    parent_line = SMALL.splitlines()[int(problem.params["parent_line"]) - 1]
    leaf = field.rsplit(".", 1)[-1].split("[", 1)[0]
    assert leaf in parent_line or "default" in parent_line


@pytest.mark.parametrize("line", ["labelling: {header: false}", "audit: {require_reason: false}"])
def test_what_the_parent_asks_for_cannot_be_switched_off(problems_of: Problems, line: str) -> None:
    parent = SMALL.replace("audit:\n", "audit:\n  require_reason: true\n")
    parent += "labelling: {header: true}\n"
    assert problems_of(f"charter: 1\nextends: base.yaml\n{line}\n", base=parent)


def test_the_legal_floor_of_retention_stands(problems_of: Problems) -> None:
    text = "charter: 1\nextends: base.yaml\naudit: {retention_days: 182}\n"
    assert [p.field for p in problems_of(text, base=SMALL)] == ["audit.retention_days"]


def test_a_service_may_tighten_a_use_not_loosen_it(problems_of: Problems) -> None:
    own = "    uses: [{id: tri, title: T, effect: EFFECT, reason: r, message: m}]\n"
    with_use = SMALL.replace("    max_tokens: 400\n", "    max_tokens: 400\n" + own)
    charter = load_text(with_use.replace("EFFECT", "forbid"))
    assert [rule.effect for rule in charter.effective("rh").rules] == ["review", "forbid"]
    assert "loosen" not in str(charter)
    assert any("weaker" in p.message for p in problems_of(with_use.replace("EFFECT", "allow")))


def test_parents_are_looked_for_by_plain_names_and_never_in_circles(problems_of: Problems) -> None:
    def extends(name: str) -> str:
        return f"charter: 1\nextends: {name}\n"

    for name in ("../secret.yaml", "/etc/passwd", "a/b.yaml", "x", "[a]", "3"):
        assert problems_of(extends(name))[0].field == "extends"
    assert "not found" in problems_of(extends("absent.yaml"))[0].message
    looped = problems_of(extends("a.yaml"), a=extends("b.yaml"), b=extends("a.yaml"))
    assert (looped[0].file, looped[0].line) == ("b.yaml", 2)
    long = {f"p{i}": extends(f"p{i + 1}.yaml") for i in range(9)}
    assert "too far" in problems_of(extends("p0.yaml"), **long)[0].message


def test_a_problem_of_the_parent_names_the_parent(problems_of: Problems) -> None:
    broken = SMALL.replace("effect: review", "effect: maybe")
    problems = problems_of("charter: 1\nextends: base.yaml\n", base=broken)
    assert {(p.file, p.line) for p in problems} == {("base.yaml", 9)}


_effects = st.sampled_from(EFFECTS)
_handlings = st.sampled_from(HANDLINGS)


def _charter_text(draw: st.DrawFn, *, whole: bool) -> str:
    """A charter, or a child: some fields said, some not."""
    lines = ["charter: 1"]
    if whole:
        lines.append("organisation: {name: O, dpo: {name: d, email: d@e.fr},")
        lines.append("  contact: {name: c, email: c@e.fr}}")
    else:
        lines.append("extends: base.yaml")
    uses, services = [], []
    for name in draw(st.lists(st.sampled_from(["u1", "u2", "u3"]), unique=True)):
        applies = draw(st.sampled_from(["all", "[rh]", "[rh, si]"]))
        uses.append(
            f"  - {{id: {name}, title: t, reason: r, message: m, effect: {draw(_effects)},"
            f" applies_to: {applies}}}"
        )
    for name in (
        ["rh", "si"] if whole else draw(st.lists(st.sampled_from(["rh", "si"]), unique=True))
    ):
        fields = [f"id: {name}", "title: t"]
        if draw(st.booleans()):
            fields.append(f"max_tokens: {draw(st.integers(16, 900))}")
        if draw(st.booleans()):
            fields.append(f"weight: {draw(st.integers(1, 100)) / 10}")
        if draw(st.booleans()):
            limit = draw(st.integers(1, 500))
            fields.append(f"quotas: [{{metric: requests, period: day, limit: {limit}}}]")
        if draw(st.booleans()):
            fields.append(f"sources: {draw(st.sampled_from(['all', '[a]', '[a, b]', '[b]']))}")
        services.append(f"  - {{{', '.join(fields)}}}")
    if uses:
        lines += ["uses:", *uses]
    if services:
        lines += ["services:", *services]
    entities = draw(
        st.dictionaries(st.sampled_from(["default", *ENTITIES]), _handlings, max_size=5)
    )
    if entities:
        lines.append(f"personal_data: {{{', '.join(f'{k}: {v}' for k, v in entities.items())}}}")
    if draw(st.booleans()):
        lines.append(f"audit: {{retention_days: {draw(st.integers(183, 500))}}}")
    return "\n".join(lines) + "\n"


@st.composite
def _families(draw: st.DrawFn) -> tuple[str, str]:
    return _charter_text(draw, whole=True), _charter_text(draw, whole=False)


@settings(max_examples=300, deadline=None)
@given(_families())
def test_a_child_never_weakens_what_its_parent_says(family: tuple[str, str]) -> None:
    parent_text, child_text = family
    parent = load_text(parent_text)
    try:
        heir = load_text(child_text, parents={"base.yaml": parent_text}.__getitem__)
    except CharterInvalid as error:
        assert all(p.file == "charter.yaml" for p in error.problems)
        return
    for service in parent.services:
        before, after = parent.effective(service.id), heir.effective(service.id)
        for rule in before.rules:
            strictest = max(EFFECTS.index(r.effect) for r in after.rules if r.use.id == rule.use.id)
            assert strictest >= EFFECTS.index(rule.effect)
        for key, limit in before.quotas.items():
            assert after.quotas[key] <= limit
        if before.sources is not None:
            assert after.sources is not None
            assert after.sources <= before.sources
        if "max_tokens" in service.model_fields_set:
            assert after.max_tokens <= before.max_tokens
        if "weight" in service.model_fields_set:
            assert after.weight <= before.weight
    said = parent.personal_data.model_fields_set
    for entity in ENTITIES:
        if entity in said or "default" in said:
            assert HANDLINGS.index(heir.personal_data.handling(entity)) >= HANDLINGS.index(
                parent.personal_data.handling(entity)
            )
    if "audit" in parent.document.model_fields_set:
        assert heir.audit.retention_days <= parent.audit.retention_days
