"""Time of an engine, in processor seconds of this process, on texts that it never saw."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from bench.pii_parts.engines import Find

SIZES = (2_000, 20_000, 200_000)
"""Characters of the texts by which linearity is measured."""


def on_one_core() -> None:
    """Keep this process on a single core, where the system lets it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def messages(corpus: str, length: int, count: int) -> list[str]:
    """``count`` different stretches of ``corpus``, of ``length`` characters."""
    step = max(length, (len(corpus) - length) // count)
    starts = range(0, len(corpus) - length, step)
    return [corpus[start : start + length] for start in starts][:count]


def seconds_each(
    ours: Find, peer: Find, texts: Sequence[str], *, of_peer: int
) -> tuple[list[float], list[float]]:
    """Processor seconds of each text, sorted, of both engines.

    They take turns, ``of_peer`` texts for all of ours spread over the run: where other machines
    share the processor its speed changes by a fifth within a minute, and must for both alike.
    """
    for text in texts[:3]:
        ours(text[::-1])  # warm, on a text that is not measured
        peer(text[::-1])
    mine, others = [], []
    step = max(1, len(texts) // of_peer)
    for at, text in enumerate(texts):
        mine.append(_seconds(ours, text))
        if at % step == step - 1:
            others.append(_seconds(peer, text))
    return sorted(mine), sorted(others)


def _seconds(find: Find, text: str) -> float:
    started = time.process_time()
    find(text)
    return time.process_time() - started


def per_character(find: Find, corpus: str) -> dict[int, float]:
    """Processor microseconds a character, for texts of each of :data:`SIZES`."""
    figures = {}
    position = 0
    for size in SIZES:
        repeats = -(-(position + size) // len(corpus))
        text = (corpus * repeats)[position : position + size]
        position += 7  # so that no window of a text was seen before
        figures[size] = _seconds(find, text) / len(text) * 1e6
    return figures


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the ``ordered`` values lie."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
