"""A reranker of the administrator's own: a cross-encoder that reads question and passage together.

None is shipped. What it needs (sentence-transformers, torch) is imported only where one is named.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import N_, ModelsError

MAX_CHARACTERS = 4_000
"""What is read of a text at most; the model's tokeniser cuts it again."""
MAX_TOKENS = 512
"""Of question and passage together: reading time grows faster than their length."""
_MAX_CONFIG_BYTES = 1_000_000
_BATCH = 8


class RerankerError(ModelsError):
    """A reranker cannot be loaded."""


class CrossEncoderReranker:
    """A local folder that sentence-transformers' ``CrossEncoder`` reads; safe between threads.

    Nothing is looked up on a hub, no code of the folder is run, and weights must be safetensors: a
    pickle would run code as well.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model, on the CPU: some seconds.

        Raises:
            RerankerError: as :func:`check`; a package is missing, or the weights do not load.
        """
        check(folder)
        self._name = folder.name
        self._model = _load(folder)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self._name

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each of ``texts`` answers ``question``: the higher the better, in no unit."""
        if not texts:
            return []
        pairs = [(_readable(question), _readable(text)) for text in texts]
        with self._lock:
            told = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        # What is no number sorts last, rather than anywhere.
        found = np.nan_to_num(np.asarray(told, dtype=np.float64), nan=-np.inf, posinf=np.inf)
        return [float(score) for score in found.reshape(len(texts))]


def check(folder: Path) -> None:
    """See, without loading it, that ``folder`` holds a cross-encoder that gives one score.

    Raises:
        RerankerError: there is no such folder, or it holds something else.
    """
    if not folder.is_dir():
        raise RerankerError(N_("There is no reranker in {path}: no such folder."), path=str(folder))
    try:
        with (folder / "config.json").open("rb") as file:
            config = json.loads(file.read(_MAX_CONFIG_BYTES))
        kinds, labels = config["architectures"], config["id2label"]
        scores = all(kind.endswith("ForSequenceClassification") for kind in kinds)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _not_one(folder) from error
    # An embedder's folder would load too, with a last layer of chance.
    if not (kinds and scores and isinstance(labels, dict) and len(labels) == 1):
        raise _not_one(folder)


def _not_one(folder: Path) -> RerankerError:
    return RerankerError(
        N_(
            "{path} holds no reranker: a cross-encoder of one score is expected, "
            "as sentence-transformers saves it."
        ),
        path=str(folder),
    )


def _load(folder: Path) -> Any:
    # read by huggingface_hub when it is imported, hence before it is
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    try:
        library = importlib.import_module("sentence_transformers")
        damaged = importlib.import_module("safetensors").SafetensorError
    except ImportError as error:
        raise RerankerError(
            N_("The package {package} is not installed: run “pip install {package}”."),
            package="sentence-transformers",
        ) from error
    try:
        model = library.CrossEncoder(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, damaged) as error:
        raise RerankerError(
            N_("“{name}” cannot be loaded by sentence-transformers from {path}."),
            name=folder.name,
            path=str(folder),
        ) from error
    # renamed within version 5
    limit = "max_seq_length" if hasattr(model, "max_seq_length") else "max_length"
    setattr(model, limit, min(getattr(model, limit) or MAX_TOKENS, MAX_TOKENS))
    return model


def _readable(text: str) -> str:
    """``text`` within the limit; half of a surrogate pair is no character."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()
