"""Masks, inside a stream, the identifiers that the model made up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from governance.pii.finding import Finding
from governance.pii.suspicion import AFTER_NUMBER, AFTER_POSTCODE, IN_ADDRESS, IN_KEY, Word

HELD: Final = 600
"""Characters that may be held back at most, before the oldest are judged."""
CONTEXT: Final = 200
"""Characters before what is held that are read with it: words that announce a number."""
_RESERVE: Final = 200
_TOKEN: Final = re.compile(rf"\s|\S{{{HELD}}}|\S+(?=\s)")
_LAST: Final = re.compile(rf"\s|\S{{1,{HELD}}}")
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z ]{0,30}PRIVATE KEY-----")

Judge = Callable[[str], Sequence[Finding]]
"""What must not pass of a text: disjoint findings, in its order."""


class WatchStream:
    """A filter of what the model writes; the result does not depend on how the text was cut.

    A word is held until it ends; one that may begin an identifier, until the words behind it tell
    that the identifier is over. Plain words then pass at once. What is held is analysed once, or
    twice where it is long, so that the time is linear in the text.
    """

    def __init__(self, judge: Judge, write: Callable[[Finding], str]) -> None:
        self._judge = judge
        self._write = write
        self.counts: Counter[str] = Counter()
        """What was masked so far, by entity."""
        self._unread = ""
        self._held = ""
        self._context = ""
        self._patience = 0
        self._address = False
        self._street = False
        self._begins_line = True
        self._awaited = 0
        self._swallowing: str | None = None
        self._out: list[str] = []

    def feed(self, chunk: str) -> str:
        """What may pass now that ``chunk`` has come; may be empty."""
        return self._read(self._unread + chunk, _TOKEN)

    def flush(self) -> str:
        """The rest. The stream is over."""
        shown = self._read(self._unread, _LAST)
        if self._held:
            self._close()
        return shown + self._shown()

    def _read(self, text: str, token: re.Pattern[str]) -> str:
        position = 0
        while match := token.match(text, position):
            if match.group().isspace():
                self._space(match.group())
            else:
                self._word(match.group())
            position = match.end()
        self._unread = text[position:]
        return self._shown()

    def _shown(self) -> str:
        shown = "".join(self._out)
        self._out.clear()
        return shown

    def _space(self, char: str) -> None:
        if self._swallowing is not None:
            if not self._swallowing:
                self._swallowing = None  # it was one long word, and it is over
            else:
                self._swallow(char)
                return
        if char == "\n":
            self._patience = AFTER_NUMBER if self._held and not self._begins_line else 0
        if not self._held:
            self._pass(char)
        else:
            self._held += char
            if not self._patience:  # an empty line
                self._close()
            elif len(self._held) > HELD:
                self._squeeze()
        self._begins_line = char == "\n" or self._begins_line

    def _word(self, text: str) -> None:
        if self._swallowing is not None:
            self._swallow(text)
            return
        word = Word(text, begins_line=self._begins_line)
        self._begins_line = False
        suspect = word.hot or (self._awaited > 0 and bool(word.bare))
        self._awaited = self._awaiting(word, text)
        if not self._held and not (suspect or word.warm or word.is_street):
            self._pass(text)
            return
        if not self._held:
            self._patience, self._address = AFTER_NUMBER, False
            self._street = word.is_street
        self._held += text
        self._wait(word, suspect)
        if (key := _KEY_BEGINS.search(self._held)) is not None:
            self._hide_key(key.start())
        elif not self._patience:
            self._close()
        elif len(self._held) > HELD:
            self._squeeze()

    def _awaiting(self, word: Word, text: str) -> int:
        """How many of the next words can be a value that this one announces."""
        if word.announces:
            return 3
        if text.rstrip("*_").endswith((":", "=")) or not word.bare:
            return max(1, self._awaited)
        return max(0, self._awaited - 1)

    def _wait(self, word: Word, suspect: bool) -> None:
        """Decide how many plain words more are to be read."""
        numbered = any(char.isdigit() for char in self._held)
        if (word.is_street and numbered) or (self._street and word.capitalised):
            self._address = True
        if "-----BEGIN" in self._held:
            self._patience = max(self._patience - 1, IN_KEY if suspect else 0)
        elif self._address and (suspect or word.is_street or word.capitalised):
            self._patience = IN_ADDRESS
        elif word.is_postcode:
            self._patience = AFTER_POSTCODE
        elif suspect:
            self._patience = max(self._patience, AFTER_NUMBER)
        elif not (
            word.warm
            or (numbered and word.goes_on)
            or word.is_street
            or (self._street and word.is_link)
        ):
            self._patience -= 1

    def _close(self) -> None:
        """Judge what is held, and let it pass."""
        self._release(len(self._held), self._judged())
        self._patience, self._address, self._street = 0, False, False

    def _squeeze(self) -> None:
        """Judge what is held, and let its beginning pass: no text may hold the stream for ever."""
        findings = self._judged()
        cut = len(self._held) - _RESERVE
        space = self._held.rfind(" ", cut - _RESERVE, cut)
        cut = space + 1 if space > 0 else cut
        for finding in findings:
            start, end = finding.start - len(self._context), finding.end - len(self._context)
            if start < cut < end:
                cut = start if start > 0 else end
        if cut >= len(self._held) and not self._held[-1].isspace():
            self._swallowing = ""  # the rest of a word that is longer than what may be held
        self._release(cut, findings)

    def _judged(self) -> Sequence[Finding]:
        return self._judge(self._context + self._held)

    def _release(self, limit: int, findings: Sequence[Finding]) -> None:
        """Let the first ``limit`` characters that are held pass, but the findings."""
        offset = len(self._context)
        position = 0
        for finding in findings:
            start, end = max(finding.start - offset, 0), finding.end - offset
            if start >= limit or end <= position:
                continue
            self._out += [self._held[position:start], self._write(finding)]
            self.counts[finding.entity] += 1
            position = min(end, limit)
        self._out.append(self._held[position:limit])
        self._context = (self._context + self._held[:limit])[-CONTEXT:]
        self._held = self._held[limit:]

    def _pass(self, text: str) -> None:
        self._out.append(text)
        self._context = (self._context + text)[-CONTEXT:]

    def _hide_key(self, start: int) -> None:
        """Hide a private key from its first line to its last, whatever its length."""
        finding = next((f for f in self._judged() if f.entity == "SECRET"), None)
        if finding is None:
            self._close()
            return
        rest = self._held[start:]
        self._held = self._held[:start]
        self._close()
        self._out.append(self._write(finding))
        self.counts[finding.entity] += 1
        self._swallowing = rest[-80:]

    def _swallow(self, text: str) -> None:
        if not self._swallowing:
            return  # the rest of one long word
        self._swallowing = (self._swallowing + text)[-80 - len(text) :]
        if _KEY_ENDS.search(self._swallowing):
            self._swallowing = None
        else:
            self._swallowing = self._swallowing[-80:]
