"""Vectors in 8 bits, as they come with the code: steps of the largest component over 127."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.protocol import Vectors

_STEPS = 127
Steps = NDArray[np.float16]
Quantised = NDArray[np.int8]


def quantised(vectors: Vectors) -> tuple[Steps, Quantised]:
    """The step of each row of ``vectors``, and its components in steps."""
    steps = (np.abs(vectors).max(axis=1, initial=1e-7) / _STEPS).astype(np.float16)
    components = np.rint(vectors / steps.astype(np.float32)[:, None]).clip(-_STEPS, _STEPS)
    return steps, components.astype(np.int8)


def unit(steps: Steps, components: Quantised) -> Vectors:
    """The vectors again, of length 1."""
    vectors = components.astype(np.float32) * steps.astype(np.float32)[:, None]
    scaled: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled
