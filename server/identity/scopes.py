"""What an API key opens: each key has one or several scopes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Scope = Literal["chat", "embeddings", "presidio", "admin-read", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

ORDINARY: tuple[Scope, ...] = ("chat", "embeddings", "presidio")
"""What a key opens unless somebody chose otherwise, and what keys made before scopes open: what
they always did, and nothing of the administration."""

ADMINISTRATIVE: frozenset[Scope] = frozenset({"admin-read", "admin"})
"""Scopes that act for the administration, not for a service."""


def is_scope(text: str) -> bool:
    """Whether ``text`` names a scope."""
    return text in SCOPES


def in_order(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """``scopes`` once each, in the usual order."""
    wanted = set(scopes)
    return tuple(scope for scope in SCOPES if scope in wanted)


def written(scopes: Iterable[Scope]) -> str:
    """The form in which the database keeps ``scopes``."""
    return ",".join(in_order(scopes))


def read(text: str) -> tuple[Scope, ...]:
    """The scopes that :func:`written` wrote; what this version does not know opens nothing."""
    return tuple(scope for scope in SCOPES if scope in text.split(","))


def holds(scopes: Iterable[Scope], wanted: Scope) -> bool:
    """Whether ``scopes`` open ``wanted``: to change the administration is to read it too."""
    held = set(scopes)
    return wanted in held or (wanted == "admin-read" and "admin" in held)
