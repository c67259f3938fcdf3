"""E-mail (``.eml``): its subject, its date and its text; attachments are named, and not read."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from email import message_from_binary_file, policy
from email.message import EmailMessage, Message
from pathlib import Path
from typing import cast

from rag.connectors.files.content import NESTED, NOT_READ, Found, Unread, Unreadable, place
from rag.text import html

MAX_DEPTH = 30
MAX_PARTS = 1_000
_HEADERS = ("Subject", "From", "To", "Date", "Message-ID", "Received", "MIME-Version")


def read(path: Path) -> Found:
    """The message as one piece under its subject. Raises Unreadable.

    Who wrote it and to whom is left out: what a message says is looked for, not who said it.
    Nothing that it refers to is fetched: its HTML is only read.
    """
    with path.open("rb") as stream:
        message = message_from_binary_file(stream, policy=policy.default)
    if not any(name in message for name in _HEADERS):
        raise Unreadable("this file is damaged or not of its kind")
    if sum(1 for _ in message.walk()) > MAX_PARTS:
        raise Unreadable("this message has more than {limit} parts", limit=MAX_PARTS)
    lines: list[str] = []
    attached: list[Unread] = []
    for part in _parts(message, 0):
        if isinstance(part, Unread):
            attached.append(part)
        elif part:
            lines.append(part)
    if lines:
        subject = html.squeeze(str(message["Subject"] or ""))
        yield ((subject,) if subject else ()), "\n".join([*_date(message), *lines])
    yield from attached


def _date(message: EmailMessage) -> Iterator[str]:
    try:
        yield f"{message['Date'].datetime:%Y-%m-%d %H:%M}"
    except (AttributeError, TypeError, ValueError):  # no date, or one that is none
        return


def _parts(part: Message, depth: int) -> Iterator[str | Unread]:
    """The texts under a part, in order, and the attachments."""
    kind = part.get_content_type()
    if depth > MAX_DEPTH:
        raise Unreadable(NESTED)
    if kind in ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"):
        raise Unreadable("this message is encrypted")
    if kind == "multipart/alternative":
        yield from _best(part, depth)
    elif part.get_content_maintype() == "multipart":
        for inner in cast(list[Message], part.get_payload()) if part.is_multipart() else []:
            yield from _parts(inner, depth + 1)
    elif _is_attached(part) or kind not in ("text/plain", "text/html"):
        name = part.get_filename() or mimetypes.guess_extension(kind) or kind
        yield Unread(place(name), NOT_READ)
    else:
        yield _text(part, kind)


def _best(part: Message, depth: int) -> Iterator[str | Unread]:
    """The fullest way in which a message says the same; of two alike, the first, which is plainer.

    A text beside HTML may only say that this program shows no HTML.
    """
    ways = [
        list(_parts(inner, depth + 1))
        for inner in (cast(list[Message], part.get_payload()) if part.is_multipart() else [])
    ]
    sizes = [sum(len(said) for said in way if isinstance(said, str)) for way in ways]
    best = next((i for i, size in enumerate(sizes) if 2 * size >= max(sizes)), None)
    for number, way in enumerate(ways):
        yield from (said for said in way if number == best or isinstance(said, Unread))


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _text(part: Message, kind: str) -> str:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        text = raw.decode("cp1252", errors="replace")
    if kind == "text/html":
        return html.text_of(text)
    paragraphs = text.replace("\r\n", "\n").split("\n\n")
    lines = (html.squeeze(paragraph.replace("\n", " ")) for paragraph in paragraphs)
    return "\n".join(line for line in lines if line)
