"""Writes the next migration from the difference between the tables and the migrations so far.

python -m server.migrations.write "add the column of …"    the next migration
python -m server.migrations.write --initial                the first one again, before any release
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from server.database import alembic_config, migrate, open_database

VERSIONS = Path(__file__).with_name("versions")


def write(message: str, *, initial: bool) -> Path:
    """Write a migration, formatted as the rest of the code is, and return its file."""
    if initial:
        for old in VERSIONS.glob("[0-9]*.py"):
            old.unlink()
    number = len(list(VERSIONS.glob("[0-9]*.py"))) + 1
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40]
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/empty.db")
        if not initial:
            migrate(engine)
        config = alembic_config()
        config.set_main_option("file_template", f"{number:04d}_{slug}")
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()
    path = VERSIONS / f"{number:04d}_{slug}.py"
    for step in (("format", "--quiet"), ("check", "--fix", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=True)
    return path


if __name__ == "__main__":
    wants_initial = sys.argv[1:] == ["--initial"]
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    title = "The tables of every room" if wants_initial else sys.argv[1]
    print(write(title, initial=wants_initial))
