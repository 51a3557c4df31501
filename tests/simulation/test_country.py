"""A country is tiles of one landscape: neighbours share what they overlap, and the same country is the same bytes."""

from pathlib import Path

import numpy as np
import pytest

from iota_py.config import load_config
from iota_py.io.raster import read_window
from iota_py.io.vectors import read_vectors
from iota_py.pipeline.inventory import take_inventory
from iota_py.simulation.country import Country, write_country

SMALL = Country(rows=2, columns=2, size=48, overlap=8, dates=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("country")
    told = []
    write_country(folder, SMALL, told.append)
    assert told == [path.name for one in SMALL.deliveries for path in (folder / "sentinel2").glob(f"*{one.sensed:%Y%m%d}*{one.tile.name}*")]
    return folder


def band(folder: Path, tile: str, day: str) -> np.ndarray:
    (found,) = (folder / "sentinel2").glob(f"*_{day}-*_{tile}_*/*_FRE_B8.tif")
    return read_window(str(found))


def test_tiles_by_hand() -> None:
    """Two columns of 48 pixels that share 8 begin 40 pixels apart, and reach over 88."""
    assert [tile.name for tile in SMALL.tiles] == ["T31TAV", "T31TBV", "T31TAU", "T31TBU"]
    assert SMALL.geobox.shape == (88, 88)
    north_west, north_east, south_west, _ = (tile.geobox for tile in SMALL.tiles)
    assert north_east.transform.c - north_west.transform.c == north_west.transform.f - south_west.transform.f == 400.0
    assert len(SMALL.deliveries) == 8


def test_names_of_the_largest_country_are_distinct() -> None:
    large = Country(rows=20, columns=8, size=20, overlap=0)
    assert len({tile.name for tile in large.tiles}) == 160


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"rows": 21}, "1–20 rows"), ({"columns": 0}, "1–8 columns"), ({"size": 31}, "even size"), ({"overlap": 300}, "even overlap"),
     ({"dates": 5}, "1–4 dates"), ({"share": 0.0}, "share")],
)  # fmt: skip
def test_countries_that_cannot_be(wrong, told) -> None:
    with pytest.raises(ValueError, match=told):
        Country(**wrong)


def test_neighbours_see_the_same_land(folder) -> None:
    """On a clear day only noise and a tone of each product differ; unrelated land differs by ten times as much."""
    west, east = band(folder, "T31TAV", "20230619")[:, -8:], band(folder, "T31TBV", "20230619")[:, :8]
    elsewhere = band(folder, "T31TBV", "20230619")[:, 20:28]
    assert np.abs(west.astype(int) - east).mean() < 0.03 * west.mean()
    assert np.abs(west.astype(int) - elsewhere).mean() > 0.1 * west.mean()


def test_reference_in_both_ecoregions(folder) -> None:
    polygons, regions = (read_vectors(folder / f"{name}.gpkg", name) for name in ("reference", "ecoregions"))
    assert regions["region"].tolist() == ["1", "2"]
    good = polygons[polygons.is_valid & (polygons.area > 0)]
    inside = [good.representative_point().within(outline) for outline in regions.geometry]
    assert all(one.sum() > 30 for one in inside)


def test_the_same_country_is_the_same_bytes(folder, tmp_path) -> None:
    write_country(tmp_path, SMALL)
    for name in ("T31TAV", "T31TBU"):
        (one,) = (folder / "sentinel2").glob(f"*_20230420-*_{name}_*/*_FRE_B4.tif")
        assert one.read_bytes() == (tmp_path / one.relative_to(folder)).read_bytes()


def test_a_run_finds_its_tiles(folder, light_config, tmp_path) -> None:
    """The layout is that of the chain: two dates of each tile, and windows of 20 pixels."""
    tiles = ", ".join(tile.name[1:] for tile in SMALL.tiles)
    more = f"tiles: [{tiles}]\ninputs: {{sentinel2: {{path: {folder}/sentinel2}}}}\nengine: {{workers: 1, window: 20}}\n"
    inventory = take_inventory(load_config(light_config(tmp_path, more)))
    assert sorted(tile.name for tile in inventory.tiles) == ["31TAU", "31TAV", "31TBU", "31TBV"]
    assert {len(tile.windows) for tile in inventory.tiles} == {9}
    assert {len(series.observations) for tile in inventory.tiles for series in tile.series.values()} == {2}
