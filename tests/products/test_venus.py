import datetime as dt
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.grid.windows import Window, split, whole
from iota_py.io.publish import json_text
from iota_py.io.raster import read_window, write_raster
from iota_py.products.discovery import discover
from iota_py.products.family import load_family
from iota_py.products.muscate import named
from iota_py.products.product import series_document, series_from_document
from iota_py.products.rasterseries import MaskFiles, SeriesLayout
from iota_py.products.reader import read_cube, read_valid
from iota_py.products.source import Choice, Interval, Source
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.venus import BANDS, venus_image
from tests.products.small import GRID, assert_same, edit_metadata, file, packed, rewrite

FAMILY = load_family("theia-venus-l2a")
SITE = GeoBox((10, 12), Affine(5, 0, 399995, 0, -5, 4800005), "EPSG:32631")  # a multiple of 5 m, but not of 10 m
ROWS, COLS = np.mgrid[0:10, 0:12]
NUMBERS = (1000 + 100 * ROWS + 10 * COLS).astype(np.int16)
NOON = dt.datetime(2020, 9, 23, 10, 53, 25)
DAY = dt.timedelta(days=1)


def numbers(**changes) -> dict[str, np.ndarray]:
    """Numbers of the 12 bands: each one more than the band before."""
    return {band: changes.get(band, NUMBERS + np.int16(rank)) for rank, band in enumerate(BANDS)}


def write(folder, sensed=NOON, site="SUDOUE-1", geobox=SITE, masks=None, bands=None, **changes):
    return write_image(folder, venus_image(site, geobox, sensed, bands or numbers(), masks, **changes))


def mask(*places: tuple[int, int, int], dtype: str = "uint8") -> np.ndarray:
    """A mask with numbers at (row, col, number)."""
    values = np.zeros(SITE.shape, dtype)
    for row, col, number in places:
        values[row, col] = number
    return values


def source(folder, bands=FAMILY.default_bands, resampling="average", resolution=None, **choice) -> Source:
    return Source("venus", folder, FAMILY, Choice(bands, **choice), resampling=resampling, resolution=resolution)


def series(folder, frames=None, **changes):
    (found,) = discover(source(folder, **changes), Interval(), None, frames).values()
    return found


def cube(folder, **changes):
    found = series(folder, **changes)
    return read_cube(found, whole(found.geobox.shape))


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("VENUS-XS_20200923-105325-000_L2A_SUDOUE-1_C_V3-1", "SUDOUE-1"),
        ("VENUS-XS_20190428-173944-000_L2A_ARM_D_V2-15", "ARM"),
        ("VENUS-XS_20180212-105550-000_L2A_25MAYO_C_V1-0", "25MAYO"),
        ("VENUS-XS_20180212-105550-000_L2A_ASP-CS1_D", "ASP-CS1"),
    ],
)
def test_names(name, site):
    match = named(name, FAMILY)
    assert (match["platform"], match["tile"]) == ("VENUS", site)
    for other in ("VENUS_20180707-182652-000_L2A_DESIP2_D_V1-0", name.replace("L2A", "L3A"), name.replace("-XS", "-PAN"), f"{name}_FRE_B1"):
        assert named(other, FAMILY) is None


def test_bands_of_the_family():
    assert FAMILY.default_bands == ("B1", "B2", "B3", "B4", "B5", "B7", "B8", "B9", "B10", "B11")  # not B6, B5 again, nor B12, water vapour
    assert FAMILY.roles == {"blue": "B3", "green": "B4", "red": "B7", "nir": "B11"}
    assert (FAMILY.zone, FAMILY.options["resampling"], FAMILY.options["indices"]) == ("scene", "average", ["NDVI", "BRIGHTNESS"])


@pytest.mark.parametrize("packing", ["folder", "zip", "tar"])
def test_alone_a_site_is_a_tile_on_its_own_lattice(tmp_path, packing):
    path = write(tmp_path, packing=packing)
    found = series(tmp_path)
    assert (found.tile, found.geobox, found.set_aside) == ("SUDOUE-1", SITE, ())
    (read,) = found.observations[0]
    assert (read.id, read.platform, read.version, read.cloud_share) == (path.name.removesuffix(f".{packing}"), "VENUS", (3, 1), 0)
    assert read.when.isoformat() == "2020-09-23T10:53:25+00:00"
    assert read.about["view_zenith"] == pytest.approx(12.825)  # of the four detectors
    assert read.about["sun_zenith"] == pytest.approx(41.5)
    values = cube(tmp_path)
    assert values.valid.all()
    for rank, band in enumerate(FAMILY.default_bands):
        assert values.values[0, rank].tolist() == (NUMBERS + BANDS.index(band)).tolist()


def test_all_twelve_bands(tmp_path):
    write(tmp_path)
    read = cube(tmp_path, bands=BANDS)
    assert read.values[0, :, 0, 0].tolist() == list(range(1000, 1012))


@pytest.mark.parametrize(("quantification", "scale"), [(1000, 10), (10000, 1)])
def test_the_scale_is_that_of_the_metadata(tmp_path, quantification, scale):
    write(tmp_path, quantification=quantification)
    found = series(tmp_path, bands=("B7",))
    assert found.observations[0][0].bands["B7"].scale == scale
    read = cube(tmp_path, bands=("B7",))
    usable = 20000 / scale >= NUMBERS + 6  # a reflectance of 2
    assert read.valid[0].tolist() == usable.tolist()
    assert read.values[0, 0][usable].tolist() == ((NUMBERS + 6)[usable] * scale).tolist()


def test_without_metadata_the_scale_is_not_known(tmp_path):
    write(tmp_path, described=False)
    write(tmp_path, NOON + DAY, quantification=None)
    good = write(tmp_path, NOON + 2 * DAY)
    found = series(tmp_path)
    assert [piece.id for (piece,) in found.observations] == [good.name]
    first, second = (entry.reason for entry in found.set_aside)
    assert re.search(r"E-PRD-021 .*no metadata XML, and the scale is 1000 in some versions and 10000 in others", first)
    assert re.search(r"E-PRD-021 .*the metadata do not say the scale, which is 1000 in some", second)


def test_nodata_comes_from_the_metadata(tmp_path):
    one = NUMBERS.copy()
    one[2, 3], one[4, 5] = -10000, -999
    path = write(tmp_path, bands=numbers(B7=one))
    assert np.argwhere(~cube(tmp_path).valid[0]).tolist() == [[2, 3]]
    edit_metadata(path, lambda text: text.replace('name="nodata">-10000', 'name="nodata">-999'))
    assert np.argwhere(~cube(tmp_path).valid[0]).tolist() == [[4, 5]]


def test_masks(tmp_path):
    """The mask of saturation has 16 bits: B12 is bit 11."""
    write(
        tmp_path,
        masks={
            "CLM": mask((0, 0, 1), (0, 1, 128)),
            "EDG": mask((1, 0, 1)),
            "SAT": mask((2, 0, 1), (2, 1, 1 << 11), dtype="uint16"),
            "MG2": mask((3, 0, 1), (3, 1, 4), (3, 2, 16), (3, 3, 32), (3, 4, 64)),
        },
    )

    def lost(**choice) -> list[list[int]]:
        return np.argwhere(~cube(tmp_path, **choice).valid[0]).tolist()

    assert lost() == [[0, 0], [0, 1], [1, 0], [2, 0], [2, 1]]
    assert lost(cloud="summary") == [[0, 0], [1, 0], [2, 0], [2, 1]]
    assert lost(cloud=(7,), saturation=False) == [[0, 1], [1, 0]]
    assert lost(cloud="none", saturation=False, snow=True) == [[1, 0], [3, 1]]
    assert lost(cloud="none", saturation=False, topographic_shadow=True) == [[1, 0], [3, 2], [3, 3]]
    found = series(tmp_path)
    assert {m.layer.path.rpartition("_")[2] for m in found.observations[0][0].masks} == {"XS.tif"}


def test_missing_masks(tmp_path):
    path = write(tmp_path)
    for name in ("SAT_XS.tif", "EDG_XS.tif"):
        file(path, name).unlink()
    found = series(tmp_path)
    assert found.observations[0][0].warnings == (
        "no mask EDG: the edge of the image is told by nodata alone",
        "no mask SAT: saturated pixels are not left out",
    )
    file(path, "CLM_XS.tif").unlink()
    (aside,) = series(tmp_path).set_aside
    assert "E-PRD-007" in aside.reason


def test_on_a_grid_of_10_m_every_pixel_is_the_mean_of_four(tmp_path):
    """The site begins 5 m before the grid of the tile: pixel (r, c) of 10 m is made of rows 2r+1, 2r+2 and columns 2c+1, 2c+2 of 5 m.

    1000 + 100 row + 10 column has there the mean 1000 + 100 (2r + 1.5) + 10 (2c + 1.5) = 1165 + 200 r + 20 c. A grid of 2 × 2 pixels put
    together from its first corner would give 1055 + 200 r + 20 c, which is another place.
    """
    write(tmp_path)
    found = series(tmp_path, frames={"31TCJ": GRID}, bands=("B1", "B7"))
    assert (found.tile, found.geobox) == ("31TCJ", GRID)
    read = read_cube(found, whole(GRID.shape))
    rows, cols = np.mgrid[0:8, 0:8]
    inside = (rows < 4) & (cols < 5)  # the centres of row 4 and of column 5 lie on the edge of the site, which is outside
    assert read.valid[0].tolist() == inside.tolist()
    expected = 1165 + 200 * rows + 20 * cols
    assert read.values[0, 0, :4, :5].tolist() == expected[:4, :5].tolist()
    assert read.values[0, 1, :4, :5].tolist() == (expected[:4, :5] + 6).tolist()


def test_nearest_on_a_grid_of_10_m_takes_one_of_the_four(tmp_path):
    write(tmp_path)
    read = read_cube(series(tmp_path, frames={"31TCJ": GRID}, bands=("B1",), resampling="nearest"), Window(0, 0, 2, 2))
    assert read.values[0, 0].tolist() == [[1220, 1240], [1420, 1440]]  # the centre is a corner: the pixel after it


def test_a_mean_leaves_out_what_is_missing(tmp_path):
    one = NUMBERS.copy()
    one[1, 1] = -10000
    write(tmp_path, bands=numbers(B1=one))
    read = read_cube(series(tmp_path, frames={"31TCJ": GRID}, bands=("B1",)), Window(0, 0, 1, 1))
    assert read.values.tolist() == [[[[1183]]]]  # of 1120, 1210 and 1220, without the 1110
    assert read.valid.all()


def test_alone_on_a_grid_of_10_m(tmp_path):
    """Pixels of 10 m begin at multiples of 10 m: one before the site, whose first row and column are a half of them."""
    write(tmp_path)
    found = series(tmp_path, resolution=10, bands=("B1",))
    assert found.geobox == GeoBox((6, 7), Affine(10, 0, 399990, 0, -10, 4800010), "EPSG:32631")
    read = read_cube(found, whole(found.geobox.shape))
    assert read.values[0, 0, 1, 1] == 1165
    assert read.values[0, 0, 0, 1] == 1015  # row 0, columns 1 and 2: half of the pixel
    # of the first pixel a quarter is in the site; centres on the last edges are outside
    assert read.valid[0].tolist() == [[False] + [True] * 5 + [False]] + [[True] * 6 + [False]] * 4 + [[False] * 7]


@pytest.mark.parametrize(("share", "usable"), [(0.25, 4), (0.5, 3), (0.51, 2), (0.75, 2), (1.0, 1)])
def test_the_share_of_a_pixel_that_must_be_usable(tmp_path, share, usable):
    """Pixel (1, c) of 10 m covers rows 3, 4 and columns 2c + 1, 2c + 2 of 5 m; c of the four are under a cloud, or missing."""
    b1 = NUMBERS.copy()
    b1[3, 3] = -10000
    clouds = mask((3, 5, 1), (4, 6, 1), (3, 7, 1), (4, 7, 1), (3, 8, 1), (3, 9, 1), (3, 10, 1), (4, 9, 1), (4, 10, 1))
    write(tmp_path, bands=numbers(B1=b1), masks={"CLM": clouds})
    found = replace(series(tmp_path, frames={"31TCJ": GRID}, bands=("B1",)), share=share)
    found = series_from_document(json.loads(json_text(series_document(found))))
    row = Window(1, 0, 1, 5)
    read = read_cube(found, row)
    left = [[(3, 1), (3, 2), (4, 1), (4, 2)], [(3, 4), (4, 3), (4, 4)], [(3, 6), (4, 5)], [(4, 8)]]
    means = [round(sum(1000 + 100 * r + 10 * c for r, c in places) / len(places)) for places in left]
    assert read.values[0, 0, 0].tolist() == [*means[:usable], *[-32768] * (5 - usable)]
    assert read.valid[0, 0].tolist() == [True] * usable + [False] * (5 - usable)
    assert np.array_equal(read_valid(found, row), read.valid)


def test_what_a_mask_forbids_is_not_in_the_mean(tmp_path):
    """A cloud of 15000 over one pixel of 5 m changes nothing but that three make the mean; each band has its own gaps."""
    bright, b7 = NUMBERS.copy(), numbers()["B7"].copy()
    bright[1, 1] = 15000
    b7[2, 2] = -10000
    write(tmp_path, bands=numbers(B1=bright, B7=b7), masks={"CLM": mask((1, 1, 1))})
    read = read_cube(series(tmp_path, frames={"31TCJ": GRID}, bands=("B1", "B7")), Window(0, 0, 1, 1))
    assert read.values[0, :, 0, 0].tolist() == [round((1120 + 1210 + 1220) / 3), round((1120 + 1210) / 2) + 6]
    assert read.valid.all()


def test_masks_of_a_finer_grid_than_the_tile_with_bands_on_it(tmp_path):
    """Bands that lie on the grid of the tile take their mask from the pixel that holds the centre, others as above."""
    coarse = GeoBox((2, 3), Affine(10, 0, 400000, 0, -10, 4800000), "EPSG:32631")
    fine = GeoBox((4, 6), Affine(5, 0, 400000, 0, -5, 4800000), "EPSG:32631")
    for name, box, values in (("a", coarse, np.arange(6).reshape(2, 3)), ("b", fine, 10 * np.arange(24).reshape(4, 6))):
        write_raster(tmp_path / f"S_20230704_{name}.tif", box, "int16", [(whole(box.shape), values.astype(np.int16))])
    clouds = np.zeros((4, 6), np.uint8)
    clouds[0, 0] = clouds[1, 3] = 1  # the first of four pixels; and the one that the centre of (0, 1) belongs to
    write_raster(tmp_path / "M_20230704.tif", fine, "uint8", [(whole(fine.shape), clouds)])
    layout = SeriesLayout(
        "S_{date}_{band}.tif", "31TCJ", {"a": 1, "b": 1}, 1.0, None, None, (MaskFiles(tmp_path, "M_{date}.tif", 1, (1,), 0),)
    )
    family = load_family("raster-series")

    def read(*bands):
        own = Source(
            "own", tmp_path, family, Choice(bands), resampling="average", options={"layout": replace(layout, bands=dict.fromkeys(bands, 1))}
        )
        (found,) = discover(own, Interval(), None, {"31TCJ": coarse}).values()
        return read_cube(found, whole((2, 3)))

    alone = read("b")
    assert alone.valid.all()
    assert alone.values[0, 0, 0].tolist() == [round((10 + 60 + 70) / 3), round((20 + 30 + 80) / 3), 75]
    both = read("a", "b")
    assert both.valid[0].tolist() == [[True, False, True], [True] * 3]


def test_windows_of_10_m_join(tmp_path):
    write(tmp_path, masks={"CLM": mask((3, 4, 1), (6, 6, 1))})
    found = series(tmp_path, frames={"31TCJ": GRID}, bands=("B1", "B11"))
    everything = read_cube(found, whole(GRID.shape))
    for window in split(GRID.shape, (3, 5)):
        assert_same(read_cube(found, window), everything, window)


def test_sites_beside_each_other_are_pieces_of_one_pass(tmp_path):
    """Both are seen in the same second, and neither is a copy of the other; where they overlap the first valid one wins."""
    east = GeoBox((10, 12), Affine(5, 0, 400045, 0, -5, 4800005), "EPSG:32631")
    write(tmp_path, site="SUDOUE-1")
    write(tmp_path, site="SUDOUE-2", geobox=east, bands=numbers(B1=NUMBERS + np.int16(5000)))
    found = series(tmp_path, frames={"31TCJ": GRID}, bands=("B1",))
    assert [[piece.id[33:41] for piece in pieces] for pieces in found.observations] == [["SUDOUE-1", "SUDOUE-2"]]
    assert found.set_aside == ()
    row = read_cube(found, Window(0, 0, 1, 8)).values[0, 0, 0]
    assert row[:5].tolist() == [1165, 1185, 1205, 1225, 1245]
    assert row[5:].tolist() == [6165, 6185, 6205]  # its column 0 begins 5 m before pixel 5
    assert sorted(discover(source(tmp_path), Interval())) == ["SUDOUE-1", "SUDOUE-2"]


def test_versions_of_one_site(tmp_path):
    """A later version may have another extent."""
    write(tmp_path, version=(2, 15))
    small = GeoBox((4, 4), SITE.transform, SITE.crs)
    cut = {band: values[:4, :4] for band, values in numbers().items()}
    newer = write(tmp_path, version=(3, 1), geobox=small, bands=cut, flag="D")
    found = series(tmp_path)
    assert [piece.id for (piece,) in found.observations] == [newer.name]
    assert found.geobox == small
    assert [entry.kind for entry in found.set_aside] == ["duplicate"]


def test_a_site_that_grew_is_read_on_what_all_dates_cover(tmp_path):
    wider = GeoBox((10, 14), SITE.transform, SITE.crs)
    write(tmp_path)
    write(tmp_path, NOON + DAY, geobox=wider, bands={band: np.full((10, 14), 3000, np.int16) for band in BANDS})
    found = series(tmp_path, bands=("B7",))
    assert found.geobox == wider
    read = read_cube(found, whole(wider.shape))
    assert read.valid[0].tolist() == [[True] * 12 + [False] * 2] * 10
    assert read.valid[1].all()


@pytest.mark.parametrize(
    ("name", "site", "platform"),
    [
        ("VENUS_20180707-182652-000_L2A_DESIP2_D_V1-0", "DESIP2", "VENUS"),
        ("VE_VM01_VSC_L2VALD_VN_HANOI_20190218.DBL.DIR", "VN_HANOI", "VE"),
        ("VE_VM03_VSC_L2VALD_CHILE____20200311", "CHILE", "VE"),
    ],
)
def test_the_format_of_the_vip_centre_is_set_aside(tmp_path, name, site, platform):
    (tmp_path / name / "inner").mkdir(parents=True)
    (tmp_path / name / "inner" / "x.DBL.TIF").write_bytes(b"")
    found = series(tmp_path)
    assert found.observations == ()
    (entry,) = found.set_aside
    assert (entry.id, entry.tile, entry.platform, entry.kind) == (name, site, platform, "bad")
    assert re.search(r"E-PRD-022 .*\(\.HDR and \.DBL\.DIR\) is not read\. Fix: download the product in the MUSCATE format", entry.reason)


def test_an_archive_in_the_format_of_the_vip_centre(tmp_path):
    folder = tmp_path / "VENUS_20180707-182652-000_L2A_DESIP2_D_V1-0"
    folder.mkdir()
    (folder / "x.HDR").write_text("x")
    packed(folder, ".zip")
    good = write(tmp_path, site="DESIP2")
    found = series(tmp_path)
    assert [piece.id for (piece,) in found.observations] == [good.name]
    assert [entry.when.isoformat() for entry in found.set_aside] == ["2018-07-07T18:26:52+00:00"]


def test_flat_and_not_flat_reflectance(tmp_path):
    image = venus_image("ARM", SITE, NOON, numbers())
    both = {"FRE": image.images["FRE"], "SRE": {band: values + np.int16(1) for band, values in image.images["FRE"].items()}}
    write_image(tmp_path, replace(image, images=both))
    assert cube(tmp_path, reflectance="SRE").values[0, 0].tolist() == (NUMBERS + 1).tolist()
    with pytest.raises(InputError, match=r"E-PRD-023 .*inputs\.venus\.reflectance: theia-venus-l2a has no reflectance FRC"):
        discover(source(tmp_path, reflectance="FRC"), Interval())


@pytest.mark.parametrize("frames", [None, {"31TCJ": GRID}])
@pytest.mark.parametrize("name", ["FRE_B7.tif", "CLM_XS.tif"])
@pytest.mark.parametrize("change", [{"crs": "EPSG:32630"}, {"left": 399997.5}, {"fewer": 1}])
def test_files_of_one_product_share_a_grid_wherever_it_lies(tmp_path, frames, name, change):
    path = write(tmp_path)
    good = write(tmp_path, NOON + DAY)
    values = read_window(str(file(path, name)))[:, change.get("fewer", 0) :]
    place = {"left": 399995.0, "top": 4800005.0, **{key: value for key, value in change.items() if key != "fewer"}}
    rewrite(path, name, values, 5.0, **place)
    found = series(tmp_path, frames)
    assert [piece.id for (piece,) in found.observations] == [good.name]
    (aside,) = found.set_aside
    assert (aside.id, aside.kind) == (path.name, "bad")
    assert "E-PRD-010" in aside.reason
