import datetime as dt
import json

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window, whole
from iota_py.io.publish import json_text
from iota_py.io.raster import write_raster
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.product import series_document, series_from_document
from iota_py.products.rasterseries import MaskFiles, SeriesLayout, find_series, name_pattern
from iota_py.products.reader import read_cube, read_footprint, read_valid
from iota_py.products.source import Choice, Interval, Source

ALL = Window(0, 0, 2, 3)


def put(path, values, step: float = 10.0, left: float = 400000.0, **options) -> None:
    values = np.asarray(values)
    bands = values if values.ndim == 3 else values[None]
    box = GeoBox(bands.shape[1:], Affine(step, 0, left, 0, -step, 4800000), "EPSG:32631")
    write_raster(path, box, values.dtype.name, [(whole(box.shape), bands)], count=len(bands), options=options)


def layout(pattern: str = "S_{date}.tif", bands=None, **changes) -> SeriesLayout:
    values = {"tile": "tile", "scale": 1.0, "nodata": None, "valid_range": None, "masks": (), **changes}
    return SeriesLayout(pattern=pattern, bands=bands or {"red": 1}, **values)


def source(folder, chosen: SeriesLayout) -> Source:
    return Source("own", folder, load_family("raster-series"), Choice(tuple(chosen.bands)), options={"layout": chosen})


def series(folder, chosen: SeriesLayout, interval: Interval | None = None):
    return discover(source(folder, chosen), interval or Interval(), None)


def one(folder, chosen: SeriesLayout):
    (found,) = series(folder, chosen).values()
    return found


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("S_{date}.tif", "S_20230704.tif", {"date": "20230704"}),
        ("S_{date}.tif", "S_2023-07-04.tif", {"date": "2023-07-04"}),
        ("S_{date}.tif", "S_20230704.tiff", None),
        ("S_{date}.tif", "XS_20230704.tif", None),
        ("S.{date}.tif", "Sx20230704.tif", None),
        ("*_{date}.tif", "any_thing_20230704.tif", {"date": "20230704"}),
        (
            "{tile}_{date}T{time}_{band}.tif",
            "31TCJ_20230704T105851_B4.tif",
            {"tile": "31TCJ", "date": "20230704", "time": "105851", "band": "B4"},
        ),
        ("a+b({date}).tif", "a+b(20230704).tif", {"date": "20230704"}),
    ],
)
def test_patterns(pattern, name, found):
    match = name_pattern(pattern).match(name)
    assert (match and match.groupdict()) == found


def test_bands_of_one_file(tmp_path):
    first, second = np.arange(6, dtype=np.int16).reshape(2, 3), 10 + np.arange(6, dtype=np.int16).reshape(2, 3)
    put(tmp_path / "S_2023-02-01.tif", np.stack([second, first]))
    put(tmp_path / "S_2023-01-15.tif", np.stack([first, second]))
    put(tmp_path / "T_2023-01-15.tif", np.stack([first, second]))
    put(tmp_path / "S_2023-02-30.tif", np.stack([first, second]))  # no such day: not a date
    found = one(tmp_path, layout(bands={"nir": 2, "red": 1}))
    assert found.dates == (dt.date(2023, 1, 15), dt.date(2023, 2, 1))
    assert (found.tile, found.bands) == ("tile", ("nir", "red"))
    cube = read_cube(found, ALL)
    assert cube.values[0].tolist() == [second.tolist(), first.tolist()]
    assert cube.values[1].tolist() == [first.tolist(), second.tolist()]
    assert cube.valid.all()


def test_a_file_for_each_band(tmp_path):
    for band, value in (("B4", 4), ("B8", 8), ("QA", 9)):
        put(tmp_path / f"31TCJ_20230704_{band}.tif", np.full((2, 3), value, np.int16))
        put(tmp_path / f"31TDJ_20230704_{band}.tif", np.full((2, 3), 10 * value, np.int16), left=500000)
    found = series(tmp_path, layout("{tile}_{date}_{band}.tif", {"B8": 1, "B4": 1}))
    assert list(found) == ["31TCJ", "31TDJ"]
    assert read_cube(found["31TCJ"], ALL).values[0, :, 0, 0].tolist() == [8, 4]
    assert read_cube(found["31TDJ"], ALL).values[0, :, 0, 0].tolist() == [80, 40]


def test_times_of_a_day(tmp_path):
    for time in ("105851", "105900", "133000"):
        put(tmp_path / f"S_20230704T{time}.tif", np.zeros((2, 3), np.int16))
    found = one(tmp_path, layout("S_{date}T{time}.tif"))
    assert [[f"{p.when:%H%M%S}" for p in group] for group in found.observations] == [["105851", "105900"], ["133000"]]


def test_scale_and_rounding(tmp_path):
    put(tmp_path / "S_20230704.tif", np.array([[0.25, 0.75, 1.25], [-0.1, 20000, -20000]], np.float64))
    cube = read_cube(one(tmp_path, layout(scale=2.0)), ALL)
    assert cube.values[0, 0].tolist() == [[0, 2, 2], [0, 32767, -32767]]  # half to even, then cut to 16 bits
    assert cube.valid.all()


@pytest.mark.parametrize(
    ("values", "changes", "lost"),
    [
        (np.array([[0.5, np.nan, np.inf]] * 2), {"nodata": float("nan")}, [False, True, True]),
        (np.array([[0.5, np.nan, -np.inf]] * 2), {}, [False, True, True]),
        (np.array([[5, -3000, 7]] * 2, np.int16), {"nodata": -3000.0}, [False, True, False]),
        (np.array([[5, 65535, 7]] * 2, np.uint16), {"nodata": 65535.0}, [False, True, False]),
        (np.array([[5, 0, 7]] * 2, np.uint8), {"nodata": -9999.0}, [False, False, False]),
        (np.array([[-2, 0, 300]] * 2, np.int16), {"valid_range": (0.0, float("inf"))}, [True, False, False]),
        (np.array([[-2, 0, 300]] * 2, np.int16), {"valid_range": (float("-inf"), 299.5)}, [False, False, True]),
        (np.array([[-2, 0, 300]] * 2, np.int16), {"valid_range": (-2.0, 300.0)}, [False, False, False]),
    ],
)
def test_missing_and_unusable_numbers(tmp_path, values, changes, lost):
    put(tmp_path / "S_20230704.tif", values)
    found = one(tmp_path, layout(**changes))
    copy = series_from_document(json.loads(json_text(series_document(found))))
    for each in (found, copy):
        cube = read_cube(each, ALL)
        assert (~cube.valid[0, 0]).tolist() == lost
        assert cube.values[0, 0][cube.valid[0]].tolist() == np.rint(values[cube.valid[0]]).tolist()
        assert np.array_equal(read_valid(each, ALL), cube.valid)
        assert (~read_footprint(each, ALL)[0]).tolist() == lost


def test_nodata_that_the_file_says(tmp_path):
    put(tmp_path / "S_20230704.tif", np.array([[1, 2, 3]] * 2, np.int16), nodata=2)
    assert read_cube(one(tmp_path, layout(nodata=3.0)), ALL).valid[0, 0].tolist() == [True, False, False]


def masked(tmp_path, mask, **changes):
    put(tmp_path / "S_20230704.tif", np.zeros((2, 3), np.int16))
    put(tmp_path / "masks" / "M_20230704.tif", mask)
    values = {"folder": tmp_path / "masks", "pattern": "M_{date}.tif", "band": 1, "values": (), "bits": 0, **changes}
    return one(tmp_path, layout(masks=(MaskFiles(**values),)))


def test_masks_by_values(tmp_path):
    found = masked(tmp_path, np.array([[0, 3, 255], [1, 2, 3]], np.uint8), values=(3, 255))
    assert read_cube(found, ALL).valid[0].tolist() == [[True, False, False], [True, True, False]]


def test_masks_by_values_may_be_of_floating_point(tmp_path):
    found = masked(tmp_path, np.array([[0, 1, 0], [1, 0, 1]], np.float32), values=(1,))
    assert read_cube(found, ALL).valid[0].tolist() == [[True, False, True], [False, True, False]]


def test_masks_by_bits(tmp_path):
    found = masked(tmp_path, np.array([[0, 1, 2], [4, 8, 1024]], np.uint16), bits=0b10000001001)  # bits 0, 3 and 10
    assert read_cube(found, ALL).valid[0].tolist() == [[True, False, True], [True, False, False]]


def test_a_band_of_a_mask_file(tmp_path):
    mask = np.stack([np.zeros((2, 3), np.uint8), np.array([[1, 0, 0], [0, 0, 1]], np.uint8)])
    found = masked(tmp_path, mask, band=2, values=(1,))
    assert read_cube(found, ALL).valid[0].tolist() == [[False, True, True], [True, True, False]]


def test_several_masks(tmp_path):
    put(tmp_path / "S_20230704.tif", np.zeros((2, 3), np.int16))
    put(tmp_path / "cloud_20230704.tif", np.array([[1, 0, 0]] * 2, np.uint8))
    put(tmp_path / "snow_20230704.tif", np.array([[0, 0, 5]] * 2, np.uint8))
    masks = (MaskFiles(tmp_path, "cloud_{date}.tif", 1, (), 1), MaskFiles(tmp_path, "snow_{date}.tif", 1, (5,), 0))
    assert read_cube(one(tmp_path, layout(masks=masks)), ALL).valid[0, 0].tolist() == [False, True, False]


def test_a_date_without_its_mask_is_set_aside(tmp_path):
    put(tmp_path / "S_20230709.tif", np.zeros((2, 3), np.int16))
    found = masked(tmp_path, np.zeros((2, 3), np.uint8), values=(1,))
    assert found.dates == (dt.date(2023, 7, 4),)
    (aside,) = found.set_aside
    assert (aside.id, aside.kind) == ("own_tile_20230709T000000", "bad")
    assert "E-PRD-007" in aside.reason
    assert "M_{date}.tif: no mask for 2023-07-09T00:00:00 of tile tile" in aside.reason


def test_a_date_without_a_band_is_set_aside(tmp_path):
    put(tmp_path / "20230704_B4.tif", np.zeros((2, 3), np.int16))
    put(tmp_path / "20230704_B8.tif", np.zeros((2, 3), np.int16))
    put(tmp_path / "20230709_B8.tif", np.zeros((2, 3), np.int16))
    found = one(tmp_path, layout("{date}_{band}.tif", {"B4": 1, "B8": 1}))
    assert found.dates == (dt.date(2023, 7, 4),)
    assert "E-PRD-006" in found.set_aside[0].reason
    assert "band B4 of 2023-07-09 has no file" in found.set_aside[0].reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: put(path, np.zeros((3, 3), np.int16)), "its grid 3 × 3 pixels of 10"),
        (lambda path: put(path, np.zeros((2, 3), np.int16), left=400005.0), "is not that of the tile"),
        (lambda path: path.write_bytes(b"not a raster"), "E-RAS-002"),
    ],
)
def test_a_date_that_is_unlike_the_others_is_set_aside(tmp_path, change, reason):
    for day in (4, 9, 14):
        put(tmp_path / f"S_202307{day:02d}.tif", np.zeros((2, 3), np.int16))
    change(tmp_path / "S_20230704.tif")
    found = one(tmp_path, layout())
    assert found.dates == (dt.date(2023, 7, 9), dt.date(2023, 7, 14))
    assert reason in found.set_aside[0].reason


def test_a_band_number_that_the_file_has_not(tmp_path):
    put(tmp_path / "S_20230704.tif", np.zeros((2, 2, 3), np.int16))
    found = one(tmp_path, layout(bands={"red": 1, "nir": 3}))
    assert found.observations == ()
    assert "E-PRD-016" in found.set_aside[0].reason
    assert "expected a band 3, the file has 2" in found.set_aside[0].reason


def test_two_files_of_one_date_are_a_fault_of_the_pattern(tmp_path):
    for kind in ("EVI", "NDVI"):
        put(tmp_path / f"{kind}_20230704.tif", np.zeros((2, 3), np.int16))
    with pytest.raises(
        InputError, match=r"E-PRD-008 .*EVI_20230704\.tif and NDVI_20230704\.tif are of one date and band. Fix: make the pattern"
    ):
        series(tmp_path, layout("*_{date}.tif"))


def test_folders_that_are_missing_or_hold_nothing(tmp_path):
    put(tmp_path / "S_20230704.tif", np.zeros((2, 3), np.int16))
    masks = (MaskFiles(tmp_path / "nowhere", "M_{date}.tif", 1, (1,), 0),)
    with pytest.raises(InputError, match=r"E-PRD-002 .*nowhere: M_\{date\}\.tif: no such folder"):
        series(tmp_path, layout(masks=masks))
    with pytest.raises(InputError, match=r"E-PRD-009 .*looked for X_\{date\}\.tif"):
        series(tmp_path, layout("X_{date}.tif"))
    assert find_series(source(tmp_path, layout("X_{date}.tif"))) == []


def test_a_coarser_band_beside_a_finer_one(tmp_path):
    put(tmp_path / "20230704_fine.tif", np.arange(24, dtype=np.int16).reshape(4, 6))
    put(tmp_path / "20230704_coarse.tif", np.array([[1, 2, 3], [4, 5, 6]], np.int16), 20.0)
    found = one(tmp_path, layout("{date}_{band}.tif", {"coarse": 1, "fine": 1}))
    cube = read_cube(found, Window(1, 1, 2, 4))
    assert cube.values[0, 0].tolist() == [[1, 2, 2, 3], [4, 5, 5, 6]]
    assert cube.values[0, 1].tolist() == [[7, 8, 9, 10], [13, 14, 15, 16]]
