"""The demo is what the generator writes, and holds what it promises."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from iota_py.errors import InputError
from iota_py.io.archives import zip_members
from iota_py.io.publish import read_json
from iota_py.io.raster import raster_path, read_header, read_window
from iota_py.io.vectors import read_vectors
from iota_py.simulation import demo
from iota_py.simulation.acquisitions import Delivery
from iota_py.simulation.demo import EAST_TILE, SHIFT, SIZE, UNION, WEST_TILE, deliveries, generator, write_demo
from iota_py.simulation.muscate import product_name

from .test_muscate import PRODUCT

SAMPLES = Path(__file__).parents[2] / "data_samples"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    calls = []
    write_demo(folder, seed=1, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(i, len(deliveries())) for i in range(1, len(deliveries()) + 1)]
    return folder


def files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def rasters(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".tif":
        return {"": read_window(str(path))}
    if path.suffix == ".zip":
        return {name: read_window(raster_path(path, name)) for name in zip_members(path) if name.endswith(".tif")}
    return {}


def band(path: Path, suffix: str) -> np.ndarray:
    """A raster of a product of the samples, by the end of its name."""
    if path.suffix == ".zip":
        (name,) = [n for n in zip_members(path) if n.endswith(suffix)]
        return read_window(raster_path(path, name))
    (found,) = path.rglob(f"*{suffix}")
    return read_window(str(found))


def test_the_generator_writes_the_samples_again(fresh):
    ours, theirs = files(fresh), files(SAMPLES)
    assert set(ours) == set(theirs)
    if read_json(SAMPLES / "generator.json") == generator(1):
        assert [name for name in ours if ours[name].read_bytes() != theirs[name].read_bytes()] == []
        return
    for name in ours:  # other libraries may compress and round otherwise
        mine, committed = rasters(ours[name]), rasters(theirs[name])
        assert set(mine) == set(committed)
        assert all((mine[part] != committed[part]).mean() < 1e-3 for part in mine), name


def test_size():
    assert sum(path.stat().st_size for path in files(SAMPLES).values()) < 10_000_000


def test_layout_of_the_products():
    names = sorted(path.name for path in (SAMPLES / "sentinel2").iterdir())
    assert names == sorted(product_name(delivery) for delivery in deliveries())
    matches = [re.match(PRODUCT, name.removesuffix(".zip")) for name in names]
    assert all(matches)
    assert {m["tile"] for m in matches} == {"T31TCJ", "T31TDJ"}
    assert {m["platform"] for m in matches} == {"SENTINEL2A", "SENTINEL2B"}
    assert {m["date"][:4] for m in matches} == {"2023"}
    for tile in ("T31TCJ", "T31TDJ"):
        assert len({m["date"] for m in matches if m["tile"] == tile}) == 20
    assert sum(name.endswith(".zip") for name in names) == 4
    assert sum(m["vmaj"] is None for m in matches) == 2
    for path in (SAMPLES / "sentinel2").glob("*.zip"):
        (inner,) = {name.split("/")[0] for name in zipfile.ZipFile(path).namelist()}
        assert inner.startswith(path.stem)


def test_the_tiles_are_parts_of_the_real_ones():
    for tile, (left, right) in ((WEST_TILE, (300000, 409800)), (EAST_TILE, (399960, 509760))):
        box = tile.geobox.boundingbox
        assert left <= box.left < box.right <= right
        assert 4790220 <= box.bottom < box.top <= 4900020
        assert (box.left - left) % 20 == (4900020 - box.top) % 20 == 0
    assert WEST_TILE.geobox.boundingbox.right - EAST_TILE.geobox.boundingbox.left == 10.0 * (SIZE - SHIFT) == 400.0


def test_the_truth_is_the_landscape_and_covers_both_tiles():
    header = read_header(str(SAMPLES / "truth.tif"))
    assert (header.geobox, header.dtype) == (UNION, "uint8")
    assert np.array_equal(read_window(str(SAMPLES / "truth.tif")), demo.make_scene(UNION, 1).landscape.truth)


def test_the_version_trap():
    old, new = (SAMPLES / "sentinel2" / f"SENTINEL2B_20230520-105854-456_L2A_T31TCJ_{end}" for end in ("D_V1-9", "C_V1-10"))
    unsaturated = band(old, "SAT_R1.tif") == 0
    assert np.array_equal(band(old, "CLM_R1.tif"), band(new, "CLM_R1.tif"))
    assert (band(old, "FRE_B4.tif").astype(int) - band(new, "FRE_B4.tif"))[unsaturated] == pytest.approx(50, abs=25)
    assert np.median(band(old, "FRE_B8.tif").astype(int) - band(new, "FRE_B8.tif")) == 50


def test_two_pieces_of_one_pass_are_complementary():
    north, south = sorted((SAMPLES / "sentinel2").glob("SENTINEL2B_20230805*T31TDJ*"))
    for group, name in (("R1", "B4"), ("R2", "B11")):
        upper, lower = (band(path, f"EDG_{group}.tif") for path in (north, south))
        assert np.array_equal(upper, 1 - lower)
        assert np.array_equal(band(north, f"FRE_{name}.tif") == -10000, upper == 1)
        assert np.array_equal(band(south, f"FRE_{name}.tif") == -10000, lower == 1)


def test_partial_swaths_and_clouds_on_several_dates():
    partial, cloudy, cirrus = 0, 0, 0
    for path in (SAMPLES / "sentinel2").iterdir():
        clouds, edge = band(path, "CLM_R1.tif"), band(path, "EDG_R1.tif")
        partial += bool(edge.any())
        cloudy += bool((clouds & 2).any())
        cirrus += bool((clouds & 128).any())
        assert np.array_equal(band(path, "FRE_B2.tif") == -10000, edge == 1)
    assert partial >= 8
    assert cloudy >= 25
    assert cirrus >= 3


def test_every_pixel_is_seen_often_enough():
    for tile in ("T31TCJ", "T31TDJ"):
        paths = [p for p in (SAMPLES / "sentinel2").iterdir() if tile in p.name and "V1-9" not in p.name]
        valid = sum(((band(p, "CLM_R1.tif") == 0) & (band(p, "EDG_R1.tif") == 0) & (band(p, "SAT_R1.tif") == 0)).astype(int) for p in paths)
        assert valid.min() >= 4
        assert valid.mean() > 10


def test_vectors_of_the_samples():
    polygons = read_vectors(SAMPLES / "reference.gpkg", "reference")
    regions = read_vectors(SAMPLES / "ecoregions.gpkg", "ecoregions")
    assert polygons.crs.to_epsg() == regions.crs.to_epsg() == 2154
    assert {"code", "name"} <= set(polygons.columns)
    assert regions["region"].tolist() == ["1", "2"]


def test_a_folder_with_other_products_is_refused(tmp_path):
    (tmp_path / "sentinel2" / "SENTINEL2A_20200101-105107-455_L2A_T31TCJ_C_V1-0").mkdir(parents=True)
    with pytest.raises(InputError, match="E-SIM-001"):
        write_demo(tmp_path)
    assert len(list(tmp_path.rglob("*"))) == 2


def test_deliveries_are_distinct():
    planned = deliveries()
    assert all(isinstance(delivery, Delivery) for delivery in planned)
    assert len({product_name(delivery) for delivery in planned}) == len(planned) == 42
