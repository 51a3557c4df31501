"""The stages of a window on one core, ours and those of a chain made of libraries, in turn on the same windows and arrays.

The libraries: rasterio, whole bands repeated to 10 m by numpy; gap-filling and indices in vectorised numpy; scikit-learn's predict_proba
on float32; rasterio again. Datasets stay open, arrays are allocated once and nothing is synced, published or read back on their side.
All seconds are the processor's, since waiting is nobody's work.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numba import njit

from iota_py.bench.filling import CHUNK, fill_in_numpy
from iota_py.bench.reading import BLOCK_CACHE
from iota_py.bench.tile import NODATA
from iota_py.features.indices import IndexPlan, index_chunk, index_values
from iota_py.grid.windows import Window, whole
from iota_py.io.decoding import decode, small_block_cache
from iota_py.io.handles import close_kept
from iota_py.io.raster import open_raster, read_window, write_raster
from iota_py.pipeline.inputs.reading import BookStack, FeatureSource, Observed, codes_of, features_of, read_observed
from iota_py.pipeline.models.block import BLOCK
from iota_py.prediction.loading import load_engine
from iota_py.products.product import Series
from iota_py.simulation.series import PixelSeries
from iota_py.timeseries.gapfill import LANES, fill_chunk, fill_window
from iota_py.training.fit import Fitted

STAGES = ("read", "fill", "index", "encode", "predict", "write")


@dataclass
class Comparison:
    """Seconds and pixels by stage of both sides; what differs.

    parts: seconds of our fused kernels, `fill`, `fill, index`, `codes` and `features`, each with all that comes before it. same: what was
    compared, the pixels compared, how many of their values are wrong, the largest difference of a number.
    """

    ours: dict[str, list[float]] = field(default_factory=dict)
    reference: dict[str, list[float]] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    same: dict[str, list[float]] = field(default_factory=dict)
    windows: int = 0

    def rates(self, side: str) -> dict[str, float]:
        """Seconds per Mpx of each stage, of `ours` or `reference`."""
        found = getattr(self, side)
        return {stage: found[stage][0] / found[stage][1] * 1e6 for stage in STAGES}

    def shares(self, kernel: str) -> dict[str, float]:
        """Shares of fill, index and encode in a fused kernel, `codes` or `features` (there `encode` is the packing of columns)."""
        fill, index, all_of_it = self.parts["fill"], self.parts["fill, index"], self.parts[kernel]
        return {"fill": fill / all_of_it, "index": (index - fill) / all_of_it, "encode": (all_of_it - index) / all_of_it}


@dataclass(frozen=True, eq=False)
class Bench:
    """What the measuring of a window needs. layers: open datasets of each date, bands then masks. results: our file of a window."""

    source: FeatureSource
    layers: Sequence[Sequence[Any]]
    fitted: Fitted
    engine: Any
    stack: BookStack
    results: Callable[[Window], Path]
    place: Path


def compare_stages(source: FeatureSource, windows: Sequence[Window], fitted: Fitted, results: Callable[[Window], Path], place: Path,
                   pixels: int) -> Comparison:  # fmt: skip
    """Measure windows of one size; the first is done once before, not counted. pixels: predicted by both sides, shared among the windows."""
    engine = load_engine(fitted)
    series = source.series
    with ExitStack() as stack:
        stack.callback(close_kept)
        stack.enter_context(small_block_cache(BLOCK_CACHE))
        layers = [[stack.enter_context(open_raster(path)) for path in paths] for paths in _paths(series)]
        bench = Bench(source, layers, fitted, engine, BookStack.of([engine.book], engine.tiled), results, place)
        rooms = np.empty((len(layers), len(series.bands), windows[0].pixels), np.int16), np.empty((len(layers), windows[0].pixels), bool)
        share = max(1, pixels // len(windows))
        _measure(bench, windows[0], rooms, share, Comparison())
        found = Comparison(windows=len(windows))
        for window in windows:
            _measure(bench, window, rooms, share, found)
    return found


def _measure(bench: Bench, window: Window, rooms: tuple[np.ndarray, np.ndarray], share: int, found: Comparison) -> None:
    """All stages of one window, ours and theirs in turn."""
    n = window.pixels
    read_plainly(bench, window, *rooms)  # from here on both find the files in the system's cache
    ((observed,), validity), mine = _clocked(lambda: read_observed([bench.source], window))
    _, theirs = _clocked(lambda: read_plainly(bench, window, *rooms))
    _book(found, "read", (mine, theirs), n)
    differing = (rooms[1] != (observed.valid != 0)) | ((rooms[0] != observed.values).any(axis=1) & rooms[1])
    _note(found, "usable pixels and their values", rooms[1].size, int(differing.sum()))
    _measure_features(bench, observed, found)
    usable = np.flatnonzero(validity)
    first = max(0, (len(usable) - share) // 2)
    _measure_prediction(bench, observed.part(usable[first : first + share]), found)
    _measure_writing(bench, window, found)


def _measure_features(bench: Bench, observed: Observed, found: Comparison) -> None:
    """Filling, indices and codes of all the pixels; the library's codes are float32 by pixel, turned in pieces that stay in the cache."""
    n, plan, targets = observed.values.shape[2], observed.indices, observed.targets
    series = PixelSeries(observed.values, observed.valid, observed.days, np.empty(0, np.uint8))
    none = np.empty(0, np.uint8), np.empty(0, np.uint32), np.empty(0, np.uint32)
    blocks = _blocks(n)
    coding = sum(_clocked(lambda block=block: codes_of([observed], bench.stack, *block))[1] for block in blocks)
    columns, filling = _clocked(lambda: fill_in_numpy(series, targets, plan))
    _, fill = _clocked(lambda: fill_and_index(observed, none))
    indexing = index_in_numpy(observed)
    _, index = _clocked(lambda: fill_and_index(observed, (plan.kinds, plan.first, plan.second)))
    converting = sum(_clocked(lambda a=a: columns[:, a : a + LANES].copy().T.astype(np.float32, order="C"))[1] for a in range(0, n, LANES))
    packing = sum(_clocked(lambda block=block: features_of([observed], *block))[1] for block in blocks)
    for name, seconds in {"fill": fill, "fill, index": index, "codes": coding, "features": packing}.items():
        found.parts[name] = found.parts.get(name, 0.0) + seconds
    for stage, pair in {
        "fill": (fill, filling - indexing),
        "index": (index - fill, indexing),
        "encode": (coding - index, converting),
    }.items():
        _book(found, stage, pair, n)
    checked = features_of([observed], *blocks[len(blocks) // 2]).astype(np.int32)
    gap = np.abs(checked - columns[:, slice(*blocks[len(blocks) // 2])].T)
    _note(found, "columns within 1", len(checked), int((gap > 1).sum()), int(gap.max()))


def _measure_prediction(bench: Bench, observed: Observed, found: Comparison) -> None:
    """Labels of a few pixels that lie together, from codes that are ready on both sides; the library's as float32."""
    n = observed.values.shape[2]
    codes = [(codes_of([observed], bench.stack, a, b)[0], b - a) for a, b in _blocks(n)]
    raw = bench.fitted.book.encode(features_of([observed])).astype(np.float32)
    estimator = copy.copy(bench.fitted.estimator)
    estimator.n_jobs = 1
    parts, mine = _clocked(lambda: [bench.engine.predict_codes(*block).labels for block in codes])
    shares, theirs = _clocked(lambda: estimator.predict_proba(raw))
    _book(found, "predict", (mine, theirs), n)
    wrong = np.concatenate(parts) != bench.fitted.classes[shares.argmax(axis=1)]
    _note(found, "labels", n, int(wrong.sum()))


def _measure_writing(bench: Bench, window: Window, found: Comparison) -> None:
    """The three layers of the window's own result."""
    layers = read_window(str(bench.results(window)), None, [1, 2, 3])
    box = window.of(bench.source.series.geobox)
    ours, plain = bench.place / "ours.tif", bench.place / "plain.tif"
    blocks = [(whole(layers.shape[1:]), layers)]
    _, mine = _clocked(lambda: write_raster(ours, box, "uint8", blocks, count=3))
    profile = {"driver": "GTiff", "height": window.height, "width": window.width, "count": 3, "dtype": "uint8", "compress": "deflate"}

    def plainly() -> None:
        with rasterio.open(plain, "w", crs=box.crs.to_wkt(), transform=box.transform, **profile) as dataset:
            dataset.write(layers)

    _, theirs = _clocked(plainly)
    _book(found, "write", (mine, theirs), window.pixels)
    wrong = (read_window(str(ours), None, [1, 2, 3]) != read_window(str(plain), None, [1, 2, 3])).any(axis=0)
    _note(found, "layers written", window.pixels, int(wrong.sum()))


def read_plainly(bench: Bench, window: Window, values: np.ndarray, valid: np.ndarray) -> None:
    """Fill values int16 (date, band, pixel) and valid bool (date, pixel): every band and mask by rasterio, coarse ones repeated."""
    count = values.shape[1]
    for date, datasets in enumerate(bench.layers):
        layers = [on_window(dataset, bench.source.series, window) for dataset in datasets]
        for band, layer in enumerate(layers[:count]):
            values[date, band] = layer
        valid[date] = (values[date] != NODATA).all(axis=0)
        for mask in layers[count:]:
            valid[date] &= mask == 0


def on_window(dataset: Any, series: Series, window: Window) -> np.ndarray:
    """Pixels (pixel,) of a dataset on a window of the tile."""
    factor = series.geobox.shape[0] // dataset.height
    top, left = window.row // factor, window.col // factor
    bottom, right = -(-(window.row + window.height) // factor), -(-(window.col + window.width) // factor)
    pixels = decode(dataset, Window(top, left, bottom - top, right - left))
    if factor > 1:
        row, col = window.row % factor, window.col % factor
        pixels = pixels.repeat(factor, 0).repeat(factor, 1)[row : row + window.height, col : col + window.width]
    return pixels.ravel()


def index_in_numpy(observed: Observed) -> float:
    """Seconds of the indices and their rounding alone, as `fill_in_numpy` does them; what is filled is made ready outside the clock."""
    seconds, n = 0.0, observed.values.shape[2]
    for start in range(0, n, CHUNK):
        part = observed.part(slice(start, start + CHUNK))
        filled = fill_window(part.values, part.valid, part.days, part.targets)
        seconds += _clocked(lambda filled=filled: _indices(filled, observed.indices))[1]
    return seconds


def _indices(filled: np.ndarray, plan: IndexPlan) -> np.ndarray:
    values = index_values(filled, plan)
    return np.rint(np.clip(values, -32768, 32767, out=values), out=values).astype(np.int16)


def fill_and_index(observed: Observed, plan: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    """Our kernels as `codes_of` calls them, up to the indices of `plan`; an empty plan leaves the filling alone."""
    targets, bands = len(observed.targets), observed.values.shape[1]
    rooms = np.zeros((targets, bands, LANES), np.float32), np.zeros((len(plan[0]), targets, LANES), np.float32)
    _fill_and_index((observed.values, observed.valid, observed.days, observed.targets), plan, rooms)


@njit(nogil=True, error_model="numpy")
def _fill_and_index(series, plan, rooms):
    values, valid, observed, targets = series
    kinds, first, second = plan
    filled, index = rooms
    for start in range(0, values.shape[2], LANES):
        fill_chunk(values, valid, observed, targets, start, min(start + LANES, values.shape[2]), filled)
        index_chunk(filled, kinds, first, second, index)


def _blocks(pixels: int) -> list[tuple[int, int]]:
    """First and last pixels of the blocks in which a window is predicted."""
    return [(first, min(first + BLOCK, pixels)) for first in range(0, pixels, BLOCK)]


def _paths(series: Series) -> list[list[str]]:
    """Files of each date: the bands in order, then the masks."""
    return [[p.bands[band].path for band in series.bands] + [mask.layer.path for mask in p.masks] for (p,) in series.observations]


def _clocked(call: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


def _book(found: Comparison, stage: str, seconds: tuple[float, float], pixels: int) -> None:
    for side, spent in zip((found.ours, found.reference), seconds):
        entry = side.setdefault(stage, [0.0, 0])
        entry[0] += spent
        entry[1] += pixels


def _note(found: Comparison, what: str, pixels: int, wrong: int, difference: int = 0) -> None:
    entry = found.same.setdefault(what, [0, 0, 0])
    entry[0] += pixels
    entry[1] += wrong
    entry[2] = max(entry[2], difference)
