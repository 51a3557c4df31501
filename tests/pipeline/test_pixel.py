"""A pixel looked at again: the label is that of the map, the series that of the samples."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from iota_py.config.schema import RunConfig
from iota_py.grid.windows import Window
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.pixel import Opinion, lines, opinion, spot_at
from iota_py.pipeline.workspace import Workspace


@pytest.fixture(scope="module")
def ws(light_run: RunConfig) -> Workspace:
    return Workspace(light_run.output, "")


def layer(ws: Workspace, name: str, run: int | None = None) -> np.ndarray:
    return read_window(str(ws.path(paths.map_layer(name, run))))


def look(ws: Workspace, row: int, col: int) -> Opinion:
    spot = spot_at(ws, row, col)
    assert spot is not None
    observed, validity = ws.observe(spot.tile, spot.window)
    return opinion(ws, observed, int(validity[0]), spot.region)


def some_pixels(ws: Workspace, number: int) -> list[tuple[int, int]]:
    """Pixels drawn at random, and the corners."""
    rows, cols = ws.grid.shape
    random = np.random.default_rng(3)
    drawn = zip(random.integers(0, rows, number).tolist(), random.integers(0, cols, number).tolist())
    return [*drawn, (0, 0), (0, cols - 1), (rows - 1, 0), (rows - 1, cols - 1)]


def test_labels_and_confidence_are_those_of_the_map(ws: Workspace) -> None:
    classes, confidence = layer(ws, "classification"), layer(ws, "confidence")
    draws = [layer(ws, "classification", run) for run in range(ws.runs)]
    for place in some_pixels(ws, 40):
        found = look(ws, *place)
        assert (found.label, found.confidence) == (classes[place], confidence[place])
        assert found.labels == tuple(draw[place] for draw in draws)


def test_probabilities_add_up_and_the_largest_is_the_label_of_its_draw(ws: Workspace) -> None:
    for place in some_pixels(ws, 10):
        found = look(ws, *place)
        assert [one.run for one in found.answers] == list(range(ws.runs))
        for one in found.answers:
            assert one.probabilities.sum() == pytest.approx(1, abs=1e-5)
            assert one.codes[one.probabilities.argmax()] == found.labels[one.run]


def test_a_spot_is_in_the_tile_that_owns_it(ws: Workspace) -> None:
    """The western tile comes first; where both have a pixel it is its own."""
    west, east = (ws.geobox(name) for name in ws.tiles)
    shared = round((east.transform.c - west.transform.c) / 10)
    assert shared < west.shape[1] < ws.grid.shape[1], "the tiles overlap, and the map reaches beyond the first"
    assert spot_at(ws, 7, west.shape[1] - 1).tile == ws.tiles[0]  # type: ignore[union-attr]
    beyond = spot_at(ws, 7, west.shape[1])
    assert beyond is not None
    assert (beyond.tile, beyond.window) == (ws.tiles[1], Window(7, west.shape[1] - shared, 1, 1))


def test_never_seen_has_no_label(ws: Workspace) -> None:
    found = opinion(ws, [], 0, 1)
    assert (found.label, found.confidence, found.labels, found.answers) == (0, 0, (0, 0), ())


def test_the_filled_series_is_what_the_models_learnt_from(ws: Workspace) -> None:
    """Against the stored features of a learning sample."""
    tile = ws.tiles[0]
    sample = read_table(ws.path(paths.features(tile))).iloc[5]
    window = Window(int(sample.row), int(sample.col), 1, 1)
    found = {one.band: one for one in lines(ws, tile, ws.observe(tile, window)[0])}
    assert list(found) == ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12", "NDVI", "NDWI", "BRIGHTNESS"]
    for band, scale in (("B8", 10_000), ("NDVI", 1000), ("BRIGHTNESS", 10_000)):
        stored = [sample[f"sentinel2_{band.lower()}_{day:%Y%m%d}"] for day in found[band].days]
        assert np.rint(found[band].values * scale).tolist() == stored


def test_observations_are_the_usable_ones_at_their_dates(ws: Workspace) -> None:
    """NDVI worked out from the two bands; used and unusable dates together are those of the series."""
    tile = ws.tiles[0]
    observed, validity = ws.observe(tile, Window(20, 30, 1, 1))
    found = {one.band: one for one in lines(ws, tile, observed)}
    near, red = found["B8"].observed, found["B4"].observed
    assert found["NDVI"].observed == pytest.approx((near - red) / (near + red), abs=1e-6)
    assert found["B8"].unit == "reflectance"
    assert 0 < near.max() < 1
    assert len(found["B8"].observed_days) == validity[0]
    both = sorted([*found["B8"].observed_days, *found["B8"].unusable_days])
    assert both == sorted(day for (series,) in [ws.delivered(tile)] for day in series.dates)
    assert all(isinstance(day, dt.date) for day in both)


def test_a_window_of_one_pixel_has_the_features_of_a_large_one(ws: Workspace) -> None:
    wide = features_of(ws.observe(ws.tiles[0], Window(10, 10, 30, 30))[0])[5 * 30 + 7]
    assert np.array_equal(features_of(ws.observe(ws.tiles[0], Window(15, 17, 1, 1))[0])[0], wide)
