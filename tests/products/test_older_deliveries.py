"""Where the best delivery of an acquisition cannot be read, the next best one is used, and the other is set aside with a line."""

import datetime as dt

import numpy as np
import pytest

from iota_py.errors import AcquisitionError
from iota_py.products.reader import read_cube
from iota_py.simulation.radar import write_pass
from iota_py.simulation.snow import write_snow_year
from tests.products import small_landsat, small_safe, test_s1tiling, test_snowyear
from tests.products.small import ALL, FINE, NOON, file, rewrite, series, write


def ids(found) -> list[str]:
    return [piece.id for pieces in found.observations for piece in pieces]


def asides(found) -> dict[str, str]:
    return {s.id: s.kind for s in found.set_aside}


def cut(path, count: int = 8) -> None:
    path.write_bytes(path.read_bytes()[:-count])


DAMAGES = {
    "E-RAS-002": lambda product: file(product, "FRE_B4.tif").write_bytes(b"not a raster"),
    "E-PRD-006": lambda product: file(product, "FRE_B4.tif").unlink(),
    "E-PRD-005": lambda product: cut(file(product, "MTD_ALL.xml"), 40),
    "E-PRD-010": lambda product: rewrite(product, "FRE_B4.tif", FINE[:6].astype(np.int16)),
}


@pytest.mark.parametrize("code", DAMAGES)
def test_what_discovery_sees(tmp_path, code):
    older, newer = write(tmp_path, version=(1, 9), offset=100), write(tmp_path, version=(2, 0))
    write(tmp_path, NOON + dt.timedelta(days=5))
    DAMAGES[code](newer)
    found = series(tmp_path)
    assert ids(found)[0] == older.name
    (one,) = found.set_aside
    assert (one.id, one.kind) == (newer.name, "bad")
    assert code in one.reason
    assert one.reason.endswith(f"; {older.name} is used in its place")
    assert found.lost == ()
    assert read_cube(found, ALL).values[0, 0].tolist() == (FINE + 100).tolist()


def test_one_delivery_after_the_other(tmp_path):
    versions = [write(tmp_path, version=(n, 0), offset=10 * n) for n in (1, 2, 3)]
    for product in versions[1:]:
        DAMAGES["E-RAS-002"](product)
    found = series(tmp_path)
    assert ids(found) == [versions[0].name]
    assert asides(found) == {versions[1].name: "bad", versions[2].name: "bad"}
    DAMAGES["E-RAS-002"](versions[0])
    found = series(tmp_path)
    assert found.observations == ()
    assert [s.id for s in found.lost] == [product.name for product in versions]


def refused(found) -> dict[str, str]:
    """Key and reason of the product that cannot be read."""
    with pytest.raises(AcquisitionError) as caught:
        read_cube(found, ALL)
    return {caught.value.product: str(caught.value)}


def test_what_the_first_read_sees(tmp_path):
    older, newer = write(tmp_path, version=(1, 9), offset=100), write(tmp_path, version=(1, 10))
    cut(file(newer, "FRE_B4.tif"))
    bad = refused(series(tmp_path))
    found = series(tmp_path, bad=bad)
    assert (ids(found), asides(found)) == ([older.name], {newer.name: "bad"})
    assert read_cube(found, ALL).values[0, 0].tolist() == (FINE + 100).tolist()
    cut(file(older, "FRE_B11.tif"))
    found = series(tmp_path, bad={**bad, **refused(series(tmp_path, bad=bad))})
    assert found.observations == ()
    assert {s.id for s in found.lost} == {newer.name, older.name}


def test_copies_of_one_version_have_one_id_and_are_told_apart(tmp_path):
    folder, zipped = write(tmp_path / "a"), write(tmp_path / "b", packing="zip")
    cut(file(folder, "FRE_B4.tif"))
    found = series(tmp_path, bad=refused(series(tmp_path)))
    assert ids(found) == [folder.name]
    assert found.observations[0][0].fingerprint[0][0] == str(zipped)
    (one,) = found.set_aside
    assert (one.id, one.kind) == (folder.name, "bad")
    assert one.reason.endswith(f"; {zipped} is used in its place")
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()


def test_a_file_that_was_mended_is_tried_again(tmp_path):
    product = write(tmp_path)
    path = file(product, "FRE_B4.tif")
    whole = path.read_bytes()
    cut(path)
    bad = refused(series(tmp_path))
    assert series(tmp_path, bad=bad).observations == ()
    path.write_bytes(whole)
    assert ids(series(tmp_path, bad=bad)) == [product.name]


def test_by_its_id_every_copy_is_refused(tmp_path):
    product = write(tmp_path / "a")
    write(tmp_path / "b", packing="zip")
    found = series(tmp_path, bad={product.name: "I know better"})
    assert found.observations == ()
    assert [(s.kind, s.reason) for s in found.set_aside] == [("bad", "I know better")] * 2


def test_landsat(tmp_path):
    older = small_landsat.write(tmp_path, tier="T2")
    newer = small_landsat.write(tmp_path)
    file(newer, "SR_B4.TIF").write_bytes(b"not a raster")
    found = small_landsat.series(tmp_path)
    assert (ids(found), asides(found)) == ([older.name], {newer.name: "bad"})


def test_sen2cor(tmp_path):
    older = small_safe.write(tmp_path, baseline="0400")
    newer = small_safe.write(tmp_path, baseline="0509")
    file(newer, "_B04_10m.jp2").write_bytes(b"not a raster")
    found = small_safe.series(tmp_path)
    assert (ids(found), asides(found)) == ([older.name.removesuffix(".SAFE")], {newer.name.removesuffix(".SAFE"): "bad"})
    cut(file(newer, "MTD_MSIL2A.xml"), 40)
    found = small_safe.series(tmp_path)
    assert (ids(found), found.lost) == ([older.name.removesuffix(".SAFE")], ())
    assert "E-PRD-031" in found.set_aside[0].reason


def test_parts_of_a_radar_pass(tmp_path):
    write_pass(tmp_path, test_s1tiling.one(images=1), test_s1tiling.EVEN)
    whole = write_pass(tmp_path, test_s1tiling.one(), test_s1tiling.EVEN)
    found = test_s1tiling.single(tmp_path)
    assert "xxxxxx" in ids(found)[0]
    whole[0].write_bytes(b"not a raster")
    found = test_s1tiling.single(tmp_path)
    assert "044150" in ids(found)[0]
    assert list(asides(found).values()) == ["bad"]


def test_a_snow_year(tmp_path):
    write_snow_year(tmp_path / "a", "31TCJ", test_snowyear.GRID, test_snowyear.year(2023), test_snowyear.LAYERS, mission="S2")
    write_snow_year(tmp_path / "b", "31TCJ", test_snowyear.GRID, test_snowyear.year(2023), test_snowyear.LAYERS)
    assert "S2L8" in ids(test_snowyear.single(tmp_path))[0]
    for path in (tmp_path / "b").rglob("*SCD*.tif"):
        path.write_bytes(b"not a raster")
    found = test_snowyear.single(tmp_path)
    assert "LIS_S2-" in ids(found)[0]
    assert list(asides(found).values()) == ["bad"]


def test_an_archive_of_an_older_version(tmp_path):
    older = small_landsat.write(tmp_path, tier="T2", packing="tar")
    newer = small_landsat.write(tmp_path, packing="tar")
    cut(newer, newer.stat().st_size // 2)
    found = small_landsat.series(tmp_path)
    assert ids(found) == [older.name.removesuffix(".tar")]
    assert found.set_aside[0].reason.endswith(f"; {ids(found)[0]} is used in its place")
    assert found.lost == ()
