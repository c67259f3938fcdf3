"""The instance's keys: made once, whole or not at all, and readable by their owner only."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from governance.keys import MASTER_FILE, SIGNING_FILE, InstanceKeys, KeysRefused

ROOT = Path(__file__).resolve().parents[3]


def test_keys_are_made_at_the_first_start_and_the_same_after(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    first = InstanceKeys.load_or_create(folder)
    again = InstanceKeys.load_or_create(folder)
    assert first.master == again.master
    assert first.signing_key.private_bytes_raw() == again.signing_key.private_bytes_raw()
    assert sorted(path.name for path in folder.iterdir()) == [MASTER_FILE, SIGNING_FILE]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (folder / SIGNING_FILE).read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_sub_keys_differ_by_purpose_and_say_nothing_of_the_master(tmp_path: Path) -> None:
    keys = InstanceKeys.load_or_create(tmp_path / "keys")
    assert len(keys.derive("a")) == 32
    assert keys.derive("a") == keys.derive("a")
    assert len({keys.derive("a"), keys.derive("b"), keys.master}) == 3


def test_keys_never_show_in_a_representation(tmp_path: Path) -> None:
    keys = InstanceKeys.load_or_create(tmp_path / "keys")
    assert repr(keys) == "InstanceKeys()"


@pytest.mark.parametrize("name", [MASTER_FILE, SIGNING_FILE])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    InstanceKeys.load_or_create(tmp_path)
    (tmp_path / name).chmod(mode)
    with pytest.raises(KeysRefused, match=f"{name} can be read by others .mode {mode:04o}"):
        InstanceKeys.load_or_create(tmp_path)


@pytest.mark.parametrize("name", [MASTER_FILE, SIGNING_FILE])
def test_a_damaged_key_is_refused_and_kept(tmp_path: Path, name: str) -> None:
    InstanceKeys.load_or_create(tmp_path)
    content = (tmp_path / name).read_bytes()[:-3]
    (tmp_path / name).write_bytes(b"" if name == SIGNING_FILE else content)
    with pytest.raises(KeysRefused, match="does not hold a valid key"):
        InstanceKeys.load_or_create(tmp_path)


def test_a_lost_master_is_never_replaced_in_silence(tmp_path: Path) -> None:
    InstanceKeys.load_or_create(tmp_path)
    (tmp_path / MASTER_FILE).unlink()
    with pytest.raises(KeysRefused, match="missing"):
        InstanceKeys.load_or_create(tmp_path)
    assert not (tmp_path / MASTER_FILE).exists()


def test_a_first_start_that_was_cut_between_the_keys_is_finished(tmp_path: Path) -> None:
    master = InstanceKeys.load_or_create(tmp_path).master
    (tmp_path / SIGNING_FILE).unlink()
    assert InstanceKeys.load_or_create(tmp_path).master == master


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysRefused, match="cannot be read or written"):
        InstanceKeys.load_or_create(tmp_path / "file")


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from governance.keys import InstanceKeys\n"
        "keys = InstanceKeys.load_or_create(Path(sys.argv[1]))\n"
        "print(keys.master.hex(), keys.signing_key.private_bytes_raw().hex())"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys")]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    printed = {process.communicate(timeout=60)[0] for process in started}
    assert len(printed) == 1
    assert len(printed.pop().split()) == 2
