import json
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from iota_py.errors import AcquisitionError, InputError
from iota_py.grid.lattice import expanded
from iota_py.grid.windows import split, whole
from iota_py.io.publish import json_text
from iota_py.io.raster import write_raster
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import series_document, series_from_document
from iota_py.products.rasters import find_raster
from iota_py.products.reader import read_cube, read_footprint, read_valid
from iota_py.products.source import Choice, Interval, Source
from iota_py.products.terrain import terrain

FAMILY = load_family("raster")
UTM = "EPSG:32631"
WEST = GeoBox((12, 14), Affine(10, 0, 402600, 0, -10, 4840000), UTM)
EAST = GeoBox((12, 14), Affine(10, 0, 402700, 0, -10, 4840000), UTM)  # four columns of overlap
FRAMES = {"31TCJ": WEST, "31TDJ": EAST}
BOTH = GeoBox((12, 24), WEST.transform, UTM)


def put(path, values, box, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.asarray(values)
    count = len(values) if values.ndim == 3 else 1
    write_raster(path, box, values.dtype.name, [(whole(box.shape), values)], count=count, options=options)
    return path


def source(path, resampling="bilinear", bands=None, **changes) -> Source:
    files = {"bands": bands or {"elevation": 1}, "scale": 1.0, "nodata": None, "minimum": None, "maximum": None, "terrain": (), **changes}
    names = (*files["bands"], *files["terrain"])
    return Source("relief", path, FAMILY, Choice(names), resampling=resampling, options={"raster": files})


def series(path, tile="31TCJ", frames=FRAMES, **changes):
    return discover(source(path, **changes), Interval(), None, frames)[tile]


def cube(path, **changes):
    found = series(path, **changes)
    return read_cube(found, whole(found.geobox.shape))


def heights(box, seed=0):
    """Rough ground, float32."""
    return np.random.default_rng(seed).normal(200, 40, box.shape).astype(np.float32)


def test_the_family():
    assert (FAMILY.kind, FAMILY.zone, FAMILY.options["resampling"]) == ("static", "scene", "bilinear")
    assert FAMILY.bands == {}


def test_one_file_for_all_tiles(tmp_path):
    numbers = np.arange(12 * 24, dtype=np.int16).reshape(12, 24)
    path = put(tmp_path / "dem.tif", numbers, BOTH)
    found = discover(source(path), Interval(), None, FRAMES)
    assert list(found) == ["31TCJ", "31TDJ"]
    for tile, columns in (("31TCJ", slice(0, 14)), ("31TDJ", slice(10, 24))):
        one = found[tile]
        assert (one.kind, one.tile, one.geobox, one.bands) == ("static", tile, FRAMES[tile], ("elevation",))
        assert [p.tile for pieces in one.observations for p in pieces] == [tile]
        read = read_cube(one, whole((12, 14)))
        assert read.values[0, 0].tolist() == numbers[:, columns].tolist()
        assert read.valid.all()
        assert read_valid(one, whole((12, 14))).all()
        assert read_footprint(one, whole((12, 14))).all()


def test_a_file_that_touches_one_tile_only(tmp_path):
    path = put(tmp_path / "dem.tif", np.ones((12, 5), np.int16), GeoBox((12, 5), WEST.transform, UTM))
    assert list(discover(source(path), Interval(), None, FRAMES)) == ["31TCJ"]
    read = cube(path)
    assert read.valid[0].tolist() == [[True] * 5 + [False] * 9] * 12


@pytest.mark.parametrize("name", ["{tile}.tif", "T{tile}/dem.tif", "{tile}/dem_{tile}.tif", "a[1]/T{tile}_x.tif"])
def test_a_file_for_each_tile(tmp_path, name):
    for tile, box, value in (("31TCJ", WEST, 3), ("31TDJ", EAST, 4), ("SUDOUE-1", EAST, 5)):
        put(tmp_path / name.replace("{tile}", tile), np.full(box.shape, value, np.int16), box)
    (tmp_path / "31TCJ_notes.txt").write_text("not a raster")
    found = discover(source(tmp_path / name), Interval(), ["31TCJ", "31TDJ"], FRAMES)
    assert list(found) == ["31TCJ", "31TDJ"]
    assert [read_cube(one, whole((12, 14))).values.max() for one in found.values()] == [3, 4]  # its own, where the other overlaps too
    assert list(discover(source(tmp_path / name), Interval())) == ["31TCJ", "31TDJ", "SUDOUE-1"]
    assert list(discover(source(tmp_path / name), Interval(), None, FRAMES)) == [
        "31TCJ",
        "31TDJ",
    ]  # no fault for the tile that is not mapped


def test_a_name_must_be_the_same_each_time(tmp_path):
    put(tmp_path / "31TCJ" / "dem_31TDJ.tif", np.ones(WEST.shape, np.int16), WEST)
    put(tmp_path / "31TCJ" / "dem_31TCJ.tif", np.ones(WEST.shape, np.int16), WEST)
    (product,) = find_raster(source(tmp_path / "{tile}" / "dem_{tile}.tif"))
    assert (product.tile, product.id) == ("31TCJ", "31TCJ/dem_31TCJ.tif")


@pytest.mark.parametrize(("name", "words"), [("none.tif", "no such file"), ("{tile}.tif", "no such file"), (".", "found a folder")])
def test_no_file(tmp_path, name, words):
    with pytest.raises(InputError, match=rf"E-PRD-060 .*inputs\.relief\.path: .*{words}.*Fix: give the file itself"):
        find_raster(source(tmp_path / name))


def test_a_band_and_a_derived_layer_of_one_name(tmp_path):
    path = put(tmp_path / "dem.tif", np.ones(WEST.shape, np.int16), WEST)
    with pytest.raises(InputError, match=r"E-PRD-063 .*slope is both a band of the file and derived"):
        find_raster(source(path, bands={"dem": 1, "slope": 1}, terrain=("slope",)))


def test_files_that_cannot_be_used(tmp_path):
    (tmp_path / "cut.tif").write_bytes(b"II*\0")
    short = put(tmp_path / "one.tif", np.ones(WEST.shape, np.int16), WEST)
    (tmp_path / "m.vrt").write_text("<VRTDataset subClass='VRTWarpedDataset'/>")
    for path, changes, words in (
        (tmp_path / "cut.tif", {}, "E-RAS-002"),
        (short, {"bands": {"a": 2}}, "E-PRD-016"),
        (tmp_path / "m.vrt", {}, "E-PRD-061"),
    ):
        found = series(path, **changes)
        assert found.observations == ()
        (aside,) = found.set_aside
        assert (aside.kind, aside.platform) == ("bad", "relief")
        assert f"{words} {path}" in aside.reason


def test_numbers_become_what_the_configuration_says(tmp_path):
    values = np.array([[[0.5, -9999, np.nan, 7]] * 4, [[1, 2, 3, 4]] * 4], np.float32)
    box = GeoBox((4, 4), WEST.transform, UTM)
    path = put(tmp_path / "soil.tif", values, box)
    found = series(path, frames={"31TCJ": box}, bands={"class": 2, "ph": 1}, scale=100.0, nodata=-9999.0, maximum=5.0)
    for each in (found, series_from_document(json.loads(json_text(series_document(found))))):
        read = read_cube(each, whole((4, 4)))
        assert each.bands == ("class", "ph")
        assert read.values[0, 1, 0, 0] == 50
        assert read.valid[0].tolist() == [[True, False, False, False]] * 4
        assert read.values[0, 0, 0].tolist() == [100, 200, 300, 400]


def test_categories_by_nearest_and_numbers_by_bilinear(tmp_path):
    coarse = GeoBox((3, 4), Affine(40, 0, 402600, 0, -40, 4840000), UTM)
    path = put(tmp_path / "a.tif", np.tile(np.array([0, 100, 0, 100], np.uint8), (3, 1)), coarse)
    nearest, smooth = cube(path, resampling="nearest").values[0, 0], cube(path).values[0, 0]
    assert set(np.unique(nearest)) == {0, 100}
    assert nearest[5].tolist() == [0] * 4 + [100] * 4 + [0] * 4 + [100] * 2
    assert smooth[5, :8].tolist() == [0, 0, 12, 38, 62, 88, 88, 62]  # eighths of 100 between the centres, halves to the even number


def mosaic(folder):
    """A VRT of two files, and the numbers that they hold."""
    numbers = heights(BOTH)
    for name, columns, left in (("west", slice(0, 11), 402600), ("east", slice(11, 24), 402710)):
        part = numbers[:, columns]
        put(folder / "parts" / f"{name}.tif", part, GeoBox(part.shape, Affine(10, 0, left, 0, -10, 4840000), UTM))
    wkt = BOTH.crs.to_wkt().replace('"', "&quot;")
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="1">parts/{name}.tif</SourceFilename><SourceBand>1</SourceBand>'
        f'<SrcRect xOff="0" yOff="0" xSize="{size}" ySize="12"/><DstRect xOff="{at}" yOff="0" xSize="{size}" ySize="12"/></SimpleSource>'
        for name, at, size in (("west", 0, 11), ("east", 11, 13))
    )
    (folder / "dem.vrt").write_text(
        f'<VRTDataset rasterXSize="24" rasterYSize="12"><SRS>{wkt}</SRS><GeoTransform>402600,10,0,4840000,0,-10</GeoTransform>'
        f'<VRTRasterBand dataType="Float32" band="1">{sources}</VRTRasterBand></VRTDataset>'
    )
    return folder / "dem.vrt", numbers


def test_a_mosaic(tmp_path):
    path, numbers = mosaic(tmp_path)
    found = discover(source(path, terrain=("slope",)), Interval(), None, FRAMES)
    expected = terrain("slope", numbers, (10, 10))
    for tile, first in (("31TCJ", 0), ("31TDJ", 10)):
        read = read_cube(found[tile], whole((12, 14)))
        assert read.values[0, 0].tolist() == np.rint(numbers[:, first : first + 14]).tolist()
        inside = slice(1, 13)  # of the tile: columns whose neighbours it has, across the seam of the two files
        assert read.values[0, 1, 1:-1, inside].tolist() == np.rint(100 * expected[:, first : first + 12]).tolist()
    (product,) = found["31TCJ"].observations[0]
    assert [name.rsplit("/", 1)[1] for name, _, _ in product.fingerprint] == ["dem.vrt", "east.tif", "west.tif"]


def test_a_source_of_a_mosaic_that_goes_away(tmp_path):
    path, _ = mosaic(tmp_path)
    found = series(path)
    again = put(tmp_path / "parts" / "west.tif", np.ones((12, 11), np.float32), GeoBox((12, 11), WEST.transform, UTM))
    assert series(path).observations[0][0].stamp != found.observations[0][0].stamp
    again.unlink()
    assert "west.tif` cannot be read" in series(path).set_aside[0].reason
    with pytest.raises(AcquisitionError, match="E-PRD-061"):
        read_cube(replace(found, observations=((replace(found.observations[0][0], fingerprint=()),),)), whole((12, 14)))


def test_terrain_of_a_plane(tmp_path):
    """Rises by 3 m in 10 to the east and falls by 4 to the south: slope of one half, facing west and south."""
    wide = expanded(WEST, -3, -3, 18, 20)
    rows, cols = np.indices(wide.shape)
    path = put(tmp_path / "dem.tif", (100 + 3 * cols - 4 * rows).astype(np.float32), wide)
    read = cube(path, terrain=("slope", "eastness", "northness"))
    assert read.valid.all()
    numbers = np.array([np.degrees(np.arctan(0.5)) * 100, -0.3 / 1.25**0.5 * 10_000, -0.4 / 1.25**0.5 * 10_000])
    assert (read.values[0, 1:] == np.rint(numbers)[:, None, None]).all()
    coarse = GeoBox((12, 12), Affine(30, 0, 402480, 0, -30, 4840120), UTM)
    rows, cols = np.indices(coarse.shape)
    path = put(tmp_path / "coarse.tif", (100 + 9 * cols - 12 * rows).astype(np.float32), coarse)
    assert (cube(path, terrain=("slope", "eastness", "northness")).values[0, 1:] == np.rint(numbers)[:, None, None]).all()


def test_terrain_where_neighbours_are_missing(tmp_path):
    numbers = heights(WEST)
    numbers[5, 6] = -9999
    path = put(tmp_path / "dem.tif", numbers, WEST, nodata=-9999)
    lost = np.zeros((12, 14), bool)  # the raster ends with the tile: its edge has slopes all the same
    lost[5, 6] = True
    read = cube(path, bands={"elevation": 1}, terrain=("slope",))
    assert (read.values[0, 1] == -32768).tolist() == lost.tolist()
    assert (~read.valid[0]).tolist() == lost.tolist()
    assert (read.values[0, 0] == -32768).sum() == 1


def test_terrain_is_of_metres_whatever_the_scale_of_the_band(tmp_path):
    path = put(tmp_path / "dem.tif", heights(BOTH), BOTH)
    one, ten = (cube(path, terrain=("slope",), scale=scale).values[0] for scale in (1.0, 10.0))
    assert np.array_equal(one[1], ten[1])
    assert np.abs(ten[0] - 10 * one[0].astype(int)).max() <= 5


def test_terrain_of_tiles_in_degrees(tmp_path):
    degrees = GeoBox((5, 5), Affine(1e-4, 0, 2, 0, -1e-4, 43), "EPSG:4326")
    path = put(tmp_path / "dem.tif", np.ones((5, 5), np.float32), degrees)
    found = series(path, frames={"31TCJ": degrees}, terrain=("slope",))
    with pytest.raises(InputError, match="E-PRD-062"):
        read_cube(found, whole((5, 5)))


SOURCES = {
    "the tile's own": WEST,
    "the tile's lattice, wider": BOTH,
    "coarser": GeoBox((9, 9), Affine(25, 0, 402550, 0, -25, 4840060), UTM),
    "finer": GeoBox((60, 70), Affine(2.5, 0, 402590, 0, -2.5, 4840010), UTM),
    "another projection": GeoBox.from_bbox(WEST.extent.to_crs("EPSG:2154").boundingbox, "EPSG:2154", resolution=17, anchor="floating"),
    "degrees": GeoBox.from_bbox(WEST.extent.to_crs("EPSG:4326").boundingbox, "EPSG:4326", resolution=0.0003, anchor="floating"),
}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(SOURCES)), st.sampled_from(["nearest", "bilinear", "cubic", "average"]), st.integers(1, 12), st.integers(1, 14))
def test_windows_join_without_seams(tmp_path_factory, name, method, rows, cols):
    path = tmp_path_factory.getbasetemp() / "seams" / f"{list(SOURCES).index(name)}.tif"
    if not path.exists():
        numbers = heights(SOURCES[name])
        numbers[numbers > 290] = -9999
        put(path, numbers, SOURCES[name], nodata=-9999)
    found = series(path, resampling=method, terrain=("slope", "northness", "eastness"))
    everything = read_cube(found, whole(WEST.shape))
    assert everything.valid.any()
    values, valid = np.zeros_like(everything.values), np.zeros_like(everything.valid)
    for window in split(WEST.shape, (rows, cols)):
        part = read_cube(found, window)
        values[(..., *window.slices)], valid[(..., *window.slices)] = part.values, part.valid
    assert np.array_equal(values, everything.values)
    assert np.array_equal(valid, everything.valid)
