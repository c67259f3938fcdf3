"""With the network cut, everything still works: a namespace with a loopback and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Instance

pytestmark = [pytest.mark.e2e, pytest.mark.llm]


def test_an_answer_a_refusal_and_a_verification_in_a_namespace(fresh: Instance) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        pytest.skip("needs unshare (util-linux) and ip (iproute2)")
    probe = subprocess.run(
        [unshare, "--map-root-user", "--net", "true"], capture_output=True, check=False
    )
    if probe.returncode != 0:
        pytest.skip("this machine does not let an ordinary user make a network namespace")
    script = Path(__file__).with_name("offline_probe.py")
    done = subprocess.run(
        [
            unshare,
            *([] if os.geteuid() == 0 else ["--map-root-user"]),
            "--net",
            "sh",
            "-c",
            f"ip link set lo up && exec {sys.executable} {script} {fresh.data_dir}",
        ],
        env={**fresh.environment, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "offline: ok" in done.stdout
