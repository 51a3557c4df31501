import datetime as dt
import re

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.muscate import find_muscate, named
from iota_py.products.reader import read_cube
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.theia_landsat import BANDS, theia_landsat_image
from tests.products.real import real

FAMILY = load_family("theia-landsat-l2a")
TILE = GeoBox((12, 12), Affine(10, 0, 400020, 0, -10, 4800000), "EPSG:32631")  # 10 m
WIDE = GeoBox((4, 4), Affine(30, 0, 400020, 0, -30, 4800000), "EPSG:32631")
NUMBERS = (1000 + 100 * np.arange(16)).reshape(4, 4).astype(np.int16)
NOON = dt.datetime(2018, 1, 15, 10, 36, 29, 617000)


def numbers(values: np.ndarray = NUMBERS) -> dict[str, np.ndarray]:
    """Numbers of the 7 bands: each one more than the band before."""
    return {band: values + np.int16(rank) for rank, band in enumerate(BANDS)}


def write(folder, sensed=NOON, zone="T31TCJ", geobox=WIDE, masks=None, bands=None, **changes):
    return write_image(folder, theia_landsat_image(zone, geobox, sensed, bands or numbers(), masks, **changes))


def source(folder, bands=BANDS, **choice) -> Source:
    return Source("landsat", folder, FAMILY, Choice(bands, **choice))


def found(folder, frames=None, **changes):
    return discover(source(folder, **changes), Interval(), None, frames)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("LANDSAT8-OLITIRS-XS_20180115-103629-617_L2A_T31TCH_D_V1-9", "31TCH"),
        ("LANDSAT8-OLITIRS-XS_20210821-102351-515_L2A_T31TFJ_C_V2-2", "31TFJ"),
        ("LANDSAT8-OLITIRS-XS_20200510-090819-156_L2A_184-028_C_V1-0", "184-028"),
        ("LANDSAT9-OLI-XS_20220510-090819-156_L2A_TOULOUSE_C_V1-0", "TOULOUSE"),
    ],
)
def test_names(name, zone):
    match = named(name, FAMILY)
    assert (match["platform"], match["tile"]) == (name[:8], zone)
    assert named(name.replace("L2A", "N2A"), FAMILY) is None


@pytest.mark.parametrize("packing", ["folder", "tar"])
def test_a_tile_alone(tmp_path, packing):
    write(tmp_path, packing=packing)
    (series,) = found(tmp_path).values()
    assert (series.tile, series.geobox, series.bands) == ("31TCJ", WIDE, ("B1", "B2", "B3", "B4", "B5", "B6", "B7"))
    (product,) = series.observations[0]
    assert product.when.isoformat() == "2018-01-15T10:36:29.617000+00:00"
    assert product.about["orbit"] == 198
    read = read_cube(series, whole(WIDE.shape))
    assert read.valid.all()
    for rank in range(7):
        assert read.values[0, rank].tolist() == (NUMBERS + rank).tolist()
    assert FAMILY.roles == {"blue": "B2", "green": "B3", "red": "B4", "nir": "B5", "swir": "B6", "swir2": "B7"}


def test_the_scale_is_that_of_the_metadata(tmp_path):
    write(tmp_path, bands=numbers(np.arange(16, dtype=np.int16).reshape(4, 4)), quantification=1000)
    (series,) = found(tmp_path).values()
    assert read_cube(series, whole(WIDE.shape)).values[0, 6].tolist() == (10 * (np.arange(16).reshape(4, 4) + 6)).tolist()
    write(tmp_path / "second", described=False)
    reasons = [entry.reason for series in found(tmp_path / "second").values() for entry in series.set_aside]
    assert re.search(r"E-PRD-021 .*1000 in some versions and 10000 in others", " ".join(reasons))


def test_masks(tmp_path):
    clouds, edge, bright, ground = np.zeros((4, 4, 4), np.uint8)
    clouds[0, 0], clouds[0, 1], edge[1, 0], bright[2, 0], ground[3] = 2, 128, 1, 1 << 6, (4, 16, 32, 64)
    write(tmp_path, masks={"CLM": clouds, "EDG": edge, "SAT": bright, "MG2": ground})

    def lost(**choice) -> list[list[int]]:
        (series,) = found(tmp_path, **choice).values()
        return np.argwhere(~read_cube(series, whole(WIDE.shape)).valid[0]).tolist()

    assert lost() == [[0, 0], [0, 1], [1, 0], [2, 0]]
    assert lost(cloud=(1,), saturation=False, snow=True, topographic_shadow=True) == [[0, 0], [1, 0], [3, 0], [3, 1], [3, 2]]


def test_beside_sentinel2_on_a_grid_of_10_m(tmp_path):
    write(tmp_path)
    (series,) = found(tmp_path, {"31TCJ": TILE}, bands=("B4",)).values()
    assert series.geobox == TILE
    read = read_cube(series, whole(TILE.shape))
    assert read.values[0, 0].tolist() == (NUMBERS + 3).repeat(3, 0).repeat(3, 1).tolist()
    assert read.valid.all()


def test_a_product_of_an_mgrs_tile_is_of_that_tile_alone(tmp_path):
    """Tiles overlap, and a pass has one time for all of them: neither is the other's copy, and neither fills the other."""
    east = GeoBox((4, 4), WIDE.translate_pix(2, 0).transform, WIDE.crs)
    write(tmp_path)
    write(tmp_path, zone="T31TDJ", geobox=east, bands=numbers(NUMBERS + np.int16(5000)))
    by_tile = found(tmp_path, {"31TCJ": TILE, "31TDJ": GeoBox((12, 12), TILE.translate_pix(6, 0).transform, TILE.crs)}, bands=("B1",))
    assert [len(pieces) for series in by_tile.values() for pieces in series.observations] == [1, 1]
    assert [series.set_aside for series in by_tile.values()] == [(), ()]
    assert read_cube(by_tile["31TDJ"], whole(TILE.shape)).values[0, 0, 0].tolist() == (NUMBERS[0] + 5000).repeat(3).tolist()
    assert list(found(tmp_path, {"31TEJ": TILE})) == []
    assert sorted(found(tmp_path)) == ["31TCJ", "31TDJ"]


def test_a_path_and_row_lies_where_it_lies(tmp_path):
    shifted = GeoBox((4, 4), Affine(30, 0, 400035, 0, -30, 4800015), "EPSG:32631")  # 15 m off the lattice of the tile
    write(tmp_path, zone="184-028", geobox=shifted)
    assert list(found(tmp_path)) == ["184-028"]
    (series,) = found(tmp_path, {"31TCJ": TILE}, bands=("B1",)).values()
    assert series.tile == "31TCJ"
    read = read_cube(series, whole(TILE.shape))
    assert read.values[0, 0, 0, 1:].tolist() == [1000] * 3 + [1100] * 3 + [1200] * 3 + [1300] * 2
    assert read.valid[0].tolist() == [[False] + [True] * 11] * 10 + [[False] * 12] * 2  # a centre on an edge is in the pixel after it


def test_the_first_theia_products_are_set_aside(tmp_path):
    name = "LANDSAT8_OLITIRS_XS_20160330_N2A_France-MetropoleD0005H0003"
    (tmp_path / name).mkdir()
    good = write(tmp_path)
    by_tile = found(tmp_path)
    assert [piece.id for (piece,) in by_tile["31TCJ"].observations] == [good.name]
    (entry,) = by_tile["D0005H0003"].set_aside
    assert (entry.id, entry.platform, entry.kind, entry.when.isoformat()) == (name, "LANDSAT8", "bad", "2016-03-30T00:00:00+00:00")
    assert re.search(r"E-PRD-022 .*level N2A .* is not read\. Fix: download the L2A product", entry.reason)


@pytest.mark.shared
def test_real_products_of_the_first_format_are_set_aside():
    entries = find_muscate(source(real("native_products") / "theia_landsat8_n2a_50x50"))
    assert [(entry.tile, entry.when.date().isoformat()) for entry in entries] == [
        (tile, day) for tile in ("D0005H0002", "D0005H0003") for day in ("2016-03-30", "2016-04-15")
    ]
    assert all("E-PRD-022" in entry.reason for entry in entries)
