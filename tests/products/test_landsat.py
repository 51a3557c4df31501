import datetime as dt
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.io.raster import read_header, read_window
from iota_py.products.discovery import discover
from iota_py.products.landsat import forbidden_bits
from iota_py.products.product import series_document, series_from_document
from iota_py.products.reader import read_cube, read_footprint
from iota_py.products.source import Choice, Interval
from tests.products.real import real
from tests.products.small import ALL, GRID, file
from tests.products.small_landsat import (
    CLEAR,
    FAMILY,
    FAR,
    NEAR,
    NO_BITS,
    NUMBERS,
    SEEN,
    SIDE,
    WHOLE,
    cube,
    on_tile,
    series,
    source,
    stored,
    write,
)


@pytest.mark.parametrize("packing", ["folder", "tar"])
def test_scale_and_offset(tmp_path, packing):
    write(tmp_path, packing=packing)
    found = series(tmp_path)
    assert (found.tile, found.geobox, found.bands, found.set_aside) == ("199030", NEAR, ("red", "swir1"), ())
    read = read_cube(found, WHOLE)
    assert read.valid.all()
    assert read.values[0, 0].tolist() == stored(NUMBERS + 4).tolist()
    assert read.values[0, 1].tolist() == stored(NUMBERS + 6).tolist()
    assert read.values[0, 0, 0, :3].tolist() == [201, 212, 223]  # 8004 × 0.275 − 2000 = 201.1, then 11 more each


def test_the_ends_of_the_range(tmp_path):
    numbers = NUMBERS.copy()
    numbers[0, :6] = [0, 1, 7272, 7273, 43636, 65535]
    write(tmp_path, B4=numbers)
    read = cube(tmp_path)
    assert read.valid[0, 0].tolist() == [False] + [True] * 11
    assert read.values[0, 0, 0, 1:6].tolist() == [-2000, 0, 0, 10000, 16022]
    assert read.valid[0, 1:].all()


SENSORS = {
    "LT04": {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 7},
    "LT05": {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 7},
    "LE07": {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 7},
    "LC08": {"blue": 2, "green": 3, "red": 4, "nir": 5, "swir1": 6, "swir2": 7, "coastal": 1},
    "LC09": {"blue": 2, "green": 3, "red": 4, "nir": 5, "swir1": 6, "swir2": 7, "coastal": 1},
    "LO08": {"blue": 2, "green": 3, "red": 4, "nir": 5, "swir1": 6, "swir2": 7, "coastal": 1},
}


@pytest.mark.parametrize("satellite", SENSORS)
def test_bands_by_colour(tmp_path, satellite):
    write(tmp_path, satellite=satellite)
    bands = tuple(SENSORS[satellite])
    read = cube(tmp_path, bands=bands)
    for band, values in zip(bands, read.values[0], strict=True):
        assert values.tolist() == stored(NUMBERS + SENSORS[satellite][band]).tolist()


def test_four_satellites_make_one_series(tmp_path):
    for days, satellite in enumerate(("LT05", "LE07", "LC08", "LC09")):
        write(tmp_path, days, satellite=satellite)
    found = series(tmp_path, bands=FAMILY.default_bands)
    assert found.bands == ("blue", "green", "red", "nir", "swir1", "swir2")
    assert [pieces[0].platform for pieces in found.observations] == ["LANDSAT5", "LANDSAT7", "LANDSAT8", "LANDSAT9"]
    blue = read_cube(found, WHOLE).values[:, 0]
    assert [values.tolist() for values in blue] == [stored(NUMBERS + n).tolist() for n in (1, 1, 2, 2)]
    assert FAMILY.roles == {"blue": "blue", "green": "green", "red": "red", "nir": "nir", "swir": "swir1", "swir2": "swir2"}


POLICIES = [
    ({}, {0, 1, 2, 3, 4}),
    ({"cloud": "summary"}, {0, 3, 4}),
    ({"cloud": "none"}, {0}),
    ({"cloud": (2, 2, 7)}, {0, 2, 7}),
    ({"cloud": (15,)}, {0, 15}),
    ({"snow": True}, {0, 1, 2, 3, 4, 5}),
    ({"cloud": "none", "snow": True}, {0, 5}),
]


@pytest.mark.parametrize(("policy", "lost"), POLICIES)
def test_bits_of_the_pixel_quality(tmp_path, policy, lost):
    quality = CLEAR.copy()
    quality[0], quality[1, :4] = 1 << np.arange(SIDE), 1 << np.arange(12, 16)
    write(tmp_path, pixel_quality=quality)
    asked = forbidden_bits(FAMILY, Choice(("red",), **policy))
    integer = asked["QA_PIXEL", True] | asked.get(("QA_PIXEL", False), 0)
    assert {bit for bit in range(16) if integer >> bit & 1} == lost
    valid = cube(tmp_path, **policy).valid[0]
    assert set(np.flatnonzero(~valid[0]).tolist()) == {bit for bit in lost if bit < SIDE}
    assert set((np.flatnonzero(~valid[1]) + 12).tolist()) == {bit for bit in lost if bit >= SIDE}
    assert valid[2:].all()


def test_fill_is_outside_the_footprint_and_clouds_are_not(tmp_path):
    quality = CLEAR.copy()
    quality[:3], quality[5] = 1, 8
    write(tmp_path, pixel_quality=quality)
    seen = read_footprint(series(tmp_path), WHOLE)
    assert seen.all(axis=1).tolist() == [False] * 3 + [True] * 9
    assert not seen[:3].any()


def test_saturated_pixels(tmp_path):
    saturated = NO_BITS.copy()
    saturated[0, 1], saturated[0, 3], saturated[0, 5] = 1, 1 << 6, 1 << 11
    write(tmp_path, saturation=saturated)
    assert np.flatnonzero(~cube(tmp_path).valid[0, 0]).tolist() == [1, 3, 5]
    assert cube(tmp_path, saturation=False).valid.all()


def test_without_the_mask_of_saturation_there_is_a_warning(tmp_path):
    write(tmp_path, saturation=None)
    assert cube(tmp_path).valid.all()
    assert series(tmp_path).observations[0][0].warnings == ("no QA_RADSAT: saturated pixels are not known",)
    assert series(tmp_path, saturation=False).observations[0][0].warnings == ()


def test_what_a_scene_says(tmp_path):
    path = write(tmp_path)
    found = series(tmp_path)
    (product,) = found.observations[0]
    assert product.id == path.name == "LC08_L2SP_199030_20230704_20230716_02_T1"
    assert (product.platform, product.level, product.tile, product.when) == ("LANDSAT8", "L2SP", "199030", SEEN)
    assert (product.version, product.nodata, product.valid_range) == ((2, 20230716), 0, (1, 65535))
    ends = {Path(entry[0]).name.removeprefix(f"{path.name}_") for entry in product.fingerprint}
    assert ends == {"SR_B4.TIF", "SR_B6.TIF", "QA_PIXEL.TIF", "QA_RADSAT.TIF", "MTL.xml"}
    assert series_from_document(series_document(found)) == found


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"tier": "T2", "processed": dt.date(2023, 12, 1)}, {"tier": "T1"}),
        ({"tier": "RT", "processed": dt.date(2023, 12, 1)}, {"tier": "T1"}),
        ({"tier": "RT", "processed": dt.date(2023, 12, 1)}, {"tier": "T2"}),
        ({}, {"processed": dt.date(2023, 8, 1)}),
        ({"level": "L2SR"}, {"processed": dt.date(2023, 8, 1)}),
        ({"forms": ()}, {"processed": dt.date(2023, 8, 1)}),
    ],
)
def test_the_best_tier_then_the_latest_processing_is_used(tmp_path, worse, better):
    """Processings of one scene say times that differ by a little, and are one acquisition all the same."""
    older, newer = write(tmp_path, **worse), write(tmp_path, seen=SEEN + dt.timedelta(milliseconds=30), **better)
    found = series(tmp_path)
    assert [[p.id for p in pieces] for pieces in found.observations] == [[newer.name]]
    assert [(s.id, s.kind, s.reason) for s in found.set_aside] == [(older.name, "duplicate", f"older processing than {newer.name}")]


def test_one_scene_delivered_twice(tmp_path):
    folder, archive = write(tmp_path), write(tmp_path, packing="tar")
    found = series(tmp_path)
    assert [p.id for pieces in found.observations for p in pieces] == [folder.name]
    assert [(s.kind, s.reason) for s in found.set_aside] == [("duplicate", f"delivered twice; {archive} is used")]


def nearest(grid: GeoBox) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the pixel of `grid` that holds the centre of each pixel of the tile, found one by one."""
    to_grid = Transformer.from_crs(str(GRID.crs), str(grid.crs), always_xy=True)
    rows, cols = np.empty((8, 8), int), np.empty((8, 8), int)
    for row in range(8):
        for col in range(8):
            x, y = to_grid.transform(GRID.transform.c + 10 * (col + 0.5), GRID.transform.f - 10 * (row + 0.5))
            rows[row, col] = int((grid.transform.f - y) // 30)
            cols[row, col] = int((x - grid.transform.c) // 30)
    return rows, cols


@pytest.mark.parametrize("grid", [NEAR, FAR], ids=["same zone", "next zone"])
def test_onto_the_tiles_of_another_input_by_nearest(tmp_path, grid):
    rows, cols = nearest(grid)
    assert (rows.min() >= 2, rows.max() < 10, cols.min() >= 2, cols.max() < 10) == (True,) * 4  # the tile lies inside the scene
    cloudy = (int(rows[3, 4]), int(cols[3, 4]))
    quality = CLEAR.copy()
    quality[cloudy] = 8
    write(tmp_path, geobox=grid, pixel_quality=quality)
    found = on_tile(tmp_path, resampling="nearest")
    assert (found.tile, found.geobox, found.set_aside) == ("31TCJ", GRID, ())
    read = read_cube(found, ALL)
    assert read.values[0, 0].tolist() == stored(NUMBERS + 4)[rows, cols].tolist()
    assert read.valid[0].tolist() == (~((rows == cloudy[0]) & (cols == cloudy[1]))).tolist()
    assert (~read.valid[0]).sum() >= 6
    assert read_footprint(found, ALL).all()


@pytest.mark.parametrize("grid", [NEAR, FAR], ids=["same zone", "next zone"])
def test_onto_the_tiles_of_another_input_by_cubic(tmp_path, grid):
    """A plane in the coordinates of the scene comes back as the same plane at the centres of the tile's pixels."""
    row, col = np.mgrid[0:SIDE, 0:SIDE]
    write(tmp_path, geobox=grid, B4=(10000 + 400 * col + 120 * row).astype(np.uint16))
    read = read_cube(on_tile(tmp_path, resampling="cubic"), ALL)
    to_grid = Transformer.from_crs(str(GRID.crs), str(grid.crs), always_xy=True)
    x, y = np.meshgrid(GRID.transform.c + 10 * (np.arange(8) + 0.5), GRID.transform.f - 10 * (np.arange(8) + 0.5))
    x, y = to_grid.transform(x, y)
    at_col, at_row = (x - grid.transform.c) / 30 - 0.5, (grid.transform.f - y) / 30 - 0.5
    expected = (10000 + 400 * at_col + 120 * at_row) * 0.275 - 2000
    assert read.valid.all()
    assert np.abs(read.values[0, 0] - expected).max() < 1


def test_cubic_is_what_the_family_asks_for():
    assert FAMILY.options["resampling"] == "cubic"


def test_scenes_of_one_pass_and_of_another_zone_on_one_tile(tmp_path):
    """The tile lies on the seam of two rows of a path; a week later a scene of the next path, in the next zone, covers it whole."""
    north, south = CLEAR.copy(), CLEAR.copy()
    boundary = int(nearest(NEAR)[0][4, 0])
    north[boundary:], south[:boundary] = 1, 1
    write(tmp_path, pixel_quality=north)
    below = {f"B{n}": (NUMBERS + 1000).astype(np.uint16) for n in range(1, 8)}
    write(tmp_path, place="199031", pixel_quality=south, seen=SEEN + dt.timedelta(seconds=24), **below)
    write(tmp_path, 7, place="198030", geobox=FAR)
    far_away = GeoBox((SIDE, SIDE), Affine(30, 0, 499815, 0, -30, 4900215), "EPSG:32631")
    write(tmp_path, 7, place="150030", geobox=far_away)
    found = on_tile(tmp_path, resampling="nearest")
    assert [[p.id[10:16] for p in pieces] for pieces in found.observations] == [["199030", "199031"], ["198030"]]
    read = read_cube(found, ALL)
    assert read.valid.all()
    rows, cols = nearest(NEAR)
    expected = np.where(rows < boundary, stored(NUMBERS + 4)[rows, cols], stored(NUMBERS + 1000)[rows, cols])
    assert read.values[0, 0].tolist() == expected.tolist()
    assert read.values[1, 0].tolist() == stored(NUMBERS + 4)[nearest(FAR)].tolist()


def test_scenes_of_one_place_need_not_have_one_outline(tmp_path):
    """Without tiles that are there already, the tile is the ground of all scenes of a path and row."""
    write(tmp_path)
    write(tmp_path, 16, geobox=GeoBox((SIDE, SIDE), Affine(30, 0, 399885 + 60, 0, -30, 4800135 - 30), "EPSG:32631"))
    found = series(tmp_path)
    assert (found.geobox.shape, found.set_aside) == ((13, 14), ())
    read = read_cube(found, Window(0, 0, 13, 14))
    assert read.values[0, 0, :12, :12].tolist() == read.values[1, 0, 1:, 2:].tolist() == stored(NUMBERS + 4).tolist()
    assert read.valid.sum(axis=(1, 2)).tolist() == [144, 144]


def remove(name):
    return lambda scene: file(scene, name).unlink()


def edit(form, change):
    def act(scene):
        for other in {"xml", "json", "txt"} - {form}:
            file(scene, f"_MTL.{other}").unlink()
        path = file(scene, f"_MTL.{form}")
        before = path.read_text()
        assert change(before) != before
        path.write_text(change(before))

    return act


def half(text):
    return text[: len(text) // 2]


def bomb(text):
    return text.replace("?>\n", '?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n', 1).replace(">02<", ">&b;<")


BAD = {
    "cut XML": (edit("xml", half), r"E-PRD-036 .*MTL\.xml: not readable as metadata \(ParseError"),
    "cut JSON": (edit("json", half), r"E-PRD-036 .*MTL\.json: not readable as metadata \(JSONDecodeError"),
    "other JSON": (edit("json", lambda text: "[]"), r"E-PRD-036 .*MTL\.json: not readable"),
    "JSON of plain values": (edit("json", lambda text: '{"LANDSAT_METADATA_FILE": {"a": 1}}'), r"E-PRD-036 .*MTL\.json: not readable"),
    "cut text": (edit("txt", half), r"E-PRD-036 .*MTL\.txt: not readable as metadata \(ValueError: expected the lines"),
    "text of something else": (
        edit("txt", lambda text: text.replace("    WRS_PATH = 199\n", "<html>\n")),
        r"E-PRD-036 .*`<html>` is no line of it",
    ),
    "entity bomb": (edit("xml", bomb), r"E-PRD-036 .*(DTDForbidden|EntitiesForbidden)"),
    "scale that is none": (edit("xml", lambda text: text.replace("2.75e-05<", "many<")), r"E-PRD-036 .*many"),
    "scale of nought": (edit("xml", lambda text: text.replace("2.75e-05<", "0<")), r"E-PRD-036 .*REFLECTANCE_MULT_BAND_1 of 0\.0"),
    "another scene": (
        edit("xml", lambda text: text.replace("_199030_", "_199031_", 1)),
        r"E-PRD-037 .*LANDSAT_PRODUCT_ID: the metadata are those of LC08_L2SP_199031_20230704_20230716_02_T1",
    ),
    "another day": (
        edit("xml", lambda text: text.replace(">2023-07-04<", ">2023-07-05<")),
        r"E-PRD-037 .*DATE_ACQUIRED: the metadata say 2023-07-05, the name 2023-07-04",
    ),
    "missing band": (remove("SR_B6.TIF"), r"E-PRD-038 .*expected bands red, swir1, missing swir1 \(SR_B6\)"),
    "missing quality": (remove("QA_PIXEL.TIF"), r"E-PRD-039 .*QA_PIXEL is missing"),
    "empty band": (lambda scene: file(scene, "SR_B4.TIF").write_bytes(b""), r"E-RAS-002 .*SR_B4\.TIF"),
    "band that is something else": (
        lambda scene: shutil.copy(file(scene, "MTL.xml"), file(scene, "SR_B4.TIF")),
        r"E-RAS-002 .*SR_B4\.TIF: cannot be opened as GTiff",
    ),
}


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_scene_is_set_aside_with_its_reason(tmp_path, damage):
    change, reason = BAD[damage]
    bad, good = write(tmp_path), write(tmp_path, 16)
    change(bad)
    for found in (series(tmp_path), on_tile(tmp_path)):
        assert [p.id for pieces in found.observations for p in pieces] == [good.name]
        (entry,) = found.set_aside
        assert (entry.id, entry.kind, entry.tile, entry.platform) == (bad.name, "bad", found.tile, "LANDSAT8")
        assert entry.when.date() == SEEN.date()
        assert re.search(reason, entry.reason), entry.reason


def test_a_band_that_its_sensor_does_not_have(tmp_path):
    write(tmp_path, satellite="LT05")
    write(tmp_path, 16)
    found = series(tmp_path, bands=("coastal", "blue"))
    assert [p.platform for pieces in found.observations for p in pieces] == ["LANDSAT8"]
    assert "E-PRD-038" in found.set_aside[0].reason
    assert "missing coastal, which its sensor does not have" in found.set_aside[0].reason


@pytest.mark.parametrize(
    "name",
    [
        "LC08_L1TP_014031_20180106_20180119_01_T1",  # Level 1, Collection 1
        "LC08_L2SP_199030_20230704_20230716_01_T1",
        "LC08_L2SP_199030_20231304_20230716_02_T1",  # no such month
        "LC08_L2SP_199030_20230704_20230732_02_T1",
        "LM05_L2SP_199030_20230704_20230716_02_T1",  # MSS has no surface reflectance
        "LC06_L2SP_199030_20230704_20230716_02_T1",
    ],
)
def test_names_of_other_things(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=r"E-PRD-009 .*no acquisition found here \(looked for Landsat Collection 2 Level 2 \(USGS\)\)"):
        series(tmp_path)


@pytest.mark.shared
def test_real_scenes_of_level_1_are_not_taken_for_surface_reflectance():
    with pytest.raises(InputError, match="E-PRD-009"):
        series(real("landsat8_new_york") / "L8NY18")


@pytest.mark.shared
def test_pixels_of_a_real_scene_in_its_own_zone_and_from_the_next(tmp_path):
    """Real rasters of Level 1, called by the names of Level 2: their grids (reduced to 3 km) and numbers, not their meaning."""
    folder = real("landsat8_new_york") / "L8NY18" / "LC08_L1TP_013032_20180131_20180207_01_T1"
    name = "LC08_L2SP_013032_20180131_20180207_02_T1"
    for path in folder.glob("*_B?.TIF"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"{name}_SR_{path.stem[-2:]}.TIF").symlink_to(path)
    (tmp_path / name / f"{name}_QA_PIXEL.TIF").symlink_to(folder / "LC08_L1TP_013032_20180131_BQA.TIF")
    choice = {"cloud": "none", "resampling": "nearest"}
    red = read_window(str(folder / "LC08_L1TP_013032_20180131_B4.TIF"))
    quality = read_window(str(folder / "LC08_L1TP_013032_20180131_BQA.TIF"))
    grid = read_header(str(folder / "LC08_L1TP_013032_20180131_B4.TIF")).geobox
    usable = (red > 0) & (quality & 1 == 0)
    assert (grid.transform.c % 30, grid.transform.f % 30) == (15, 15)
    assert usable.sum() > 1000

    own = series(tmp_path, **choice)
    read = read_cube(own, Window(0, 0, *grid.shape))
    assert read.valid[0].tolist() == usable.tolist()
    assert read.values[0, 0][usable].tolist() == stored(red)[usable].tolist()

    t = grid.transform
    tile = GeoBox((60, 50), Affine(1000, 0, 1020000, 0, -1000, 4620000), "EPSG:32617")
    to_grid = Transformer.from_crs("EPSG:32617", "EPSG:32618", always_xy=True)
    x, y = to_grid.transform(*np.meshgrid(1020500 + 1000.0 * np.arange(50), 4619500 - 1000.0 * np.arange(60)))
    rows, cols = np.floor((y - t.f) / t.e).astype(int), np.floor((x - t.c) / t.a).astype(int)
    inside = (rows >= 0) & (rows < grid.shape[0]) & (cols >= 0) & (cols < grid.shape[1])
    assert (inside.any(), inside.all()) == (True, False)
    onto = discover(source(tmp_path, **choice), Interval(), None, {"17T": tile})["17T"]
    read = read_cube(onto, Window(0, 0, 60, 50))
    expected = np.zeros(inside.shape, bool)
    expected[inside] = usable[rows[inside], cols[inside]]
    assert read.valid[0].tolist() == expected.tolist()
    assert read.values[0, 0][expected].tolist() == stored(red)[rows[expected], cols[expected]].tolist()
