"""What is added to the encoder's products where it reads a question, as it was learnt.

Low-rank matrices (Hu et al., «LoRA», 2021), which come with the code beside the digest of the
weights that they belong to. ``bench/tune_questions.py`` learns them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.digest import sha256_of_arrays
from models.e5.packed import Floats

TUNED = Path(__file__).with_name("questions.npz")


class DamagedTuning(ValueError):
    """The file of matrices is not what was written."""


@dataclass(frozen=True, slots=True)
class Low:
    """A product of two matrices that is added to one of rows × columns: ``down`` (rank × columns),
    then ``up`` (rows × rank)."""

    down: Floats
    up: Floats


def load(weights_digest: str, path: Path = TUNED) -> tuple[dict[str, Low], str]:
    """What ``path`` adds to weights of this digest, by the name of the product, and the sha256 of
    it; nothing and no digest if it is absent or of other weights.

    Raises:
        DamagedTuning: the file cannot be read, or is not the one that was written.
    """
    if not path.is_file():
        return {}, ""
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["weights"]) != weights_digest:
                return {}, ""
            names = [str(name) for name in stored["names"]]
            arrays = [stored[f"{name}.{end}"] for name in names for end in _ENDS]
            digest = sha256_of_arrays(*arrays)
            if str(stored["sha256"]) != digest:
                raise DamagedTuning
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DamagedTuning(f"{path.name} is damaged") from error
    whole = [array.astype(np.float32) for array in arrays]
    pairs = zip(whole[0::2], whole[1::2], strict=True)
    return {name: Low(*pair) for name, pair in zip(names, pairs, strict=True)}, digest


_ENDS = ("down", "up")


def write(weights_digest: str, low: Mapping[str, Low], path: Path = TUNED) -> None:
    """Write what :func:`load` reads, in half precision."""
    arrays = {
        f"{name}.{end}": getattr(low[name], end).astype(np.float16) for name in low for end in _ENDS
    }
    np.savez_compressed(
        path,
        weights=np.array(weights_digest),
        names=np.array(list(low)),
        sha256=np.array(sha256_of_arrays(*arrays.values())),
        **arrays,
    )
