"""Who changes something in the administration: an account, a key, or whoever runs the commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``subject`` is what the audit log knows, an opaque pseudonym; ``name`` is for the charter's
    history. ``account`` is the account's id, empty for a key and for the command line.

    ``operator`` holds the files of the instance, hence may do what no account may.
    """

    subject: str
    name: str
    account: str = ""
    operator: bool = False


OPERATOR = Actor("operator", "operator", operator=True)
"""The command line."""
