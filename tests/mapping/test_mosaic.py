from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.grid.ownership import priority
from iota_py.grid.windows import Window, whole
from iota_py.io.raster import write_raster
from iota_py.mapping import mosaic
from iota_py.mapping.mosaic import TileLayer, TileRasters, mosaic_blocks, owned_blocks

UTM30, UTM31, UTM32, LAMBERT = "EPSG:32630", "EPSG:32631", "EPSG:32632", "EPSG:2154"


def put(path: Path, box: GeoBox, values: np.ndarray) -> Path:
    write_raster(path, box, "uint8", [(whole(box.shape), values.astype(np.uint8))])
    return path


def tile(folder: Path, name: str, box: GeoBox, seen: np.ndarray, **layers: np.ndarray) -> TileRasters:
    files = {layer: put(folder / f"{name}_{layer}.tif", box, values) for layer, values in layers.items()}
    return TileRasters(box, put(folder / f"{name}_footprint.tif", box, seen), files)


def assemble(grid: GeoBox, tiles: list[TileRasters], layers: list[str]) -> np.ndarray:
    out, times = np.zeros((len(layers), *grid.shape), np.uint8), np.zeros(grid.shape, int)
    for window, values in mosaic_blocks(grid, tiles, layers):
        assert values.shape == (len(layers), window.height, window.width)
        assert values.dtype == np.uint8
        out[(slice(None), *window.slices)] = values
        times[window.slices] += 1
    assert (times == 1).all()
    return out


@pytest.mark.parametrize("block", [7, 16, 1024])
def test_cut_into_overlapping_tiles_then_assembled_is_the_identity(tmp_path, monkeypatch, block):
    monkeypatch.setattr(mosaic, "BLOCK", block)
    grid = GeoBox((30, 40), Affine(10, 0, 400000, 0, -10, 4800000), UTM31)
    rng = np.random.default_rng(0)
    truth, share = rng.integers(1, 24, (30, 40)), rng.integers(0, 101, (30, 40))
    windows = [Window(0, 0, 18, 22), Window(0, 16, 18, 24), Window(12, 0, 18, 22), Window(12, 16, 18, 24)]
    tiles = [
        tile(tmp_path, f"t{i}", w.of(grid), np.ones((w.height, w.width)), classes=truth[w.slices], share=share[w.slices])
        for i, w in enumerate(windows)
    ]
    built = assemble(grid, tiles, ["classes", "share"])
    assert np.array_equal(built[0], truth)
    assert np.array_equal(built[1], share)


def test_the_first_tile_whose_footprint_holds_a_pixel_owns_it(tmp_path):
    grid = GeoBox((2, 6), Affine(10, 0, 400000, 0, -10, 4800000), UTM31)
    west, east = Window(0, 0, 2, 4).of(grid), Window(0, 2, 2, 4).of(grid)
    first = tile(tmp_path, "w", west, np.array([[1, 1, 1, 0], [0, 1, 1, 1]]), classes=np.full((2, 4), 5))
    second = tile(tmp_path, "e", east, np.array([[1, 1, 1, 0], [1, 1, 1, 1]]), classes=np.full((2, 4), 7))
    assert assemble(grid, [first, second], ["classes"])[0].tolist() == [[5, 5, 5, 7, 7, 0], [0, 5, 5, 5, 7, 7]]
    assert assemble(grid, [second, first], ["classes"])[0].tolist() == [[5, 5, 7, 7, 7, 0], [0, 5, 7, 7, 7, 7]]


def test_a_pixel_that_is_seen_and_not_classified_stays_0(tmp_path):
    grid = GeoBox((1, 3), Affine(10, 0, 400000, 0, -10, 4800000), UTM31)
    first = tile(tmp_path, "a", grid, np.array([[1, 1, 0]]), classes=np.array([[5, 0, 9]]))
    second = tile(tmp_path, "b", grid, np.array([[1, 1, 1]]), classes=np.array([[7, 7, 7]]))
    assert assemble(grid, [first, second], ["classes"])[0].tolist() == [[5, 0, 7]]


def test_numbers_keep_their_type_and_places_without_a_tile_are_empty(tmp_path):
    grid = GeoBox((1, 4), Affine(10, 0, 400000, 0, -10, 4800000), UTM31)
    west = Window(0, 0, 1, 3).of(grid)
    first = tile(tmp_path, "a", west, np.array([[1, 1, 0]]))
    path, values = tmp_path / "numbers.tif", np.array([[0.1, np.nan, 7]], np.float32)
    write_raster(path, west, "float32", [(whole(west.shape), values)])
    ((_, found),) = mosaic_blocks(grid, [TileRasters(west, first.footprint, {"value": path})], ["value"], "float32", np.nan)
    assert found.dtype == np.float32
    assert np.array_equal(found[0], np.array([[0.1, np.nan, np.nan, np.nan]], np.float32), equal_nan=True)


def nearest(grid: GeoBox, source: GeoBox, values: np.ndarray) -> np.ndarray:
    """Values of a source at the pixel centres of a grid, by pyproj; 0 outside."""
    rows, cols = np.indices(grid.shape)
    x, y = grid.transform @ (cols.ravel() + 0.5, rows.ravel() + 0.5)
    x, y = Transformer.from_crs(grid.crs.to_epsg(), source.crs.to_epsg(), always_xy=True).transform(x, y)
    col, row = ~source.transform @ (np.asarray(x), np.asarray(y))
    col, row = np.floor(col).astype(int), np.floor(row).astype(int)
    inside = (row >= 0) & (col >= 0) & (row < source.shape[0]) & (col < source.shape[1])
    found = np.where(inside, values[row.clip(0, source.shape[0] - 1), col.clip(0, source.shape[1] - 1)], 0)
    return found.reshape(grid.shape)


@pytest.mark.parametrize("block", [9, 64])
def test_another_crs_by_nearest(tmp_path, monkeypatch, block):
    monkeypatch.setattr(mosaic, "BLOCK", block)
    rng = np.random.default_rng(1)
    boxes = {
        "a": GeoBox((40, 50), Affine(10, 0, 400000, 0, -10, 4800000), UTM31),
        "b": GeoBox((40, 50), Affine(10, 0, 400350, 0, -10, 4800000), UTM31),
    }
    values = {name: rng.integers(1, 200, box.shape) for name, box in boxes.items()}
    tiles = [tile(tmp_path, name, boxes[name], np.ones((40, 50)), classes=values[name]) for name in priority(boxes)]
    x, y = Transformer.from_crs(UTM31, LAMBERT, always_xy=True).transform(400000, 4800000)
    grid = GeoBox((60, 100), Affine(10, 0, round(x, -1) - 50, 0, -10, round(y, -1) + 50), LAMBERT)
    first, second = (nearest(grid, boxes[name], values[name]) for name in ("a", "b"))
    built = assemble(grid, tiles, ["classes"])[0]
    assert np.array_equal(built, np.where(first > 0, first, second))
    assert 0.3 < (built > 0).mean() < 0.9


def test_tiles_of_real_extent_are_found_up_to_their_bent_edges(tmp_path, monkeypatch):
    """The lower edge of this tile of 110 km is a bow in Lambert-93: in its middle it lies 17 m below the straight line."""
    monkeypatch.setattr(mosaic, "BLOCK", 2)
    box = GeoBox((1098, 1098), Affine(100, 0, 699960, 0, -100, 4800000), UTM30)
    ones = np.ones(box.shape, np.uint8)
    grid = GeoBox((16, 10), Affine(5, 0, 460000, 0, -5, 6140260), LAMBERT)
    expected = nearest(grid, box, ones)
    assert 0 < expected.sum() < expected.size
    assert np.array_equal(assemble(grid, [tile(tmp_path, "t", box, ones, classes=ones)], ["classes"])[0], expected)


def two_zones(folder: Path) -> tuple[GeoBox, list[TileRasters], dict[str, tuple[GeoBox, dict[str, np.ndarray]]]]:
    """A map around 6° E, 45° N and two tiles that overlap there, of zones 31 and 32, with holes; what each pixel holds tells its tile."""
    rng = np.random.default_rng(5)
    east, north = Transformer.from_crs("EPSG:4326", LAMBERT, always_xy=True).transform(6.0, 45.0)
    grid = GeoBox((150, 220), Affine(10, 0, round(east, -1) - 1100, 0, -10, round(north, -1) + 750), LAMBERT)
    tiles, known = {}, {}
    for code, shift in ((UTM31, -900), (UTM32, -500)):
        x, y = Transformer.from_crs("EPSG:4326", code, always_xy=True).transform(6.0, 45.0)
        tiles[code] = GeoBox((120, 130), Affine(10, 0, round(x, -1) + shift, 0, -10, round(y, -1) + 600), code)
    for code in priority(tiles):
        classes = rng.integers(1, 24, (120, 130))
        layers = {"classes": classes, "share": 2 * classes, "validity": 3 * classes + (100 if code == UTM32 else 0)}
        known[code] = tiles[code], {"footprint": (rng.random((120, 130)) < 0.9).astype(int), **layers}
    order = [
        tile(folder, code[-5:], box, layers["footprint"], **{k: v for k, v in layers.items() if k != "footprint"})
        for code, (box, layers) in known.items()
    ]
    return grid, order, known


@pytest.mark.parametrize("side", [64, 1024])
def test_two_zones_share_the_map_as_pixel_by_pixel(tmp_path, monkeypatch, side):
    monkeypatch.setattr(mosaic, "BLOCK", side)
    grid, tiles, known = two_zones(tmp_path)
    owner, expected = np.zeros(grid.shape, int), np.zeros((3, *grid.shape), int)
    for number, (box, layers) in enumerate(known.values(), 1):
        mine = (owner == 0) & (nearest(grid, box, layers["footprint"]) > 0)
        owner[mine] = number
        for row, layer in enumerate(("classes", "share", "validity")):
            expected[row][mine] = nearest(grid, box, layers[layer])[mine]
    assert {0, 1, 2} == set(np.unique(owner))
    found = assemble(grid, tiles, ["classes", "share", "validity"])
    assert np.array_equal(found, expected)
    assert np.array_equal(found[1], 2 * found[0]), "confidence is that of the class beside it"
    assert np.array_equal((found[2] > 100)[owner > 0], (owner == 1 + list(known).index(UTM32))[owner > 0]), "validity is of the same tile"


def test_parts_are_cut_from_the_whole(tmp_path):
    grid, tiles, _ = two_zones(tmp_path)
    whole_map = assemble(grid, tiles, ["classes", "validity"])
    layers = [TileLayer("classes"), TileLayer("validity")]
    for part in (Window(0, 0, 64, 128), Window(64, 128, 86, 92)):
        for window, values in owned_blocks(grid, tiles, layers, part):
            assert np.array_equal(np.stack(values), whole_map[(slice(None), *window.slices)])


def test_layers_of_many_bands_and_types_and_single_bands_of_a_file(tmp_path):
    grid = GeoBox((2, 3), Affine(10, 0, 400000, 0, -10, 4800000), UTM31)
    first = tile(tmp_path, "a", grid, np.array([[1, 1, 0], [1, 1, 1]]), classes=np.full((2, 3), 4))
    shares = np.arange(18, dtype=np.uint16).reshape(3, 2, 3)
    write_raster(tmp_path / "shares.tif", grid, "uint16", [(whole(grid.shape), shares)], count=3)
    files = {**first.layers, "shares": tmp_path / "shares.tif", "third": tmp_path / "shares.tif"}
    one = TileRasters(grid, first.footprint, files, {"third": 3})
    layers = [TileLayer("classes"), TileLayer("shares", "uint16", 3, 65535), TileLayer("third", "uint16", 1, 9)]
    ((_, (classes, found, third)),) = owned_blocks(grid, [one], layers)
    assert classes.tolist() == [[4, 4, 0], [4, 4, 4]]
    shares[:, 0, 2] = 65535
    assert found.tolist() == shares.tolist()
    assert third.tolist() == [[12, 13, 9], [15, 16, 17]]


def test_where_pixels_lie_is_found_once_for_all_layers(tmp_path, monkeypatch):
    grid, tiles, _ = two_zones(tmp_path)
    asked = []
    find = mosaic.find_place
    monkeypatch.setattr(mosaic, "find_place", lambda source, target: asked.append(source.crs) or find(source, target))
    assemble(grid, tiles, ["classes", "share", "validity"])
    assert len(asked) == 2


def test_blocks_are_smaller_where_tiles_are_finer_or_layers_many(tmp_path):
    box = GeoBox((2000, 2000), Affine(10, 0, 400000, 0, -10, 4800000), UTM31)
    one = TileRasters(box, tmp_path / "none.tif", {})

    def side(pixel: float, *layers: TileLayer) -> int:
        cells = round(20000 / pixel)
        grid = GeoBox((cells, cells), Affine(pixel, 0, 400000, 0, -pixel, 4800000), UTM31)
        return mosaic._side(grid, mosaic.Reach(grid, [box]), [one], layers)

    assert side(10, TileLayer("a")) == 1024
    assert side(200, TileLayer("a")) == 512, "400 pixels of the tile in one of the map"
    assert side(10, TileLayer("p", "uint16", 128)) == 512
