"""The administration's API is documented, field by field, and has its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from server.api.admin.document import COMMANDS, document, routes
from server.cli import app
from server.commands import rooms

PAGE = Path(__file__).resolve().parents[2] / "docs" / "admin-api.md"
NAMES = [f"{method} {route.path}" for route in routes() for method in route.methods or ()]


def test_the_page_is_what_the_routes_say() -> None:
    """Where this fails: python -m server.api.admin.document > docs/admin-api.md."""
    assert PAGE.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("name", NAMES)
def test_a_route_is_documented_and_says_what_it_answers(name: str) -> None:
    section = PAGE.read_text(encoding="utf-8").partition(f"### `{name}`\n")[2].partition("###")[0]
    assert section.strip(), "it has no section"
    assert "\n- 2" in section, "its answer has no model"


def commands_of(group: typer.Typer) -> set[str]:
    """The names of a group's commands."""
    return {
        (command.name or getattr(command.callback, "__name__", "")).replace("_", "-")
        for command in group.registered_commands
    }


def known_commands() -> set[str]:
    """Every command of «sobria», as one types it."""
    known = commands_of(app)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        known |= {f"{group.name} {name}" for name in commands_of(group.typer_instance)}
        for inner in group.typer_instance.registered_groups:
            assert inner.typer_instance is not None
            known |= {
                f"{group.name} {inner.name} {name}" for name in commands_of(inner.typer_instance)
            }
    for room, build in rooms.BUILDERS.items():
        known |= {f"{room} {name}" for name in commands_of(build())}
    return known


def test_every_action_of_the_api_has_its_command() -> None:
    known = known_commands()
    assert {name: COMMANDS.get(name) for name in NAMES if COMMANDS.get(name) not in known} == {}


def test_no_command_is_named_for_a_route_that_is_gone() -> None:
    assert set(COMMANDS) == set(NAMES)
