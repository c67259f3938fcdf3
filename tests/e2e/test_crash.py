"""Killed in the middle of an answer, Sobria comes back with its books in order."""

from __future__ import annotations

import signal
import sqlite3

import pytest

from tests.e2e.conftest import Instance
from tests.e2e.sse import ask

pytestmark = [pytest.mark.e2e, pytest.mark.llm]


def test_kill_9_during_a_stream(fresh: Instance) -> None:
    fresh.start()
    url = ""
    with fresh.sign_in("employe") as client:
        for name, data in ask(client, "Comment se calcule l’indemnité de licenciement ?"):
            if name == "conversation":
                url = data["url"]
            if name == "delta":
                fresh.stop(signal.SIGKILL)
                break
    assert url
    fresh.start()
    assert fresh.cli("audit", "verify").returncode == 0
    with fresh.sign_in("employe") as client:
        page = client.get(url)
        assert page.status_code == 200
        assert "indemnité de licenciement" in page.text
        assert "interromp" in page.text
    with fresh.sign_in("dpo") as client:
        assert client.get("/audit?type=interrupted").text.count("/audit/") > 1
    with sqlite3.connect(fresh.data_dir / "sobria.db") as database:
        held = "SELECT count(*) FROM quota_reservations WHERE state = 'held'"
        assert database.execute(held).fetchone() == (0,)
