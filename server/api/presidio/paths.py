"""The addresses of Presidio's interface, whose errors have a shape of their own."""

from __future__ import annotations

from typing import Final

PATHS: Final = frozenset(
    {
        "/analyze",
        "/recognizers",
        "/supportedentities",
        "/anonymize",
        "/anonymizers",
        "/deanonymize",
        "/deanonymizers",
    }
)
"""As Presidio's two containers have them, side by side: none is in both."""
