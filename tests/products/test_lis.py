import datetime as dt
import json
import re
import zipfile

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window
from iota_py.io.publish import json_text
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.lis import mask_snow
from iota_py.products.product import series_document, series_from_document
from iota_py.products.reader import read_cube, read_footprint, read_valid
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.snow import write_copernicus_snow, write_snow_fraction, write_snow_mask
from tests.products.small import ALL, at, series, write

FAMILY = load_family("lis-l2b")
GRID = GeoBox((2, 4), Affine(20, 0, 400000, 0, -20, 4800000), "EPSG:32631")
WHOLE = Window(0, 0, 2, 4)
NOON = dt.datetime(2023, 7, 4, 10, 58, 51, tzinfo=dt.UTC)
MASK = [[0, 100, 205, 254], [255, 100, 0, 0]]
SEEN = [[True, True, False, False], [False, True, True, True]]
PERCENT = [[0, 1, 50, 100], [205, 255, 51, 254]]


def source(folder, bands=("snow",), **options) -> Source:
    return Source("snow", folder, FAMILY, Choice(bands), options=options)


def single(folder, bands=("snow",), **options):
    (found,) = discover(source(folder, bands, **options), Interval()).values()
    return found


def pack(folder):
    """Put a folder in an archive of its name, and remove it."""
    path = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{folder.name}/{file.name}")
            file.unlink()
    folder.rmdir()
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SENTINEL2A_20160912-103551-370_L2B-SNOW_T32TLS_D_V1-0_SNW_R2.tif", ("32TLS", "20160912", "103551", "1-0", "SNW")),
        ("LANDSAT8-OLITIRS-XS_20180115-103629-617_L2B-SNOW_T31TCH_C_V2-1_SNW_XS.tif", ("31TCH", "20180115", "103629", "2-1", "SNW")),
        ("SENTINEL2B_20180828-103013-461_L2B-SNOW_T31TGL_D_SNW_R2.tif", ("31TGL", "20180828", "103013", None, "SNW")),
        ("LIS_S2-SNOW-FSC_T11UNT_20170704T185934_1-10_01.tif", ("11UNT", "20170704", "185934", "1-10_01", "FSC")),
        ("LIS_S2-SNOW-FSC-TOC_T31TCH_20180101T105435_1.7.0_1.tif", ("31TCH", "20180101", "105435", "1.7.0_1", "FSC-TOC")),
        ("LIS_L8-SNOW-MSK_T31TCH_20210910_1.8_001.tif", ("31TCH", "20210910", None, "1.8_001", "MSK")),
        ("FSC_20200612T110855_S2A_T31TCJ_V100_1_FSCOG.tif", ("31TCJ", "20200612", "110855", "100_1", "FSCOG")),
        ("CLMS_WSI_FSC_020m_T32TNS_20211018T103021_S2A_V100_FSCOG.tif", ("32TNS", "20211018", "103021", "100", "FSCOG")),
    ],
)
def test_names(name, said):
    (match,) = [m for pattern in FAMILY.options["rasters"] if (m := re.match(pattern, name))]
    assert tuple(match[group] for group in ("tile", "date", "time", "version", "layer")) == said


@pytest.mark.parametrize(
    "name",
    [
        "LIS_S2-SNOW-FSC-QCFLAGS_T31TCH_20180101T105435_1.7.0_1.tif",
        "LIS_S2-SNOW-FSC_T31TCH_20180101T105435_1.7.0_1.xml",
        "FSC_20200612T110855_S2A_T31TCJ_V100_1_QCOG.tif",
        "SENTINEL2A_20160912-103551-370_L2B-SNOW_T32TLS_D_V1-0_CMP_R2.tif",
        "SENTINEL2A_20160912-103551-370_L2A_T32TLS_D_V1-0_SNW_R2.tif",
    ],
)
def test_names_of_other_things(name):
    assert not any(re.match(pattern, name) for pattern in FAMILY.options["rasters"])


def test_masks_of_muscate(tmp_path):
    write_snow_mask(tmp_path, "31TCJ", GRID, NOON, MASK)
    found = single(tmp_path)
    assert (found.tile, found.kind, found.bands) == ("31TCJ", "snow", ("snow",))
    product = found.observations[0][0]
    assert (product.id, product.platform) == ("SENTINEL2A_20230704-105851-000_L2B-SNOW_T31TCJ_C_V1-0_SNW_R2", "S2")
    assert (product.when, product.version, product.warnings) == (NOON, (1, 0), ())
    cube = read_cube(found, WHOLE)
    assert cube.valid[0].tolist() == SEEN
    assert cube.values[0, 0][cube.valid[0]].tolist() == [0, 1, 1, 0, 0]
    assert np.array_equal(read_valid(found, WHOLE), cube.valid)
    assert read_footprint(found, WHOLE).tolist() == SEEN


def test_sentinel_and_landsat_make_one_series_on_the_grid_of_a_tile(tmp_path):
    """20 m and 30 m: each is looked up by nearest neighbour."""
    write_snow_mask(tmp_path, "31TCJ", GRID, NOON, MASK)
    coarse = GeoBox((2, 3), Affine(30, 0, 400000, 0, -30, 4800000), "EPSG:32631")
    write_snow_mask(tmp_path, "31TCJ", coarse, NOON + dt.timedelta(days=3), [[0, 100, 0], [0, 0, 0]], platform="LANDSAT8-OLITIRS-XS")
    frame = GeoBox((4, 8), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
    (found,) = discover(source(tmp_path), Interval(), None, {"31TCJ": frame}).values()
    assert (len(found.observations), found.set_aside) == (2, ())
    cube = read_cube(found, Window(0, 0, 4, 8))
    assert cube.values[1, 0].tolist() == [[0, 0, 0, 1, 1, 1, 0, 0]] * 3 + [[0] * 8]
    assert cube.valid[0].tolist() == np.repeat(np.repeat(SEEN, 2, 0), 2, 1).tolist()


@pytest.mark.parametrize(
    ("threshold", "snow"),
    [(None, [0, 1, 1, 1, 1]), (1, [0, 1, 1, 1, 1]), (50, [0, 0, 1, 1, 1]), (51, [0, 0, 0, 1, 1]), (100, [0, 0, 0, 1, 0])],
)
def test_fractions_of_lis(tmp_path, threshold, snow):
    write_snow_fraction(tmp_path, "31TCJ", GRID, NOON, PERCENT)
    found = single(tmp_path, ("snow", "fsc"), threshold=threshold)
    cube = read_cube(found, WHOLE)
    assert cube.valid[0].tolist() == [[True] * 4, [False, False, True, False]]
    assert cube.values[0, 0][cube.valid[0]].tolist() == snow
    assert cube.values[0, 1][cube.valid[0]].tolist() == [0, 1, 50, 100, 51]
    assert found.observations[0][0].version == (1, 11, 0, 1)


def test_fractions_of_copernicus(tmp_path):
    write_copernicus_snow(tmp_path, "31TCJ", GRID, NOON, {"FSCTOC": [[7] * 4] * 2, "FSCOG": PERCENT})
    found = single(tmp_path, ("fsc",))
    assert read_cube(found, WHOLE).values[0, 0, 0].tolist() == [0, 1, 50, 100]
    assert found.observations[0][0].warnings == ()


def test_fractions_above_the_trees_where_there_are_no_others(tmp_path):
    write_snow_fraction(tmp_path, "31TCJ", GRID, NOON, PERCENT, layer="FSC-TOC")
    (found,) = single(tmp_path, ("fsc",)).observations[0]
    assert found.warnings == ("fractions seen from above the trees",)


def test_a_mask_has_no_fraction(tmp_path):
    write_snow_mask(tmp_path, "31TCJ", GRID, NOON, MASK)
    write_snow_fraction(tmp_path, "31TCJ", GRID, NOON + dt.timedelta(5), PERCENT)
    found = single(tmp_path, ("snow", "fsc"))
    assert found.dates == (dt.date(2023, 7, 9),)
    (aside,) = found.set_aside
    assert aside.kind == "bad"
    assert "E-PRD-006" in aside.reason
    assert "leave `fsc` out of `bands`" in aside.reason


@pytest.mark.parametrize("write_one", [write_snow_mask, lambda *a: write_copernicus_snow(*a[:4], {"FSCOG": a[4]})])
def test_archives(tmp_path, write_one):
    archive = pack(write_one(tmp_path, "31TCJ", GRID, NOON, MASK))
    found = single(tmp_path)
    assert read_cube(found, WHOLE).valid[0].tolist() == SEEN
    assert found.observations[0][0].fingerprint[0][0] == str(archive)


def test_an_archive_whose_inside_has_another_letter(tmp_path):
    """As one real product: the archive says D, what it holds says C."""
    archive = pack(write_snow_mask(tmp_path, "31TCJ", GRID, NOON, MASK))
    archive.rename(archive.with_name(archive.name.replace("_C_V1-0", "_D")))
    assert single(tmp_path).observations[0][0].id == "SENTINEL2A_20230704-105851-000_L2B-SNOW_T31TCJ_C_V1-0_SNW_R2"


def test_a_folder_of_each_tile_and_an_archive_in_a_folder(tmp_path):
    write_snow_mask(tmp_path / "31TCJ", "31TCJ", GRID, NOON, MASK)
    inner = pack(write_snow_mask(tmp_path / "31TDJ", "31TDJ", GRID, NOON, MASK))
    folder = inner.with_suffix("")
    folder.mkdir()
    inner.rename(folder / inner.name)
    found = discover(source(tmp_path), Interval())
    assert {tile: (len(s.observations), s.set_aside) for tile, s in found.items()} == {"31TCJ": (1, ()), "31TDJ": (1, ())}


def test_products_that_cannot_be_used(tmp_path):
    write_snow_mask(tmp_path, "31TCJ", GRID, NOON, MASK)
    empty = write_snow_mask(tmp_path, "31TCJ", GRID, NOON + dt.timedelta(5), MASK)
    next(empty.iterdir()).unlink()
    damaged = pack(write_snow_mask(tmp_path, "31TCJ", GRID, NOON + dt.timedelta(10), MASK))
    damaged.write_bytes(damaged.read_bytes()[:100])
    (tmp_path / "other.zip").write_bytes(b"nothing of ours")
    found = single(tmp_path)
    assert found.dates == (NOON.date(),)
    assert [(s.id, s.kind, s.platform, s.reason.split()[0]) for s in found.set_aside] == [
        (empty.name, "bad", "S2", "E-PRD-045"),
        (damaged.stem, "bad", "S2", "E-ZIP-001"),
    ]
    assert "holds no raster of LIS snow cover (L2B)" in found.set_aside[0].reason


def test_a_day_that_does_not_exist(tmp_path):
    path = write_snow_fraction(tmp_path, "31TCJ", GRID, NOON, PERCENT)
    path.rename(path.with_name(path.name.replace("20230704", "20230732")))
    with pytest.raises(InputError, match=r"E-PRD-009 .*looked for LIS snow cover \(L2B\)"):
        single(tmp_path)


def test_one_acquisition_in_two_namings_is_used_once(tmp_path):
    write_snow_mask(tmp_path, "31TCJ", GRID, NOON, MASK)
    write_snow_fraction(tmp_path, "31TCJ", GRID, NOON, PERCENT)
    found = single(tmp_path)
    assert [p.version for (p,) in found.observations] == [(1, 11, 0, 1)]
    assert [s.kind for s in found.set_aside] == ["duplicate"]


def test_versions_compare_as_numbers(tmp_path):
    for version in ("1.9.0_1", "1.10.0_1", "1.10.0_02"):
        write_snow_fraction(tmp_path, "31TCJ", GRID, NOON, PERCENT, version=version)
    found = single(tmp_path)
    assert [p.version for (p,) in found.observations] == [(1, 10, 0, 2)]
    assert [s.reason for s in found.set_aside] == ["older version than LIS_S2-SNOW-FSC_T31TCJ_20230704T105851_1.10.0_02"] * 2


def test_pieces_of_a_pass_complete_each_other(tmp_path):
    write_snow_fraction(tmp_path, "31TCJ", GRID, NOON, [[205, 205, 0, 0]] * 2)
    write_snow_fraction(tmp_path, "31TCJ", GRID, NOON + dt.timedelta(seconds=20), [[100, 205, 100, 205]] * 2)
    cube = read_cube(single(tmp_path), WHOLE)
    assert cube.valid[0].tolist() == [[True, False, True, True]] * 2
    assert cube.values[0, 0][cube.valid[0]].tolist() == [1, 0, 0] * 2


# ---- what snow forbids in other series: tiles of 8 × 8 pixels of 10 m, snow of 20 m over their left half ------------------------------

HALF = GeoBox((4, 2), Affine(20, 0, 400000, 0, -20, 4800000), "EPSG:32631")
CODES = [[100, 0], [40, 205], [0, 255], [0, 0]]
SNOWY = at(*[(row, col) for row in range(4) for col in range(2)])  # of CODES: the first two rows of the first column, 10 m pixels


def snow_series(folder, codes=CODES, days: int = 0, geobox=HALF, **options):
    write_snow_fraction(folder, "31TCJ", geobox, NOON + dt.timedelta(days, seconds=7), codes)
    return single(folder, **options)


def test_snow_is_forbidden_where_it_was_seen_and_nowhere_else(tmp_path):
    write(tmp_path / "s2")
    found = mask_snow(series(tmp_path / "s2"), snow_series(tmp_path / "snow"))
    copy = series_from_document(json.loads(json_text(series_document(found))))
    for each in (found, copy):
        assert read_cube(each, ALL).valid[0].tolist() == (~SNOWY).tolist()
        assert read_valid(each, ALL).shape == (1, 8, 8)
        assert read_footprint(each, ALL).all()
        part = Window(2, 1, 3, 4)
        assert read_cube(each, part).valid[0].tolist() == (~SNOWY)[part.slices].tolist()
        assert read_cube(each, Window(0, 4, 8, 4)).valid.all()  # the snow product has no pixel under this window
    assert found.observations[0][0].stamp != series(tmp_path / "s2").observations[0][0].stamp


def test_thresholds_of_the_snow_that_is_forbidden(tmp_path):
    write(tmp_path / "s2")
    snow = snow_series(tmp_path / "snow")  # of 40 and of 100 percent: a pixel of 20 m each
    for least, count in ((1, 8), (40, 8), (41, 4), (100, 4)):
        for one in (snow, single(tmp_path / "snow", ("fsc",))):
            assert (~read_cube(mask_snow(series(tmp_path / "s2"), one, least), ALL).valid[0]).sum() == count


def test_snow_far_away_forbids_nothing(tmp_path):
    write(tmp_path / "s2")
    away = GeoBox((4, 2), Affine(20, 0, 700000, 0, -20, 4800000), "EPSG:32631")
    found = mask_snow(series(tmp_path / "s2"), snow_series(tmp_path / "snow", geobox=away))
    assert [len(p.masks) for (p,) in found.observations] == [len(p.masks) + 1 for (p,) in series(tmp_path / "s2").observations]
    assert read_cube(found, ALL).valid.tolist() == [[[True] * 8] * 8]


def test_snow_in_another_system(tmp_path):
    write(tmp_path / "s2")
    wide = GeoBox.from_bbox((1.7, 43.3, 1.8, 43.4), "EPSG:4326", resolution=0.001)
    found = mask_snow(series(tmp_path / "s2"), snow_series(tmp_path / "snow", np.full(wide.shape, 100), geobox=wide))
    assert read_cube(found, ALL).valid.tolist() == [[[False] * 8] * 8]


def test_days_without_snow_product(tmp_path):
    write(tmp_path / "s2")
    found = mask_snow(series(tmp_path / "s2"), snow_series(tmp_path / "snow", days=1))
    assert read_cube(found, ALL).valid.tolist() == [[[True] * 8] * 8]
    assert found.observations[0][0].warnings == ("no snow product of this day: snow is not masked",)


def test_two_snow_products_of_a_day_both_forbid(tmp_path):
    write(tmp_path / "s2")
    write_snow_fraction(tmp_path / "snow", "31TCJ", HALF, NOON + dt.timedelta(hours=1), [[0, 0], [0, 0], [0, 0], [0, 100]])
    found = mask_snow(series(tmp_path / "s2"), snow_series(tmp_path / "snow"))
    assert read_cube(found, ALL).valid[0].tolist() == (~(SNOWY | at((6, 2), (6, 3), (7, 2), (7, 3)))).tolist()
