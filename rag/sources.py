"""The sources that answers may draw on, declared in YAML and checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from rag.declared import parsed
from rag.errors import SourceDeclarationError
from rag.personal_data import Policy

SHIPPED = Path(__file__).with_name("sources.yaml")
Kind = Literal["npm-fiches", "npm-legi", "npm-kali", "folder", "eurlex-html", "dila-zip", "website"]
PUBLISHED = frozenset({"npm-fiches", "npm-legi", "npm-kali", "eurlex-html", "dila-zip"})
"""The kinds whose texts an official publisher has made public."""

LAW = frozenset({"npm-legi", "npm-kali"})
"""The kinds whose documents are articles of law: their date is that of their version's start."""
FRESH_DAYS: Mapping[str, int | None] = {
    "npm-fiches": 180,
    "npm-legi": 180,
    "npm-kali": 180,
    "dila-zip": 180,
    "folder": 30,
    "website": 30,
    "eurlex-html": None,  # what the Official Journal published does not change
}
"""How old the last complete sync may be, in days, where a source does not say so."""

_PACKAGE = ("package", "version")
# The fields that belong to some kinds only: those that a kind needs, and those that it takes.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "npm-fiches": _PACKAGE,
    "npm-legi": (*_PACKAGE, "codes"),
    "npm-kali": (*_PACKAGE, "agreements"),
    "folder": (),
    "eurlex-html": (),
    "dila-zip": (),
    "website": ("url",),
}
_TAKES: Mapping[str, tuple[str, ...]] = {
    "folder": ("path",),
    "eurlex-html": ("path",),
    "dila-zip": ("path",),
    "website": ("allow", "private_hosts", "rate", "max_pages"),
}
_OF_A_KIND = (*_PACKAGE, "codes", "agreements", "path", *_TAKES["website"])


def _written(value: Any) -> Any:
    """An IDCC number that YAML read as a number, as it is written."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Agreement = Annotated[
    str, BeforeValidator(_written), Field(pattern=r"^(KALICONT\d{12}|0*[1-9]\d{0,3})$")
]
Host = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$", max_length=253)]


class Source(BaseModel):
    """One declared source.

    ``priority`` orders reading and vectors (1 first); ``weight`` multiplies its full-text scores;
    ``path`` is local (a folder, EUR-Lex's page, or DILA's ZIP); ``codes`` are Légifrance's LEGITEXT
    ids, and ``agreements`` are collective agreements, by their KALICONT ids or IDCC numbers.

    A ``website`` is read from ``url`` by its sitemaps, within the addresses of ``allow`` (the start
    alone if it is left out) and what lies below them, at ``rate`` pages a second and ``max_pages``
    at most. Only the hosts of ``private_hosts`` may have addresses of a private network.

    ``fresh_days`` is how old the last complete sync may be, in days, before the source is stale;
    left out, it is that of its kind (``FRESH_DAYS``), and ``null`` sets no limit.

    ``personal_data`` says what becomes of it before anything is indexed. Left out, the
    organisation's own documents (``folder``) have it replaced, and official publications are
    public; a folder is public only where its declaration says so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Kind
    package: Annotated[str, Field(pattern=r"^(@[a-z0-9._-]+/)?[a-z0-9._-]+$")] | None = None
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+[0-9A-Za-z.+-]*$")] | None = None
    codes: tuple[Annotated[str, Field(pattern=r"^LEGITEXT\d{12}$")], ...] = ()
    agreements: tuple[Agreement, ...] = ()
    path: Path | None = None
    allow: tuple[str, ...] = ()
    private_hosts: tuple[Host, ...] = ()
    rate: Annotated[float, Field(gt=0, le=10)] = 1.0
    max_pages: Annotated[int, Field(ge=1, le=10_000)] = 500
    fresh_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    personal_data: Policy = "pseudonymise"
    owner: Annotated[str, Field(min_length=1)]
    licence: Annotated[str, Field(min_length=1)]
    url: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    date: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    priority: Annotated[int, Field(ge=1, le=1000)] = 100
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    enabled: bool = True

    @model_validator(mode="before")
    @classmethod
    def _of_its_kind(cls, declared: Any) -> Any:
        if not isinstance(declared, Mapping):
            return declared
        kind = declared.get("kind")
        # What is not known to be published is not taken to be: a wrong kind is refused anyway.
        own = kind not in PUBLISHED
        usual = {
            "personal_data": "pseudonymise" if own else "public",
            "fresh_days": FRESH_DAYS.get(kind) if isinstance(kind, str) else None,
        }
        return {**usual, **declared}

    @model_validator(mode="after")
    def _complete(self) -> Source:
        needed = _NEEDS[self.kind]
        missing = [field for field in needed if not getattr(self, field)]
        if missing:
            raise ValueError(f"required for this kind: {', '.join(missing)}")
        taken = {*needed, *_TAKES.get(self.kind, ())}
        said = {f for f in self.model_fields_set if getattr(self, f) is not None}
        foreign = [f for f in _OF_A_KIND if f in said - taken]
        if foreign:
            raise ValueError(f"not for this kind: {', '.join(foreign)}")
        if self.kind == "website":
            for address in (self.url, *self.allow):
                _check_site(address, self.private_hosts)
        return self

    @property
    def open_to_all(self) -> bool:
        """Whether anybody may read its texts elsewhere: no folder, no site of a private network."""
        own = self.kind == "folder" or bool(self.private_hosts)
        return self.personal_data == "public" and not own

    @property
    def usable(self) -> bool:
        """Whether it can be read: enabled, and with a path where its kind needs one."""
        return self.enabled and (
            self.kind.startswith("npm-") or self.kind == "website" or self.path is not None
        )


def _check_site(address: str, private_hosts: Sequence[str]) -> None:
    """Raises ValueError where ``address`` is not one that a website can be read from."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if "@" in parts.netloc or "#" in address:
        raise ValueError("an address holds no user name, password or fragment")
    # An intranet may have no certificate; what crosses the Internet is read over TLS only.
    if not host or parts.scheme not in (("https", "http") if host in private_hosts else ("https",)):
        raise ValueError(f"an https address is expected, not {address}")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> _File:
        ids = [source.id for source in self.sources]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"each id must be used once: {', '.join(twice)}")
        return self


def load_sources(path: Path = SHIPPED, *, documents_dir: Path | None = None) -> tuple[Source, ...]:
    """The sources that ``path`` declares, by priority.

    ``documents_dir`` is the folder of a ``folder`` source that names none. Relative paths are read
    from the folder of the file.

    Raises:
        SourceDeclarationError: naming the file, the line and the field.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceDeclarationError(
            "{file}: the file of sources cannot be read", file=str(path)
        ) from error
    raw = parsed(text, str(path), SourceDeclarationError)
    try:
        declared = _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place: dict[str, str | int] = {
            "file": str(path),
            "line": _line(raw, first["loc"]),
            "field": ".".join(str(part) for part in first["loc"]) or "sources",
        }
        if first["type"] == "literal_error":
            choices = first["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
            raise SourceDeclarationError(
                "{file}, line {line}, field {field}: expected one of {choices}",
                **place,
                choices=choices,
            ) from error
        raise SourceDeclarationError(
            "{file}, line {line}, field {field}: {problem}",
            **place,
            problem=re.sub(r"^Value error, ", "", first["msg"]),
        ) from error
    placed = [_placed(source, path.parent, documents_dir) for source in declared.sources]
    return tuple(sorted(placed, key=lambda source: source.priority))


def _placed(source: Source, base: Path, documents_dir: Path | None) -> Source:
    path = source.path
    if path is None:
        path = documents_dir if source.kind == "folder" else None
    elif not path.is_absolute():
        path = base / path
    return source.model_copy(update={"path": path})


def _line(raw: Any, location: Sequence[str | int]) -> int:
    """The line (from 1) of the deepest part of ``location`` that the file holds."""
    line, node = 1, raw
    for part in location:
        marks = getattr(node, "lc", None)
        try:
            if marks is not None:
                position = marks.key(part) if isinstance(part, str) else marks.item(part)
                line = position[0] + 1
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
    return line
