"""Segments of the demonstration, from the products to the rasters of a tile: what they are, what they learn from, what they are mapped as."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
from scipy import ndimage
from shapely.geometry import Point

from iota_py.config import RunConfig, load_config
from iota_py.errors import InputError
from iota_py.grid.windows import whole
from iota_py.io.publish import read_json, sha256
from iota_py.objects.statistics import object_names
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans import objects as plans
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.reference.object_words import object_sentences
from iota_py.pipeline.run import run
from iota_py.pipeline.stages import STAGES
from iota_py.pipeline.steps.object_samples import write_object_selection
from iota_py.pipeline.steps.objects import object_samples
from iota_py.pipeline.steps.segments import gathered
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.segments import PURE

Writer = Callable[[Path, str], Path]
TILES = ("31TCJ", "31TDJ")
ALL = "samples: {selection: {strategy: all, number: null}}\n"
SLIC = ALL + "features: {sentinel2: {bands: [B4, B8], indices: [NDVI]}}\nobjects: {size: 30, statistics: [mean, std, min, max, median]}\n"


def tiles_only(config: RunConfig, inventory: Inventory) -> Plan:
    """The plan up to the rasters of the tiles."""
    last = STAGES.index("object_map")
    return Plan(tuple(t for t in make_plan(config, inventory, external_digests(config)).tasks if STAGES.index(t.stage) <= last))


def done(path: Path, cell: int | None = None) -> Workspace:
    """The workspace of a run up to the rasters of the tiles. cell: side of the cells, in place of the usual one."""
    config = load_config(path)
    with pytest.MonkeyPatch.context() as patch:
        if cell is not None:
            patch.setattr(plans, "CELL", cell)
        run(config, planner=tiles_only)
    return Workspace(config.output, "")


@pytest.fixture(scope="module")
def slic(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Segments that are made, in cells of 120 pixels."""
    return done(light_config(tmp_path_factory.mktemp("slic"), SLIC), 120)


@pytest.fixture(scope="module")
def parcels(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference polygons themselves, in another CRS; the first ones come again at the end, and a point is among them."""
    frame = gpd.read_file(project / "data_samples" / "reference.gpkg", engine="pyogrio")[["geometry"]].to_crs("EPSG:4326")
    frame = frame[frame.is_valid & ~frame.is_empty]
    point = gpd.GeoDataFrame(geometry=[Point(1.9, 43.7)], crs=frame.crs)
    path = tmp_path_factory.mktemp("parcels") / "parcels.gpkg"
    pd.concat([point, frame, frame.iloc[:5]], ignore_index=True).to_file(path, engine="pyogrio")
    return path


@pytest.fixture(scope="module")
def given(light_config: Writer, tmp_path_factory: pytest.TempPathFactory, parcels: Path) -> Workspace:
    """Given polygons, nothing outside them."""
    return done(light_config(tmp_path_factory.mktemp("given"), f"objects: {{segments: {{path: {parcels}}}}}\n"))


def band(ws: Workspace, name: str) -> np.ndarray:
    with rasterio.open(ws.path(name)) as dataset:
        return dataset.read(1)


def objects(ws: Workspace, tile: str) -> pd.DataFrame:
    return pd.read_parquet(ws.path(paths.objects(tile)))


def results(tile: str) -> list[str]:
    layers = [paths.tile_layer(tile, layer, number) for number in range(2) for layer in ("classification", "confidence")]
    return [paths.segments(tile), paths.objects(tile), paths.tile_layer(tile, "validity"), *layers]


def test_the_same_bytes_for_any_window_and_number_of_workers(slic: Workspace, light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, SLIC + "engine: {workers: 2, window: 64}\n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "CELL", 120)
        run(config, planner=tiles_only)
    for tile in TILES:
        for name in results(tile):
            assert sha256(config.output / name) == sha256(slic.path(name)), name


def test_segments_hang_together_within_a_cell_and_number_without_a_gap(slic: Workspace) -> None:
    for tile in TILES:
        segments = band(slic, paths.segments(tile))
        numbers = np.unique(segments[segments > 0])
        assert numbers.tolist() == list(range(1, len(numbers) + 1))
        assert objects(slic, tile).segment.tolist() == numbers.tolist()
        cells = (np.arange(240) // 120)[:, None] * 2 + np.arange(240) // 120
        assert (ndimage.maximum(cells, segments, numbers) == ndimage.minimum(cells, segments, numbers)).all()
        for number, place in enumerate(ndimage.find_objects(segments.astype(np.int32)), start=1):
            assert ndimage.label(segments[place] == number)[1] == 1


def test_every_pixel_that_is_owned_and_seen_is_of_one_segment(slic: Workspace) -> None:
    left, right = (band(slic, paths.segments(tile)) > 0 for tile in TILES)
    for tile, own in zip(TILES, (left, right)):
        assert (own == (band(slic, paths.tile_layer(tile, "validity")) > 0)).all()
    shared = 240 - round((slic.geobox(TILES[1]).transform.c - slic.geobox(TILES[0]).transform.c) / 10)
    assert shared == 40
    assert not (left[:, -shared:] & right[:, :shared]).any()


@pytest.mark.parametrize("which", ["slic", "given"])
def test_features_are_those_of_the_pixels(which: str, request: pytest.FixtureRequest) -> None:
    ws: Workspace = request.getfixturevalue(which)
    assert ws.config.objects is not None
    tile, statistics = TILES[1], ws.config.objects.statistics
    segments, table = band(ws, paths.segments(tile)).ravel(), objects(ws, tile)
    pixels = features_of(ws.observe(tile, whole((240, 240)))[0])
    measures = {"mean": np.mean, "std": np.std, "min": np.min, "max": np.max, "median": np.median}
    exact = [[measures[name](pixels[segments == number], axis=0) for name in statistics] for number in table.segment]
    wanted = np.swapaxes(np.array(exact), 1, 2).reshape(len(table), -1)
    names = object_names(ws.feature_names, statistics)
    found = table[list(names[:-2])].to_numpy()
    assert found.dtype == np.int16
    assert np.abs(found - wanted).max() < 0.5 + 1e-9, "not the nearest whole number"
    assert table.pixels.tolist() == np.bincount(segments)[table.segment].tolist()
    assert table.object_area.tolist() == table.pixels.tolist()


def test_places_and_shapes(slic: Workspace) -> None:
    tile = TILES[0]
    segments, table = band(slic, paths.segments(tile)), objects(slic, tile).set_index("segment")
    padded = np.pad(segments, 1)
    for number in (1, 50, int(segments.max())):
        own = padded == number
        rows, cols = np.nonzero(segments == number)
        edges = sum(int((own & (np.roll(padded, shift, axis) != number)).sum()) for axis in (0, 1) for shift in (1, -1))
        row = table.loc[number]
        assert row.object_compactness == np.rint(1000 * 16 * own.sum() / edges**2)
        assert (row.row, row.col) == (np.rint(rows.mean()), np.rint(cols.mean()))
        t = slic.geobox(tile).transform
        assert row.x == pytest.approx(t.c + (cols.mean() + 0.5) * 10)
        assert row.y == pytest.approx(t.f - (rows.mean() + 0.5) * 10)


def test_regions_are_those_of_most_pixels(slic: Workspace) -> None:
    tile = TILES[0]
    box = slic.geobox(tile)
    frame = slic.regions(str(box.crs.to_wkt()))
    assert frame is not None
    region = rasterio.features.rasterize(zip(frame.geometry, frame.region), out_shape=(240, 240), transform=box.transform)
    segments = band(slic, paths.segments(tile))
    for number, found in zip(objects(slic, tile).segment, objects(slic, tile).region):
        counts = np.bincount(region[segments == number])
        assert counts[found] == counts[1:].max()


def polygons_of(ws: Workspace, tile: str, number: int) -> gpd.GeoDataFrame:
    """The reference in the CRS of a tile, with the role of each polygon in a run."""
    frame = gpd.read_file(ws.path(paths.POLYGONS), engine="pyogrio").to_crs(ws.geobox(tile).crs.to_wkt())
    split = pd.read_csv(ws.path(paths.SPLIT)).set_index("polygon")[f"run_{number}"]
    return frame.assign(role=frame.polygon.map(split))


def inside(ws: Workspace, tile: str, polygons: gpd.GeoDataFrame) -> np.ndarray:
    """Pixels with their centre in one of the polygons."""
    if polygons.empty:
        return np.zeros((240, 240), bool)
    return rasterio.features.rasterize(polygons.geometry, out_shape=(240, 240), transform=ws.geobox(tile).transform).astype(bool)


@pytest.mark.parametrize("which", ["slic", "given"])
@pytest.mark.parametrize("number", [0, 1])
def test_what_learns_is_pure_and_meets_no_validation_polygon(which: str, number: int, request: pytest.FixtureRequest) -> None:
    ws: Workspace = request.getfixturevalue(which)
    chosen = pd.read_parquet(ws.path(paths.OBJECT_SELECTION))
    total = 0
    for tile in TILES:
        segments, own = band(ws, paths.segments(tile)), chosen[(chosen.tile == tile) & (chosen.run == number)]
        polygons = polygons_of(ws, tile, number)
        size, kept = np.bincount(segments.ravel()), np.unique(segments[inside(ws, tile, polygons[polygons.role == 2])])
        assert not set(own.segment) & set(kept.tolist())
        wanted = set()
        for code in ws.nomenclature.codes:
            of_class = inside(ws, tile, polygons[(polygons.code == code) & (polygons.role == 1)])
            of_class &= ~inside(ws, tile, polygons[polygons.code != code])  # a pixel in polygons of two classes is of none
            share = np.bincount(segments[of_class], minlength=len(size)) / np.maximum(size, 1)
            pure = {(n, code) for n in np.flatnonzero(share >= 0.8).tolist() if n > 0 and n not in kept}
            wanted |= pure
        found = set(zip(own.segment.tolist(), own.code.tolist()))
        total += len(found)
        if which == "slic":
            assert found == wanted
        else:
            assert found <= wanted
    assert total > 60


def test_a_region_learns_from_its_own_segments_in_order(slic: Workspace) -> None:
    chosen = pd.read_parquet(slic.path(paths.OBJECT_SELECTION))
    samples = object_samples(slic, 1, 0)
    assert len(samples) == ((chosen.region == 1) & (chosen.run == 0)).sum()
    assert samples[["tile", "segment"]].to_numpy().tolist() == sorted(samples[["tile", "segment"]].to_numpy().tolist())
    one = samples.iloc[-1]
    table = objects(slic, str(one.tile)).set_index("segment").loc[one.segment]
    assert one.sentinel2_ndvi_20230516_median == table.sentinel2_ndvi_20230516_median


def test_the_ledger_counts_segments_at_every_step(slic: Workspace) -> None:
    ledger = pd.read_csv(slic.path(paths.OBJECT_LEDGER))
    first = ledger[ledger.run == 0].groupby("step", sort=False).pixels.sum()
    assert first.index.tolist() == [
        "segments that meet learning polygons (counted in place of pixels)",
        "segments that no validation polygon meets (counted in place of pixels)",
        "segments with at least 0.8 of their pixels in the class (counted in place of pixels)",
        "learning segments selected (counted in place of pixels)",
    ]
    every = pd.concat([pd.read_parquet(slic.path(paths.learning_segments(tile))) for tile in TILES])
    every = every[every.run == 0]
    assert first.tolist() == [len(every), (every.reached >= 2).sum(), (every.reached == PURE).sum(), (every.reached == PURE).sum()]
    assert first.is_monotonic_decreasing


@pytest.mark.parametrize("which", ["slic", "given"])
def test_the_map_is_one_class_in_each_segment_and_none_outside(which: str, request: pytest.FixtureRequest) -> None:
    ws: Workspace = request.getfixturevalue(which)
    for tile in TILES:
        segments = band(ws, paths.segments(tile))
        for layer in ("classification", "confidence"):
            values = band(ws, paths.tile_layer(tile, layer, 1))
            numbers = np.unique(segments[segments > 0])
            assert (ndimage.maximum(values, segments, numbers) == ndimage.minimum(values, segments, numbers)).all()
            assert (values[segments > 0] > 0).all()
            assert not values[segments == 0].any()
    with rasterio.open(ws.path(paths.tile_layer(TILES[0], "classification", 0))) as dataset:
        assert dataset.nodata == 0
        assert dataset.colormap(1)[ws.nomenclature.codes[0]][:3] == tuple(ws.nomenclature.classes[0].colour)


def test_polygons_are_burnt_in_the_order_of_the_file(given: Workspace, parcels: Path) -> None:
    frame = gpd.read_file(parcels, engine="pyogrio")
    for tile in TILES:
        box, table = given.geobox(tile), objects(given, tile)
        areas = frame[frame.geom_type != "Point"].to_crs(box.crs.to_wkt())
        shapes = [(geometry, row + 1) for row, geometry in areas.geometry.items()][::-1]  # the last one burnt is the first of the file
        rows = rasterio.features.rasterize(shapes, out_shape=(240, 240), transform=box.transform, dtype="int32")
        segments = band(given, paths.segments(tile))
        polygon = np.zeros(int(segments.max()) + 1, np.int64)
        polygon[table.segment] = table.polygon + 1
        np.testing.assert_array_equal(polygon[segments][segments > 0], rows[segments > 0])
        seen = band(given, paths.tile_layer(tile, "validity")) > 0
        np.testing.assert_array_equal(segments > 0, (rows > 0) & seen)


def test_the_cells_change_nothing_of_given_polygons(given: Workspace, light_config: Writer, tmp_path: Path, parcels: Path) -> None:
    other = done(light_config(tmp_path, f"objects: {{segments: {{path: {parcels}}}}}\n"), 90)
    for tile in TILES:
        pd.testing.assert_frame_equal(
            objects(other, tile).sort_values("segment", ignore_index=True), objects(given, tile).sort_values("segment", ignore_index=True)
        )
        for name in results(tile):
            if not name.endswith(".parquet"):
                assert sha256(other.path(name)) == sha256(given.path(name)), name


def test_outside_by_pixel(given: Workspace, light_config: Writer, light_run: RunConfig, tmp_path: Path, parcels: Path) -> None:
    both = done(light_config(tmp_path, f"objects: {{segments: {{path: {parcels}}}, outside: pixel}}\n"))
    pixel = Workspace(light_run.output, "")
    for tile in TILES:
        segments = band(both, paths.segments(tile))
        for layer in ("classification", "confidence"):
            name = paths.tile_layer(tile, layer, 1)
            wanted = np.where(segments > 0, band(given, name), band(pixel, name))
            np.testing.assert_array_equal(band(both, name), wanted)


def test_rows_are_gathered_in_frames_of_enough_of_them() -> None:
    frames = [pd.DataFrame({"n": range(start, start + 2)}) for start in range(0, 10, 2)]
    assert [frame.n.tolist() for frame in gathered(iter(frames), 3)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [len(frame) for frame in gathered(iter([frames[0].iloc[:0]]), 3)] == [0]


def test_what_the_reader_is_told(slic: Workspace, given: Workspace, light_run: RunConfig) -> None:
    (sentence,) = object_sentences(slic)
    number, pixels = sum(len(objects(slic, tile)) for tile in TILES), sum(int(objects(slic, tile).pixels.sum()) for tile in TILES)
    assert sentence.startswith(
        f"every segment has one class: {number} segments by SLIC, {round(pixels / number)} pixels each on average, of which "
    )
    assert sentence.endswith(" were learnt from in a run; the scores count pixels of validation polygons")
    assert object_sentences(given)[1] == "pixels outside the polygons have no class"
    assert object_sentences(Workspace(light_run.output, "")) == []


def test_the_map_and_its_report_need_nothing_else(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, f"{ALL}objects: {{size: 30}}\nmodel: {{min_samples_leaf: 1}}\n"))
    summary = run(config)
    assert summary.executed["object_train"] == 4
    assert not (config.output / "tiles" / TILES[0] / "cells").exists(), "what only the tile needed is still there"
    ws = Workspace(config.output, "")
    (left, right), (height, width) = (band(ws, paths.tile_layer(tile, "classification", 0)) for tile in TILES), (240, 440)
    own = np.zeros((height, width), np.uint8)
    own[:, 200:] = right
    own[:, :240][left > 0] = left[left > 0]
    np.testing.assert_array_equal(band(ws, paths.map_layer("classification", 0)), own)
    report = (config.output / paths.REPORT).read_text(encoding="utf-8")
    assert "every segment has one class" in report
    assert "segments with at least 0.8 of their pixels in the class" in report
    metrics = read_json(config.output / paths.METRICS)
    assert metrics["overall_accuracy"]["mean"] > 0.55, "far below what these segments gave when this was written"
    assert run(config).nothing


def changed(ws: Workspace, **samples: object) -> Workspace:
    """The same folder with other settings of `samples`."""
    other = copy.copy(ws)
    config = ws.config.model_copy(update={"samples": ws.config.samples.model_copy(update=samples)})
    other.__dict__["config"] = config
    return other


def line_of(ws: Workspace) -> str:
    with pytest.raises(InputError) as caught:
        write_object_selection(ws, {})
    return caught.value.faults[0].line().replace(ws.config.samples.where, "reference.gpkg")


def test_segments_too_large_for_a_class_or_a_region(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "objects: {size: 2000, purity: 0.99}\n"))
    with pytest.raises(InputError) as caught:
        run(config, planner=tiles_only)
    line = caught.value.faults[0].line()
    assert "E-OBJ-020 " in line
    assert "run 0 has learning pixels of " in line
    assert line.endswith(
        "and no segment that is pure enough. Fix: make segments smaller, lower objects.purity, or add polygons, or set "
        "samples.allow_lost_classes: true"
    )
    allowed = changed(Workspace(config.output, ""), allow_lost_classes=True)
    assert line_of(allowed).startswith("E-OBJ-021 reference.gpkg: objects: run 0 has no learning segment in region ")


def test_fewer_segments_than_asked(slic: Workspace) -> None:
    selection = slic.config.samples.selection.model_copy(update={"minimum": 10_000})
    few = changed(slic, selection=selection, allow_lost_classes=True)
    assert line_of(few).startswith("E-OBJ-022 reference.gpkg: samples.selection.minimum: run 0 has fewer learning segments than asked: ")
    before = sha256(slic.path(paths.OBJECT_SELECTION))
    write_object_selection(changed(slic, selection=selection.model_copy(update={"allow_fewer": True}), allow_lost_classes=True), {})
    assert sha256(slic.path(paths.OBJECT_SELECTION)) == before
