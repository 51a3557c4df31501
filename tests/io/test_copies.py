"""Copies and folders that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from iota_py.errors import StorageError
from iota_py.io.copies import copy_file, published_folder
from iota_py.io.publish import sha256


def test_a_copy_has_the_bytes_of_its_source(tmp_path: Path):
    source = tmp_path / "a.bin"
    source.write_bytes(bytes(range(256)) * 100)
    copy_file(source, tmp_path / "deep" / "b.bin", sha256(source))
    assert (tmp_path / "deep" / "b.bin").read_bytes() == source.read_bytes()


def test_a_source_with_other_bytes_is_not_copied(tmp_path: Path):
    source = tmp_path / "a.bin"
    source.write_bytes(b"abc")
    with pytest.raises(StorageError, match=r"E-PKG-010 .*b\.bin: copy of .*a\.bin: expected SHA-256 000000000000…, found ba7816bf8f01…"):
        copy_file(source, tmp_path / "b.bin", "0" * 64)
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_a_folder_takes_its_name_when_it_is_filled(tmp_path: Path):
    folder = tmp_path / "one"
    with published_folder(folder) as part:
        (part / "x").write_text("new")
        assert not folder.exists()
    assert {p.name: p.read_text() for p in folder.iterdir()} == {"x": "new"}


def test_a_folder_takes_the_place_of_another(tmp_path: Path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "old").write_text("old")
    with published_folder(folder) as part:
        (part / "x").write_text("new")
        assert (folder / "old").exists()
    assert [p.name for p in folder.iterdir()] == ["x"]
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize(("error", "seen"), [(ValueError("x"), ValueError), (OSError(28, "No space left on device"), StorageError)])
def test_a_failure_leaves_what_was_there(tmp_path: Path, error: Exception, seen: type[Exception]):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "old").write_text("old")
    with pytest.raises(seen):
        fill(folder, error)
    assert [p.name for p in tmp_path.rglob("*")] == ["one", "old"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path):
    for name in (".one.part", ".one.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("")
    with published_folder(tmp_path / "one") as part:
        assert list(part.iterdir()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


def fill(folder: Path, error: Exception) -> None:
    with published_folder(folder) as part:
        (part / "x").write_text("new")
        raise error
