"""The header that tells programs that an answer was written by an AI.

``AI-Disclosure`` is a dictionary of structured fields (RFC 9651), after the Internet-Draft
draft-abaris-aicdh (AI Content Disclosure Header). The AI Act, article 50, asks for a marking that
machines read.
"""

from __future__ import annotations

from datetime import datetime

from governance.receipt import Receipt

HEADER = "AI-Disclosure"


def quoted(text: str) -> str:
    """``text`` as a string of structured fields: printable ASCII, quotes escaped."""
    plain = "".join(character for character in text if " " <= character <= "~")
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def disclosure(model: str, moment: datetime) -> str:
    """The header's value."""
    return ", ".join(
        (
            "mode=ai-originated",
            f"model={quoted(model)}",
            'provider="Sobria"',
            f"date=@{int(moment.timestamp())}",
        )
    )


def headers(receipt: Receipt | None, model: str, moment: datetime, *, on: bool) -> dict[str, str]:
    """The header of an answer, where the charter asks for it."""
    if not on or (receipt is not None and not receipt.label.ai_generated):
        return {}
    return {HEADER: disclosure(model, moment)}
