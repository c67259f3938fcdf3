"""Text recognition of a page that is only an image, by two commands that may be installed.

``pdftoppm`` (poppler-utils) draws the page, ``tesseract`` reads it. Nothing is written on disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rag.connectors.files.content import Unreadable
from rag.text import html

SECONDS = 600
"""Time for the pages of one file; those beyond are told as not read."""
PAGE_SECONDS = 60
PIXELS = 2_500
"""The longer side of the image of a page, whatever its size says: 214 dots an inch on A4."""
LANGUAGES = ("fra", "eng")

NO_OCR = "{count} p. not read ({pages}): images, and no text recognition (OCR) is installed"
NOTHING_FOUND = "{count} p. not read ({pages}): images in which OCR finds no text"
FAILED = "{count} p. not read ({pages}): images on which OCR fails"
TOO_SLOW = "{count} p. not read ({pages}): OCR takes too long"


@dataclass(frozen=True, slots=True)
class Commands:
    """What is installed; ``languages`` is as ``tesseract`` takes them, «fra+eng»."""

    pdftoppm: str
    tesseract: str
    languages: str


def installed() -> Commands | None:
    """The commands of text recognition, if both are here with French or English."""
    pdftoppm, tesseract = shutil.which("pdftoppm"), shutil.which("tesseract")
    if pdftoppm is None or tesseract is None:
        return None
    try:
        listed = _run([tesseract, "--list-langs"], b"").decode(errors="replace").split()
    except (OSError, subprocess.SubprocessError):
        return None
    languages = "+".join(language for language in LANGUAGES if language in listed)
    return Commands(pdftoppm, tesseract, languages) if languages else None


class Recogniser:
    """Reads the pages of one PDF that have no text layer, within a bounded time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spent = 0.0

    def text(self, page: int) -> str:
        """The lines recognised on a page, numbered from 1. Raises Unreadable."""
        if self._commands is None:
            raise Unreadable(NO_OCR)
        if self._spent > SECONDS - PAGE_SECONDS:
            raise Unreadable(TOO_SLOW)
        started = time.monotonic()
        try:
            recognised = _recognise(self._commands, self._path, page)
        except subprocess.TimeoutExpired as error:
            raise Unreadable(TOO_SLOW) from error
        except (OSError, subprocess.SubprocessError) as error:
            raise Unreadable(FAILED) from error
        finally:
            self._spent += time.monotonic() - started
        blocks = (html.squeeze(b.replace("-\n", "")) for b in recognised.split("\n\n"))
        text = "\n".join(block for block in blocks if any(map(str.isalnum, block)))
        if not text:
            raise Unreadable(NOTHING_FOUND)
        return text

    @cached_property
    def _commands(self) -> Commands | None:
        return installed()


def _recognise(commands: Commands, path: Path, page: int) -> str:
    number = str(page)
    size = ["-scale-to", str(PIXELS), "-gray"]
    image = _run([commands.pdftoppm, "-f", number, "-l", number, *size, str(path)], b"")
    read = [commands.tesseract, "stdin", "stdout", "-l", commands.languages]
    return _run(read, image).decode(errors="replace")


def _run(command: list[str], given: bytes) -> bytes:
    # One thread: more of them slow the machine for those who work on it more than they help here.
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    return subprocess.run(
        command,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=PAGE_SECONDS / 2,
        check=True,
        env={**kept, "OMP_THREAD_LIMIT": "1"},
    ).stdout
