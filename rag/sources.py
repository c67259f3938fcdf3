"""The sources that answers may draw on, declared in YAML and checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from rag.errors import SourceDeclarationError
from rag.personal_data import Policy

SHIPPED = Path(__file__).with_name("sources.yaml")
Kind = Literal["npm-fiches", "npm-legi", "folder", "eurlex-html"]
PUBLISHED = frozenset({"npm-fiches", "npm-legi", "eurlex-html"})
"""The kinds whose texts an official publisher has made public."""


class Source(BaseModel):
    """One declared source.

    ``priority`` orders reading and vectors (1 first); ``weight`` multiplies its full-text scores;
    ``path`` is local (a folder, or EUR-Lex's page); ``codes`` are Légifrance's LEGITEXT ids.

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
    path: Path | None = None
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
    def _published(cls, declared: Any) -> Any:
        if not isinstance(declared, Mapping) or "personal_data" in declared:
            return declared
        # What is not known to be published is not taken to be: a wrong kind is refused anyway.
        own = declared.get("kind") not in PUBLISHED
        return {**declared, "personal_data": "pseudonymise" if own else "public"}

    @model_validator(mode="after")
    def _complete(self) -> Source:
        if self.kind.startswith("npm-") and not (self.package and self.version):
            raise ValueError("package and version are required for this kind")
        if self.kind == "npm-legi" and not self.codes:
            raise ValueError("codes is required for this kind")
        return self

    @property
    def usable(self) -> bool:
        """Whether it can be read: enabled, and with a path where its kind needs one."""
        return self.enabled and (self.kind.startswith("npm-") or self.path is not None)


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
    try:
        raw: Any = YAML(typ="rt").load(StringIO(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourceDeclarationError(
            "{file}, line {line}: this is not valid YAML", file=str(path), line=line
        ) from error
    except YAMLError as error:
        raise SourceDeclarationError(
            "{file}, line {line}: this is not valid YAML", file=str(path), line=1
        ) from error
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
