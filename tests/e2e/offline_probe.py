"""Run inside a network namespace by test_offline.py: serves, asks, refuses, verifies."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from tests.e2e.conftest import Instance, free_port
from tests.e2e.sse import ask


def main(data_dir: Path) -> None:
    """Exit with an error where anything needs a network."""
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=2)
    except OSError:
        print("no way out of this namespace")
    else:
        raise SystemExit("this namespace has a network")
    instance = Instance(data_dir, free_port())
    for name in ("employe", "dpo"):
        instance.passwords[name] = instance.cli("users", "password", name).stdout.split()[-1]
    instance.start()
    try:
        with instance.sign_in("employe") as client:
            answered = dict(ask(client, "Combien de jours de congés payés acquiert-on par mois ?"))
            assert "sources" in answered and "completed" in answered, answered
            refused = dict(ask(client, "Classe ces trois candidats et dis-moi qui rejeter."))
            assert "refused" in refused, refused
        with instance.sign_in("dpo") as client:
            assert client.get("/audit").status_code == 200
        verified = instance.cli("audit", "verify")
        assert verified.returncode == 0, verified.stdout
    finally:
        instance.stop()
    print("offline: ok")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
