import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window, whole
from iota_py.io.raster import read_header, read_window
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.muscate import named
from iota_py.products.reader import read_cube, read_footprint, read_valid
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.acquisitions import Tile
from iota_py.simulation.muscate import GROUPS
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.venus import venus_image
from iota_py.simulation.wasp import wasp_image
from tests.products.real import real
from tests.products.small import ALL, COARSE, FINE, GRID, edit_metadata, file

FAMILY, VENUS = load_family("wasp-l3a"), load_family("wasp-venus-l3a")
BANDS = FAMILY.default_bands
OCTOBER = dt.date(2018, 10, 15)
LAND = np.full((8, 8), 4, np.uint8)


def numbers(offset: int = 0) -> dict[str, np.ndarray]:
    """Numbers of the 10 bands, FINE at 10 m and COARSE at 20 m."""
    return {band: ((FINE if band in GROUPS["R1"] else COARSE) + offset).astype(np.int16) for band in BANDS}


def masks(flag: np.ndarray = LAND, **changes) -> dict[str, dict[str, np.ndarray]]:
    """Status, weights and dates; the coarse ones are 1000 more."""
    fine = {"WGT": (100 * np.arange(64)).reshape(8, 8), "DTS": np.full((8, 8), 280), **changes}
    found = {name: {"R1": values.astype(np.int16), "R2": (values[::2, ::2] + 1000).astype(np.int16)} for name, values in fine.items()}
    return {"FLG": {"R1": flag, "R2": flag[::2, ::2]}, **found}


def write(folder, centre=OCTOBER, flag=LAND, offset=0, tile="T31TCJ", geobox=GRID, **changes):
    parts = {key: changes.pop(key) for key in ("WGT", "DTS") if key in changes}
    return write_image(folder, wasp_image(Tile(tile, geobox), centre, numbers(offset), masks(flag, **parts), **changes))


def source(folder, bands=("B4", "B11"), family=FAMILY, **choice) -> Source:
    return Source("wasp", folder, family, Choice(bands, **choice))


def series(folder, **changes):
    (found,) = discover(source(folder, **changes), Interval()).values()
    return found


def codes() -> np.ndarray:
    """Status 0 to 6, one a column, and land."""
    return np.tile(np.array([0, 1, 2, 3, 4, 5, 6, 4], np.uint8), (8, 1))


def lost(valid: np.ndarray) -> list[int]:
    """Columns that are unusable, the same in every row."""
    assert (valid == valid[0]).all()
    return np.flatnonzero(~valid[0]).tolist()


@pytest.mark.parametrize(
    ("name", "family", "platform", "tile"),
    [
        ("SENTINEL2X_20181015-000000-000_L3A_T31TCJ_D_V1-1", FAMILY, "SENTINEL2X", "31TCJ"),
        ("SENTINEL2A_20200715-000000-000_L3A_T31TCJ_C_V2-1", FAMILY, "SENTINEL2A", "31TCJ"),
        ("VENUS-XS_20180207-000000-000_L3A_FR-LUS_C_V1-0", VENUS, "VENUS", "FR-LUS"),
    ],
)
def test_names(name, family, platform, tile):
    match = named(name, family)
    assert (match["platform"], match["level"], match["tile"]) == (platform, "L3A", tile)
    assert named(name.replace("L3A", "L2A"), family) is None
    assert named(name, VENUS if family is FAMILY else FAMILY) is None


def test_the_families():
    assert BANDS == ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
    assert list(FAMILY.bands)[10:] == ["WGT_R1", "WGT_R2", "DTS_R1", "DTS_R2"]
    assert FAMILY.options["dates"] == VENUS.options["dates"] == "own"
    assert (FAMILY.zone, VENUS.zone) == ("tile", "scene")
    assert VENUS.default_bands == load_family("theia-venus-l2a").default_bands
    assert VENUS.roles == load_family("theia-venus-l2a").roles


@pytest.mark.parametrize("packing", ["folder", "zip", "tar"])
def test_a_year_of_months(tmp_path, packing):
    """A month with one satellite has its name; the date is the middle of the window."""
    for month, platform in ((8, "SENTINEL2A"), (9, "SENTINEL2X"), (10, "SENTINEL2B")):
        write(tmp_path, dt.date(2018, month, 15), offset=100 * month, platform=platform, packing=packing)
    found = series(tmp_path)
    assert found.dates == (dt.date(2018, 8, 15), dt.date(2018, 9, 15), dt.date(2018, 10, 15))
    assert [piece.platform for (piece,) in found.observations] == ["SENTINEL2A", "SENTINEL2X", "SENTINEL2B"]
    assert {piece.about["orbit"] for (piece,) in found.observations} == {-1}
    assert [piece.cloud_share for (piece,) in found.observations] == [0, 0, 0]
    read = read_cube(found, ALL)
    assert read.valid.all()
    for i, month in enumerate((8, 9, 10)):
        assert read.values[i, 0].tolist() == (FINE + 100 * month).tolist()
        assert read.values[i, 1].tolist() == (COARSE + 100 * month).repeat(2, 0).repeat(2, 1).tolist()


@pytest.mark.parametrize(
    ("choice", "columns"),
    [({}, [0, 1]), ({"cloud": "summary"}, [0, 1]), ({"cloud": "none"}, [0]), ({"snow": True}, [0, 1, 2]), ({"saturation": False}, [0, 1])],
)
def test_validity_is_the_status(tmp_path, choice, columns):
    """0 is no data and 1 cloud on every date; snow, water and the reserved 5 and 6 are used."""
    write(tmp_path, flag=codes())
    found = series(tmp_path, **choice)
    assert lost(read_cube(found, ALL).valid[0]) == columns
    assert lost(read_valid(found, ALL)[0]) == columns
    assert lost(read_footprint(found, ALL)) == [0]  # clouds or not


def test_status_of_10_m_unless_all_bands_are_coarser(tmp_path):
    """Both are composed on their own: they differ."""
    coarse = np.full((4, 4), 4, np.uint8)
    coarse[0, 1] = 1
    both = masks()
    both["FLG"] = {"R1": codes(), "R2": coarse}
    write_image(tmp_path, wasp_image(Tile("T31TCJ", GRID), OCTOBER, numbers(), both))
    assert lost(read_cube(series(tmp_path), ALL).valid[0]) == [0, 1]
    found = series(tmp_path, bands=("B5", "B11"))
    assert np.argwhere(~read_cube(found, Window(0, 0, 4, 4)).valid[0]).tolist() == [[0, 1]]


def test_a_status_that_is_missing(tmp_path):
    path = write(tmp_path, flag=codes())
    file(path, "FLG_R1.tif").unlink()
    found = series(tmp_path)
    assert found.observations[0][0].warnings == ("mask FLG of 10 m is missing: that of 20 m is used",)
    assert lost(read_cube(found, ALL).valid[0]) == [0, 1]  # columns 0 and 2 of 10 m are those of 20 m: status 0, 2, 4, 6
    file(path, "FLG_R2.tif").unlink()
    (aside,) = series(tmp_path).set_aside
    assert re.search(r"E-PRD-007 .*mask FLG_R1 is missing", aside.reason)


def test_weights_and_dates_as_bands(tmp_path):
    """Numbers of 16 bits as they are: a weight of 6300 does not fit in 8 bits, and a day of 364 neither. -10000 is no observation."""
    days = np.full((8, 8), 364)
    days[0, 0], days[1, 1] = 0, -10000
    write(tmp_path, quantification=1000, DTS=days)
    found = series(tmp_path, bands=("B4", "WGT_R1", "DTS_R1", "WGT_R2"))
    read = read_cube(found, ALL)
    assert read.values[0, 0].tolist() == (np.int64(10) * FINE).clip(max=32767).tolist()
    usable = np.ones((8, 8), bool)
    usable[1, 1] = False
    assert read.valid[0].tolist() == usable.tolist()
    assert read.values[0, 1].tolist() == (100 * np.arange(64)).reshape(8, 8).tolist()
    assert read.values[0, 2][usable].tolist() == days[usable].tolist()
    assert read.values[0, 3, 0].tolist() == [1000, 1000, 1200, 1200, 1400, 1400, 1600, 1600]


def test_a_product_without_its_weights(tmp_path):
    path = write(tmp_path)
    file(path, "WGT_R1.tif").write_bytes(b"")
    assert read_cube(series(tmp_path), ALL).valid.all()
    (aside,) = series(tmp_path, bands=("B4", "WGT_R1")).set_aside
    assert re.search(r"E-PRD-006 .*expected bands B4, WGT_R1 \(FRC\), missing WGT_R1", aside.reason)


def test_without_metadata_it_is_read_by_names(tmp_path):
    write(tmp_path, described=False)
    found = series(tmp_path)
    assert found.observations[0][0].warnings == ("no metadata XML: scale, nodata and files are taken from the names",)
    assert read_cube(found, ALL).values[0, 0].tolist() == FINE.tolist()


def test_versions_and_dates(tmp_path):
    write(tmp_path, version=(1, 10))
    newer = write(tmp_path, version=(2, 1), offset=7)
    found = series(tmp_path)
    assert [piece.id for (piece,) in found.observations] == [newer.name]
    assert [entry.kind for entry in found.set_aside] == ["duplicate"]
    edit_metadata(newer, lambda text: text.replace("<ACQUISITION_DATE>2018-10-15", "<ACQUISITION_DATE>2018-09-15"))
    assert "E-PRD-004" in series(tmp_path).set_aside[0].reason


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        ({"reflectance": "SRE"}, r"E-PRD-023 .*inputs\.wasp\.reflectance: wasp-l3a has no reflectance SRE. Fix: leave it out"),
        ({"cloud": (1, 2)}, r"E-PRD-024 .*inputs\.wasp\.valid\.cloud: wasp-l3a marks clouds by a code, which has no bits. Fix: use strict"),
        ({"topographic_shadow": True}, r"E-PRD-025 .*inputs\.wasp\.valid\.topographic_shadow: wasp-l3a has no such mask"),
    ],
)
def test_what_a_synthesis_does_not_have_is_said(tmp_path, choice, reason):
    write(tmp_path)
    with pytest.raises(InputError, match=reason):
        discover(source(tmp_path, **choice), Interval())


def test_every_fault_of_a_choice_is_said_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        discover(source(tmp_path, reflectance="SRE", cloud=(1,), topographic_shadow=True), Interval())
    assert [fault.code for fault in caught.value.faults] == ["E-PRD-023", "E-PRD-024", "E-PRD-025"]


def test_a_synthesis_of_venus(tmp_path):
    """All sites of a month have one time: they are pieces of one date, not copies. 5 m onto 10 m by the mean of four."""
    for site, left, offset in (("FR-LUS", 399995, 0), ("FR-LQ1", 400035, 5000)):
        grid = GeoBox((20, 12), Affine(5, 0, left, 0, -5, 4800005), "EPSG:32631")
        rows, cols = np.mgrid[0:20, 0:12]
        bands = {band: (1000 + offset + 100 * rows + 10 * cols).astype(np.int16) for band in VENUS.default_bands}
        flag = np.full(grid.shape, 4, np.uint8)
        flag[2, 2] = 1
        parts = {"FLG": flag, "WGT": np.full(grid.shape, 2500, np.int16), "DTS": np.full(grid.shape, 37, np.int16)}
        image = venus_image(site, grid, dt.datetime(2018, 2, 7), bands)
        write_image(
            tmp_path,
            replace(image, level="L3A", images={"FRC": bands}, masks={name: {"XS": values} for name, values in parts.items()}),
        )
    chosen = replace(source(tmp_path, ("B7", "DTS_XS"), VENUS), resampling="average")
    (found,) = discover(chosen, Interval(), None, {"31TCJ": GRID}).values()
    assert [len(pieces) for pieces in found.observations] == [2]
    assert found.dates == (dt.date(2018, 2, 7),)
    read = read_cube(found, whole(GRID.shape))
    assert read.values[0, 0, 1].tolist() == [
        1365,
        1385,
        1405,
        6350,
        6365,
        6385,
        6405,
        6425,
    ]  # FR-LQ1, the first, begins half-way in pixel 3
    assert set(np.unique(read.values[0, 1][read.valid[0]])) == {37}
    assert sorted(discover(source(tmp_path, VENUS.default_bands, VENUS), Interval())) == ["FR-LQ1", "FR-LUS"]


@pytest.mark.shared
def test_real_syntheses_in_their_native_layout(tmp_path):
    """Seven real dates, delivered as stacks of ten bands, put back in the layout of the chain. The pixels are those of the stacks."""
    stacks = sorted(real("bouconne_wasp_l3a").glob("*.tif"))
    order = ("B2", "B3", "B4", "B8", "B5", "B6", "B7", "B8A", "B11", "B12")
    header = read_header(str(stacks[0]))
    size = tuple(length // 2 * 2 for length in header.geobox.shape)
    grid = GeoBox(size, header.geobox.transform, header.geobox.crs)
    wanted = []
    for path in stacks:
        day = dt.datetime.strptime(path.name.split("_")[3], "%Y%m%d").replace(tzinfo=dt.UTC).date()
        every = dict(zip(order, read_window(str(path), whole(size), list(range(1, 11)))))
        pixels = {band: values if band in GROUPS["R1"] else np.ascontiguousarray(values[::2, ::2]) for band, values in every.items()}
        status = np.where(every["B2"] == -10000, 0, 4).astype(np.uint8)
        both = {"FLG": {"R1": status, "R2": status[::2, ::2]}}
        write_image(tmp_path, wasp_image(Tile("T31TCJ", grid), day, pixels, both))
        wanted.append((day, every["B4"], pixels["B12"], status))
    found = series(tmp_path, bands=("B4", "B12"))
    assert found.dates == tuple(day for day, *_ in wanted)
    assert found.geobox == grid
    read = read_cube(found, whole(size))
    for i, (_, red, swir, status) in enumerate(wanted):
        assert np.array_equal(read.values[i, 0], np.where(red == -10000, -32768, red))
        assert np.array_equal(read.values[i, 1], swir.repeat(2, 0).repeat(2, 1))
        assert np.array_equal(read.valid[i], status == 4)
