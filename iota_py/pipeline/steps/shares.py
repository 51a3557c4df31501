"""Windows and tiles of a run with a section `map`: classes after the borders and the neighbours had their say, and what comes of probabilities."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox
from scipy.ndimage import maximum_filter

from iota_py.config.map_layers import MapLayers, Smoothing
from iota_py.grid.windows import Window, crs_text, whole
from iota_py.io.raster import write_raster
from iota_py.mapping.boundary import Pixels, border_weights, outline, region_distances
from iota_py.mapping.shares import NODATA, apportion, thousandths
from iota_py.mapping.smoothing import bayesian, majority
from iota_py.mapping.uncertainty import uncertainty
from iota_py.pipeline import paths
from iota_py.pipeline.models.applicability import seen_of
from iota_py.pipeline.models.block import BLOCK
from iota_py.pipeline.models.conformal import set_sizes
from iota_py.pipeline.models.shares import Answers, Borders, answer, decide, known_codes, region_codes
from iota_py.pipeline.steps.applicability_layers import write_tile_seen, write_window_seen
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions


@dataclass(frozen=True)
class Frame:
    """A window of a tile, and the larger one around it whose pixels decide its classes. inner: the window, counted from the larger one."""

    tile: str
    window: Window
    outer: Window
    inner: Window

    @classmethod
    def of(cls, tile: str, window: Window, shape: Sequence[int], margin: int) -> Frame:
        """margin: pixels on each side, fewer at the edges of the tile."""
        top, left = max(0, window.row - margin), max(0, window.col - margin)
        bottom, right = min(shape[0], window.row + window.height + margin), min(shape[1], window.col + window.width + margin)
        outer = Window(top, left, bottom - top, right - left)
        return cls(tile, window, outer, Window(window.row - top, window.col - left, window.height, window.width))

    def cut(self, values: np.ndarray) -> np.ndarray:
        """The window (…, row, col) of what is known of the pixels (…, pixel) of the larger one."""
        return values.reshape(*values.shape[:-1], *self.outer.shape)[(..., *self.inner.slices)]


def wish_of(ws: Workspace) -> MapLayers:
    """The section `map`, for steps that are only done where there is one."""
    assert ws.config.map is not None
    return ws.config.map


def write_window_of_shares(ws: Workspace, params: Mapping[str, Any]) -> None:
    """As `mapping.write_window`, with a last band where borders are compared: 1 in their buffers; and the window of thousandths."""
    wish, tile, window = wish_of(ws), params["tile"], Window(*params["window"])
    frame = Frame.of(tile, window, ws.geobox(tile).shape, wish.margin)
    layers = 4 if wish.compares else 2
    out = np.zeros((1 + layers * ws.runs + wish.compares, *window.shape), np.uint8)
    thousandths_of = np.full((_bands(ws), *window.shape), NODATA, np.uint16)
    owned = owned_part(ws, tile, window, params["margin"])
    own, seen = np.zeros(window.shape, np.int32), seen_of(ws, frame.outer.pixels)
    if owned.any():
        observed, validity = ws.observe(tile, frame.outer)
        box = frame.outer.of(ws.geobox(tile))
        region = np.where(_needed(owned, frame, wish.margin) & (validity.reshape(box.shape) > 0), _regions(ws, box), 0)
        borders = _borders(ws, frame, region)
        smoothes = wish.smoothing is not None and wish.smoothing.kind == "bayesian"
        plain, fused = answer(ws, observed, region.ravel(), borders, (smoothes and wish.compares, smoothes or wish.quantised), seen)
        out[0] = np.where(owned, frame.cut(validity), 0)
        own = np.where(owned, frame.cut(region.ravel()), 0)
        for number, said in enumerate((fused, plain) if wish.compares else (fused,)):
            for run in range(ws.runs):
                labels, confidence = _smoothed(ws, frame, said, run, region)
                out[1 + layers * run + 2 * number : 3 + layers * run + 2 * number] = np.where(own > 0, (labels, confidence), 0)
        if wish.compares and borders is not None:
            out[-1] = (own > 0) & frame.cut(borders.mixed)
        if wish.quantised:
            _fill(ws, frame, (fused, borders), own, thousandths_of)
    if seen is not None:
        write_window_seen(ws, tile, window, frame.cut(seen.layers), own > 0)
    box = window.of(ws.geobox(tile))
    write_raster(ws.path(paths.window(tile, window.row, window.col)), box, "uint8", [(whole(box.shape), out)], count=len(out))
    if wish.quantised:
        path = ws.path(paths.window_shares(tile, window.row, window.col))
        write_raster(path, box, "uint16", [(whole(box.shape), thousandths_of)], count=len(thousandths_of))


def _bands(ws: Workspace) -> int:
    wish = wish_of(ws)
    return wish.probabilities * len(known_codes(ws)) + len(wish.uncertainty) + wish.set_size if wish.quantised else 0


def _regions(ws: Workspace, box: GeoBox) -> np.ndarray:
    return burn_regions(ws.regions(crs_text(box)), box)


def _needed(owned: np.ndarray, frame: Frame, margin: int) -> np.ndarray:
    """Pixels of the larger window that are owned, or neighbours of one, bool (row, col)."""
    needed = np.zeros(frame.outer.shape, bool)
    needed[frame.inner.slices] = owned
    return maximum_filter(needed, 2 * margin + 1, mode="constant") if margin else needed


def _borders(ws: Workspace, frame: Frame, region: np.ndarray) -> Borders | None:
    """Weights of the regions, where their borders are fused."""
    rule = wish_of(ws).boundary_fusion
    if rule is None:
        return None
    indices = tuple(sorted(ws.region_names))
    transform = ws.geobox(frame.tile).transform
    pixels = Pixels(frame.outer.row, frame.outer.col, frame.outer.shape, transform.c, transform.f, transform.a, -transform.e)
    own = np.searchsorted(indices, region)
    own[region == 0] = -1
    outlines = _outlines(ws, crs_text(ws.geobox(frame.tile)), indices)
    distances = region_distances(outlines, own, pixels, max(rule.interior, rule.exterior))
    return Borders(indices, border_weights(distances, own, rule.interior, rule.exterior).reshape(len(indices), -1))


@functools.lru_cache(maxsize=8)
def _outlines(ws: Workspace, crs: str, indices: tuple[int, ...]) -> list[Any]:
    frames = ws.regions(crs)
    assert frames is not None
    return [outline(frames.geometry[frames.region == index].iloc[0]) for index in indices]


def _smoothed(ws: Workspace, frame: Frame, said: Answers, run: int, region: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Classes and confidence of the window in a run, after its neighbours had their say."""
    rule = wish_of(ws).smoothing
    if rule is None:
        return frame.cut(said.labels[run]), frame.cut(said.confidence[run])
    if rule.kind == "majority":
        shape = frame.outer.shape
        made = majority(said.labels[run].reshape(shape), said.confidence[run].reshape(shape), rule.side)
        return made[0][frame.inner.slices], made[1][frame.inner.slices]
    return decide(_posterior(ws, rule, frame, said.shares[run], region), np.array(known_codes(ws), np.uint8))


def _posterior(ws: Workspace, rule: Smoothing, frame: Frame, shares: np.ndarray, region: np.ndarray) -> np.ndarray:
    variance = np.array(rule.variances(known_codes(ws)))
    made = bayesian(shares.reshape(len(shares), *frame.outer.shape), region > 0, rule.side, variance, rule.neighbours)
    return made[(slice(None), *frame.inner.slices)]


def _fill(ws: Workspace, frame: Frame, said: tuple[Answers, Borders | None], own: np.ndarray, out: np.ndarray) -> None:
    """Thousandths of a window: probabilities, the mean of the runs', then the measures of uncertainty, from the thousandths; sizes of sets.

    own: region of each pixel, 0 where nothing is mapped. Smoothing has no part in them.
    """
    wish = wish_of(ws)
    shares = frame.cut(said[0].shares)
    rows, cols = np.nonzero(own)
    count = _known(ws, frame, said[1], own)
    for start in range(0, len(rows), BLOCK):
        place = rows[start : start + BLOCK], cols[start : start + BLOCK]
        found = apportion(shares[:, :, *place].mean(axis=0, dtype=np.float64).T)
        if wish.probabilities:
            out[: found.shape[1], *place] = found.T
        first = found.shape[1] if wish.probabilities else 0
        for number, measure in enumerate(wish.uncertainty):
            out[first + number, *place] = thousandths(uncertainty(found, count[place], measure))
        if wish.set_size:
            out[-1, *place] = set_sizes(ws, shares[:, :, *place], own[place])


def _known(ws: Workspace, frame: Frame, borders: Borders | None, own: np.ndarray) -> np.ndarray:
    """Classes that the models of each pixel know, int64 (row, col): of its region, and of the others that have a weight there."""
    codes, indices = known_codes(ws), tuple(sorted(ws.region_names))
    knows = np.array([np.isin(codes, region_codes(ws, index)) for index in indices])
    if borders is None:
        table = np.zeros(max(indices) + 1, np.int64)
        table[list(indices)] = knows.sum(axis=1)
        return table[own]
    weighs = frame.cut(borders.weights) > 0
    count = np.zeros(own.shape, np.int64)
    for code in range(len(codes)):
        count += weighs[knows[:, code]].any(axis=0)
    return count


def write_tile_of_shares(ws: Workspace, tile: str, windows: Sequence[Window], options: Mapping[str, Any]) -> None:
    """Rasters of a tile beside those of its runs: buffers of the borders, probabilities, measures of uncertainty."""
    wish, geobox = wish_of(ws), ws.geobox(tile)
    rows = options["blockysize"]
    write_tile_seen(ws, tile, windows, options)
    if wish.compares:
        last = 2 + 4 * ws.runs
        blocks = full_width_strips(
            geobox, windows, lambda w: ws.path(paths.window(tile, w.row, w.col)), last, rows, np.asarray(0, np.uint8)
        )
        write_raster(ws.path(paths.tile_layer(tile, "buffers")), geobox, "uint8", blocks, options=options)

    def path_of(window: Window) -> Path:
        return ws.path(paths.window_shares(tile, window.row, window.col))

    def strips(bands: list[int]) -> Iterator[tuple[Window, np.ndarray]]:
        return full_width_strips(geobox, windows, path_of, bands, rows, np.asarray(NODATA, np.uint16))

    first, planar = 1, {**options, "nodata": NODATA, "interleave": "band"}
    for layer, count in share_layers(ws):
        path = ws.path(paths.tile_layer(tile, layer))
        write_raster(path, geobox, "uint16", strips(list(range(first, first + count))), count=count, options=planar)
        first += count


def share_layers(ws: Workspace) -> list[tuple[str, int]]:
    """Layers of thousandths in the order of their bands, with how many each has."""
    wish = wish_of(ws)
    found = [("probabilities", len(known_codes(ws)))] if wish.probabilities else []
    found += [("uncertainty", len(wish.uncertainty))] if wish.uncertainty else []
    return [*found, ("set_size", 1)] if wish.set_size else found
