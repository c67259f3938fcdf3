"""The default embedder, built as the server builds it: shipped vectors go by its digest."""

from __future__ import annotations

import tempfile
from pathlib import Path

from models.catalogue import load_catalogue
from models.embedders import build_embedder
from models.protocol import Embedder


def default_embedder() -> Embedder:
    """The embedder of the default settings, which comes installed: no folder of models is read."""
    folder = Path(tempfile.gettempdir()) / "sobria-no-models"
    return build_embedder(load_catalogue(folder)["multilingual-e5-small-4bit"], folder)
