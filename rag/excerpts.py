"""The part of a passage that a small prompt takes: whole lines or sentences, near the question."""

from __future__ import annotations

from rag.text import sentences, words


def excerpt(text: str, query: str, limit: int) -> str:
    """The run of sentences of ``text`` that holds most of the words of ``query``.

    At most ``limit`` characters, cut at sentences, with «…» where something was left out; a text
    that fits is given whole.
    """
    if len(text) <= limit:
        return text
    spans = sentences.spans(text)
    wanted = set(words.stems(words.query_text(query)))
    weights = [len(wanted & set(words.stems(text[start:end]))) for start, end in spans]
    best = (-1.0, 0, 0)
    for first, (start, _) in enumerate(spans):
        total, last = 0, first
        for index in range(first, len(spans)):
            if spans[index][1] - start > limit - 4:
                break
            total, last = total + weights[index], index
        best = max(best, (float(total), -first, last))
    first, last = -best[1], best[2]
    start, end = spans[first][0], spans[last][1]
    body = text[start:end]
    if len(body) > limit - 4:
        body = body[: limit - 4].rsplit(" ", 1)[0]
        end = start + len(body)
    before = "… " if start > 0 else ""
    after = " …" if end < len(text.rstrip()) else ""
    return f"{before}{body}{after}"
