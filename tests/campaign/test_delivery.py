"""Packages handed over: links or copies, whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from iota_py.campaign import delivery
from iota_py.campaign.delivery import NOTE, deliver
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import InputError, StorageError
from tests.conftest import DEMO

RASTER, VECTOR = "OSO_20230101_RASTER_V1-0", "OSO_20230101_VECTOR_departement_96_V1-0"


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    """A run with two packages of its version, one of an earlier version, and a stray folder."""
    for name in (RASTER, VECTOR, "OSO_20230101_RASTER_V0-9", "notes"):
        file = tmp_path / "run" / "product" / name / "DATA" / "file.tif"
        file.parent.mkdir(parents=True)
        file.write_text(name)
    return load_config(DEMO, changes={"output": str(tmp_path / "run")})


def _files(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != NOTE}


WHOLE = {f"{RASTER}/DATA/file.tif": RASTER, f"{VECTOR}/DATA/file.tif": VECTOR}


@pytest.mark.parametrize("copies", [False, True])
def test_packages_of_the_version_alone(config: RunConfig, tmp_path: Path, copies: bool) -> None:
    target = deliver(config, tmp_path / "out" / "a-2023", {"order": "a-2023"}, copies=copies)
    assert _files(target) == WHOLE
    assert json.loads((target / NOTE).read_text()) == {"order": "a-2023", "packages": [RASTER, VECTOR]}
    same = (target / RASTER / "DATA/file.tif").samefile(config.output / "product" / RASTER / "DATA/file.tif")
    assert same is not copies
    assert [path.name for path in target.parent.iterdir()] == ["a-2023"]


def test_another_file_system_gets_copies(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(source: object, target: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other)
    target = deliver(config, tmp_path / "out" / "a", {})
    assert _files(target) == WHOLE
    assert not (target / RASTER / "DATA/file.tif").samefile(config.output / "product" / RASTER / "DATA/file.tif")


def test_a_delivery_takes_the_place_of_another_or_leaves_it(config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = deliver(config, tmp_path / "out" / "a", {"try": 1})
    product = config.output / "product" / RASTER / "DATA/file.tif"
    product.unlink()
    product.write_text("new")

    def full(source: Path, path: Path, copies: bool) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_place", full)
        with pytest.raises(StorageError, match="No space left"):
            deliver(config, target, {"try": 2})
    assert _files(target) == WHOLE, "a file that a later run has replaced is still the one that was delivered"
    assert [path.name for path in target.parent.iterdir()] == ["a"]
    deliver(config, target, {"try": 3})
    assert _files(target) == {**WHOLE, f"{RASTER}/DATA/file.tif": "new"}
    assert json.loads((target / NOTE).read_text())["try"] == 3


def test_without_a_package_nothing_is_delivered(config: RunConfig, tmp_path: Path) -> None:
    later = load_config(DEMO, changes={"output": str(config.output), "product": {"version": "2-0"}})
    with pytest.raises(InputError, match="E-CPG-009"):
        deliver(later, tmp_path / "out" / "a", {})
    assert not (tmp_path / "out").exists()
