"""Digests of weights, and the stamps that spare reading a gigabyte again at each start."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4 * 1024 * 1024


def sha256_of(path: Path, advance: Callable[[int], None] = lambda _: None) -> str:
    """Return the hexadecimal sha256 of a file; ``advance`` is told of the bytes read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            advance(len(block))
    return digest.hexdigest()


def files_under(path: Path) -> tuple[Path, ...]:
    """The file itself, or every file below the folder ``path``, sorted."""
    if path.is_dir():
        return tuple(sorted(file for file in path.rglob("*") if file.is_file()))
    return (path,)


def sha256_of_all(
    files: Iterable[Path], root: Path, advance: Callable[[int], None] = lambda _: None
) -> str:
    """Return the digest of one or several files.

    One file: its sha256. Several: the sha256 of their list as ``sha256sum`` prints it, with paths
    relative to ``root`` and sorted, so that anybody can compute it with standard tools.
    """
    paths = sorted(files, key=lambda file: file.relative_to(root).as_posix())
    if len(paths) == 1:
        return sha256_of(paths[0], advance)
    lines = (f"{sha256_of(file, advance)}  {file.relative_to(root).as_posix()}\n" for file in paths)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of_arrays(*arrays: NDArray[np.generic]) -> str:
    """Return the hexadecimal sha256 of the numbers of ``arrays``, one after the other."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _signature(files: Iterable[Path]) -> list[list[str | int]]:
    stats = ((str(file), file.stat()) for file in files)
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def stamp_path(models_dir: Path, name: str) -> Path:
    """Where the stamp of the model ``name`` is kept."""
    return models_dir / ".stamps" / f"{name}.json"


def write_stamp(models_dir: Path, name: str, files: Iterable[Path], sha256: str) -> None:
    """Remember that ``files``, of the size and date they have now, had this digest."""
    path = stamp_path(models_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".partial")
    draft.write_text(json.dumps({"sha256": sha256, "files": _signature(files)}), encoding="utf-8")
    draft.replace(path)


def stamped_digest(models_dir: Path, name: str, files: Iterable[Path]) -> str | None:
    """The digest that the stamp vouches for, or None where any file has changed since."""
    try:
        stamp = json.loads(stamp_path(models_dir, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(stamp, dict) or stamp.get("files") != _signature(files):
        return None
    sha256 = stamp.get("sha256")
    return sha256 if isinstance(sha256, str) else None
