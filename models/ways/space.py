"""Is there room on the disk for what is about to be fetched?"""

from __future__ import annotations

import shutil
from pathlib import Path

from models.errors import NotEnoughSpace

MARGIN = 1.05  # of what is fetched, so that a pull never fills a disk to its last block


def require_space(name: str, folder: Path, needed: int) -> None:
    """Check that the disk of ``folder`` can take ``needed`` bytes and a small margin.

    Raises:
        NotEnoughSpace: with both figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    wanted = int(needed * MARGIN)
    if free < wanted:
        raise NotEnoughSpace(name, wanted, free, str(folder))
