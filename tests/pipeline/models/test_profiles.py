"""The file of a profile: the same bytes, found beside the bundle of a run and in a folder that was fetched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import InputError
from iota_py.pipeline.models import profiles
from iota_py.pipeline.models.profiles import RegionProfile, profile_beside, read_profile_file, write_profile_file
from iota_py.profile import profile_of


def made(pixels: bool = True) -> RegionProfile:
    values = np.arange(40, dtype=np.int16).reshape(20, 2)
    return RegionProfile("Côte", profile_of(values, ("a", "b")), profile_of(values * 2, ("a", "b")) if pixels else None)


def test_a_profile_comes_back_and_has_one_form(tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        write_profile_file(tmp_path / name, made())
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    back = read_profile_file(tmp_path / "one.npz")
    assert back.region == "Côte"
    assert back.pixels is not None
    assert (back.pixels.percentiles == made().pixels.percentiles).all()  # type: ignore[union-attr]
    write_profile_file(tmp_path / "samples.npz", made(pixels=False))
    assert read_profile_file(tmp_path / "samples.npz").pixels is None


def test_where_it_is_found(tmp_path: Path) -> None:
    bundle = tmp_path / "models" / "region_12_run_0_part_1"
    bundle.mkdir(parents=True)
    assert profile_beside(bundle) is None
    (tmp_path / "models" / "profile_region_12.npz").touch()
    assert profile_beside(bundle) == tmp_path / "models" / "profile_region_12.npz"
    (bundle / "profile_region_3.npz").touch()  # as a run that logged each model by itself was fetched
    assert profile_beside(bundle) == bundle / "profile_region_3.npz"


def test_files_of_tomorrow_and_damaged_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.npz"
    monkeypatch.setattr(profiles, "FORMAT", 2)
    write_profile_file(path, made())
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"E-DRF-003 .*one.npz: format: expected a profile of format 1, found 2"):
        read_profile_file(path)
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match=r"E-DRF-003 .*one.npz: cannot be read as a profile \(BadZipFile"):
        read_profile_file(path)
    path.unlink()
    with pytest.raises(InputError, match=r"E-DRF-003 .*cannot be read as a profile \(FileNotFoundError"):
        read_profile_file(path)
