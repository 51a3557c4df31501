"""A genuine Theia product without its metadata: read by its names, bands of 20 m aligned on the grid of 10 m."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.image import imread

from iota_py.io.publish import read_json
from iota_py.io.raster import read_window

pytestmark = pytest.mark.shared
BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")


@pytest.fixture(scope="module")
def folder(data):
    """The product."""
    return next(data("theia_s2_l2a_t30typ").glob("SENTINEL2B_*"))


@pytest.fixture(scope="module")
def quicklook(script):
    """The script."""
    return script("theia_product/quicklook.py")


@pytest.fixture(scope="module")
def read(folder, quicklook):
    """The series and its pixels."""
    return quicklook.read_product(folder.parent)


def test_ten_bands_are_read_on_the_grid_of_ten_metres_and_the_missing_metadata_are_said(read) -> None:
    series, cube = read
    assert series.bands == BANDS
    assert cube.values.shape == (1, 10, 1170, 1198)
    transform = series.geobox.transform
    assert (transform.a, transform.c, transform.f) == (10, 742910, 4848610)
    assert "no metadata XML" in series.observations[0][0].warnings[0]


def test_a_coarse_pixel_covers_the_fine_ones_that_the_geotransform_puts_under_it(read, folder) -> None:
    """The R2 crop begins one pixel of 10 m further north and west: fine pixel (r, c) lies in coarse pixel ((r + 1) // 2, (c + 1) // 2)."""
    series, cube = read
    coarse = read_window(str(next(folder.glob("*_FRE_B8A.tif"))))
    fine = cube.values[0, series.bands.index("B8A")]
    rows, cols = (np.arange(1169) + 1) // 2, (np.arange(1197) + 1) // 2
    np.testing.assert_array_equal(fine[:-1, :-1], coarse[np.ix_(rows, cols)])


def test_the_coarse_near_infrared_fits_the_fine_one_best_without_a_shift(read) -> None:
    series, cube = read
    fine, coarse = (cube.values[0, series.bands.index(band)].astype(np.float64) for band in ("B8", "B8A"))
    rows, cols = fine.shape
    inner = fine[4:-4, 4:-4].ravel()
    shifts = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    fits = {(d, r): np.corrcoef(inner, coarse[4 + d : rows - 4 + d, 4 + r : cols - 4 + r].ravel())[0, 1] for d, r in shifts}
    assert max(fits, key=fits.__getitem__) == (0, 0)
    assert fits[0, 0] > 0.9
    assert fits[0, 0] - max(fit for shift, fit in fits.items() if shift != (0, 0)) > 0.03


def test_pixels_are_unusable_under_a_mask_and_where_the_coarse_crop_ends(read, folder) -> None:
    _, cube = read
    usable = np.ones((1170, 1198), bool)
    for mask in ("CLM", "EDG", "SAT"):
        usable &= read_window(str(next((folder / "MASKS").glob(f"*_{mask}_R1.tif")))) == 0
    usable[-1, :] = usable[:, -1] = False
    np.testing.assert_array_equal(cube.valid[0], usable)


def test_the_quicklook_and_the_statistics_are_written(folder, quicklook, tmp_path, capsys) -> None:
    quicklook.main(tmp_path)
    assert "no metadata XML" in " ".join(capsys.readouterr().out.split())
    found = read_json(tmp_path / "statistics.json")
    assert found["usable_share"] == pytest.approx(0.9935, abs=1e-4)
    assert tuple(sorted(found["mean_reflectance"])) == tuple(sorted(BANDS))
    assert all(0.02 < mean < 0.4 for mean in found["mean_reflectance"].values())
    image = np.rint(imread(tmp_path / "quicklook.png")[..., :3] * 255).astype(int)
    assert (image == quicklook.INVALID).all(axis=-1).sum() > 500  # the masked cloud is marked


def test_invalid_pixels_are_marked_in_the_composite_and_only_they(quicklook, read) -> None:
    series, cube = read
    image = quicklook.composite(series, cube, ("B4", "B3", "B2"))
    marked = (image == quicklook.INVALID).all(axis=-1)
    assert marked[~cube.valid[0]].all()
    assert marked[cube.valid[0]].mean() < 1e-4
