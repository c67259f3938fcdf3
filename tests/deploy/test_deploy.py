"""The deployment files: linted, since no Docker engine runs where the tests do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def test_the_dockerfile_passes_hadolint() -> None:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [str(program), str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_image_does_not_run_as_root() -> None:
    users = [
        line.split()[1]
        for line in (DEPLOY / "Dockerfile").read_text().splitlines()
        if line.startswith("USER ")
    ]
    assert users and users[-1] not in {"root", "0"}


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgres.yaml"])
def test_compose_opens_no_port_but_on_the_loopback_and_holds_no_secret(name: str) -> None:
    text = (DEPLOY / name).read_text()
    compose = YAML(typ="safe").load(text)
    for service in compose["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or key.endswith("_FILE"), key
            user_info, at, _ = str(value).partition("@")
            assert not at or ":" not in user_info.partition("//")[2], "a password in a URL"


def test_the_compose_files_name_the_version_of_the_project() -> None:
    import tomllib

    version = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]["version"]
    assert f"sobria:{version}" in (DEPLOY / "compose.yaml").read_text()


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not on this machine")
    text = (DEPLOY / "sobria.service").read_text()
    # systemd checks that the programs exist: they are installed elsewhere, so /bin/true stands in.
    unit = tmp_path / "sobria.service"
    unit.write_text(text.replace("/opt/sobria/bin/sobria", "/bin/true"))
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "sobria.service" not in done.stderr, done.stderr
