"""Segments of a tile: made or given, cell by cell, then numbered and described for the whole tile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import Window, crs_text, split, whole
from iota_py.io.publish import read_json, write_json
from iota_py.io.raster import burn, read_window, write_raster
from iota_py.io.tables import read_table, write_table, write_table_parts
from iota_py.objects.shape import Shapes
from iota_py.objects.slic import contrast, scaled, slic_segments, spread_places
from iota_py.objects.statistics import (
    Sums,
    object_names,
    shape_columns,
    statistic_columns,
    sums_frame,
    sums_from_frame,
    sums_of,
    whole_segments,
)
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.parcels import parcels_on
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions

TILED = {"tiled": True, "blockxsize": 256, "blockysize": 256}
ROWS = 256  # of a strip
GROUP = 32_768  # rows of the table of a tile that are held together
PLACE, PLACES = 64, 25  # pixels on a side of a place that the contrast is taken from, and how many of them


def write_parcels(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/parcels.tif`: uint32, number of the given polygon that contains the centre of each pixel, 0 for none; with a table of
    the row of each in its file, from 0. Numbers from 1 in the order of the file, of the polygons that meet the tile; of several the first.
    """
    tile = params["tile"]
    geobox: GeoBox = ws.geobox(tile)
    raster, table = paths.parcels(tile)
    near = parcels_on(ws.config, geobox)
    number = np.arange(1, len(near) + 1)
    write_table(ws.path(table), pd.DataFrame({"segment": number.astype(np.uint32), "polygon": near.index.to_numpy(np.int64)}))

    def blocks() -> Iterator[tuple[Window, np.ndarray]]:
        for strip in split(geobox.shape, (ROWS, geobox.shape[1])):
            box = strip.of(geobox)
            here = np.sort(near.sindex.query(box.extent.geom))[::-1]
            yield strip, burn(zip(near.geometry.iloc[here], number[here]), box).astype(np.uint32)

    write_raster(ws.path(raster), geobox, "uint32", blocks(), options={**TILED, "nodata": 0})


def write_contrast(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/contrast.json`: what becomes 0 and 1 of each column that segments are made from.

    From usable pixels of 25 places of 64 × 64 pixels, evenly spread over those that the footprint of the tile meets.
    """
    tile, columns = params["tile"], [ws.feature_names.index(name) for name in params["columns"]]
    seen = list(_seen_places(ws, tile))
    found = [np.zeros((0, len(columns)), np.int16)]
    for index in spread_places(len(seen), PLACES):
        observed, validity = ws.observe(tile, seen[index])
        found.append(features_of(observed)[validity > 0][:, columns])
    low, high = contrast(np.concatenate(found))
    write_json(ws.path(paths.contrast(tile)), {"columns": params["columns"], "low": low.tolist(), "high": high.tolist()})


def _seen_places(ws: Workspace, tile: str) -> Iterator[Window]:
    """Places of a tile that its footprint meets, in row-major order."""
    height, width = (int(side) for side in ws.geobox(tile).shape)
    for strip in split((height, width), (PLACE, width)):
        seen: np.ndarray = np.asarray(read_window(str(ws.path(paths.footprint(tile))), strip).any(axis=0))
        for place in split(strip.shape, (PLACE, PLACE)):
            if seen[place.col : place.col + place.width].any():
                yield Window(strip.row, place.col, place.height, place.width)


def write_cell(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/cells/….tif`: uint32 bands segment and validity; and the sums of the features over each segment.

    A pixel is of a segment where the tile owns it, a region contains it and it was seen clearly at least once.
    """
    tile, cell = params["tile"], Window(*params["cell"])
    box = cell.of(ws.geobox(tile))
    out = np.zeros((2, *cell.shape), np.uint32)
    owned = owned_part(ws, tile, cell, params["margin"])
    features = np.zeros((cell.pixels, len(ws.feature_names)), np.int16)
    if owned.any():
        observed, validity = ws.observe(tile, cell)
        out[1] = np.where(owned, validity.reshape(cell.shape), 0)
        usable = (out[1] > 0) & (burn_regions(ws.regions(crs_text(box)), box) > 0)
        if usable.any():
            features = features_of(observed)
            out[0] = _segments(ws, params, cell, features, usable)
    raster, table = paths.cell(tile, cell.row, cell.col)
    write_table(ws.path(table), sums_frame(sums_of(features, out[0].ravel(), params["statistics"])))
    write_raster(ws.path(raster), box, "uint32", [(whole(cell.shape), out)], count=2)


def _segments(ws: Workspace, params: Mapping[str, Any], cell: Window, features: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Numbers of the segments of a cell, (row, col): of the polygons given, or its own from 1."""
    tile = params["tile"]
    if params["slic"] is None:
        return np.where(usable, read_window(str(ws.path(paths.parcels(tile)[0])), cell), 0)
    scale = read_json(ws.path(paths.contrast(tile)))
    columns = [ws.feature_names.index(name) for name in scale["columns"]]
    image = scaled(features[:, columns], np.array(scale["low"], np.int16), np.array(scale["high"], np.int16))
    return slic_segments(image.reshape(*cell.shape, -1), usable, params["slic"]["size"], params["slic"]["compactness"])


def write_tile_objects(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/segments.tif` (uint32, 0 for none), `validity.tif` (uint8), and `objects.parquet`: a row for each segment.

    Columns segment, polygon (row of the file, of given polygons), region (the one with most of its pixels), row, col (of the pixel nearest
    to its centre), x, y, pixels, and the features of `object_names`, int16.
    """
    tile, cells = params["tile"], [Window(*place) for place in params["cells"]]
    numbers = [read_table(ws.path(_table(tile, cell)), ["segment"]).segment.to_numpy() for cell in cells]
    counts = np.array([0, *(len(own) for own in numbers)]) if params["slic"] is not None else np.zeros(len(cells) + 1, np.int64)
    first = dict(zip(cells, np.cumsum(counts).tolist()))
    _write_rasters(ws, tile, cells, first)
    several = {} if params["slic"] is not None else {n: c for n, c in Counter(np.concatenate(numbers).tolist()).items() if c > 1}
    shapes = _shapes(ws, tile, max((int(own.max(initial=0)) + first[cell] for cell, own in zip(cells, numbers)), default=0))
    whole_ones = whole_segments((_shifted(read_table(ws.path(_table(tile, cell))), first[cell]) for cell in cells), several)
    write_table_parts(ws.path(paths.objects(tile)), gathered(_object_frames(ws, params, whole_ones, shapes), GROUP))


def gathered(frames: Iterator[pd.DataFrame], rows: int) -> Iterator[pd.DataFrame]:
    """The same rows in frames of at least so many, but the last: each group of rows of a file costs a note on every column."""
    waiting: list[pd.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(len(one) for one in waiting) >= rows:
            yield pd.concat(waiting, ignore_index=True)
            waiting = []
    if waiting:
        yield pd.concat(waiting, ignore_index=True)


def _table(tile: str, cell: Window) -> str:
    return paths.cell(tile, cell.row, cell.col)[1]


def _shifted(frame: pd.DataFrame, first: int) -> Sums:
    """Sums of a cell with the numbers that its segments have in the tile."""
    return sums_from_frame(frame.assign(segment=(frame.segment + first).astype(np.uint32)))


def _write_rasters(ws: Workspace, tile: str, cells: Sequence[Window], first: Mapping[Window, int]) -> None:
    geobox = ws.geobox(tile)

    def path_of(cell: Window) -> Any:
        return ws.path(paths.cell(tile, cell.row, cell.col)[0])

    def numbered() -> Iterator[tuple[Window, np.ndarray]]:
        for strip in split(geobox.shape, (ROWS, geobox.shape[1])):
            values = np.zeros(strip.shape, np.uint32)
            for cell in cells:
                top, bottom = max(cell.row, strip.row), min(cell.row + cell.height, strip.row + strip.height)
                if top < bottom:
                    part = read_window(str(path_of(cell)), Window(top - cell.row, 0, bottom - top, cell.width))
                    place = slice(top - strip.row, bottom - strip.row), slice(cell.col, cell.col + cell.width)
                    values[place] = np.where(part > 0, part + np.uint32(first[cell]), 0)
            yield strip, values

    write_raster(ws.path(paths.segments(tile)), geobox, "uint32", numbered(), options={**TILED, "nodata": 0})
    seen = full_width_strips(geobox, cells, path_of, 2, ROWS, np.asarray(0, np.uint32))
    validity = ((strip, values.astype(np.uint8)) for strip, values in seen)
    write_raster(ws.path(paths.tile_layer(tile, "validity")), geobox, "uint8", validity, options=TILED)


def _shapes(ws: Workspace, tile: str, largest: int) -> Shapes:
    """Size, outline, place and regions of the segments of a tile, whose numbers go up to `largest`."""
    geobox: GeoBox = ws.geobox(tile)
    here = _regions(ws, tile)
    found = Shapes.none(largest, len(here))
    height, width = (int(side) for side in geobox.shape)
    source, frame = str(ws.path(paths.segments(tile))), ws.regions(crs_text(geobox))
    for strip in split((height, width), (ROWS, width)):
        top, bottom = max(0, strip.row - 1), min(height, strip.row + strip.height + 1)
        around = np.zeros((strip.height + 2, width + 2), np.uint32)
        part = read_window(source, Window(top, 0, bottom - top, width))
        around[top - strip.row + 1 : bottom - strip.row + 1, 1:-1] = part
        region = burn_regions(frame, strip.of(geobox))
        found.count(around, np.searchsorted(here, region).clip(max=len(here) - 1), strip.row)
    return found


def _regions(ws: Workspace, tile: str) -> np.ndarray:
    """Regions that touch a tile, ascending."""
    return np.array(sorted(ws.summary["tiles"][tile]["regions"]), np.int64)


def _object_frames(ws: Workspace, params: Mapping[str, Any], parts: Iterator[Sums], shapes: Shapes) -> Iterator[pd.DataFrame]:
    """Rows of segments with their features; of a tile without a segment one frame without a row, for its columns."""
    tile = params["tile"]
    names, here = object_names(ws.feature_names, params["statistics"]), _regions(ws, tile)
    given = None if params["slic"] is not None else read_table(ws.path(paths.parcels(tile)[1])).set_index("segment").polygon
    t = ws.geobox(tile).transform
    written = False
    for sums in parts:
        written = True
        yield _object_frame(sums, statistic_columns(sums, params["statistics"]), shapes, names, (here, given, t))
    if not written:
        none = Sums(np.zeros(0, np.uint32), np.zeros(0, np.int64), {})
        yield _object_frame(none, np.zeros((0, len(names) - 2), np.int16), shapes, names, (here, given, t))


def _object_frame(sums: Sums, columns: np.ndarray, shapes: Shapes, names: Sequence[str], tile: tuple[np.ndarray, Any, Any]) -> pd.DataFrame:
    """tile: its regions; the rows of given polygons in their file, by number; the transform of its grid."""
    (regions, given, t), numbers = tile, sums.segment
    row, col = shapes.centres(numbers)
    keys = pd.DataFrame({"segment": numbers})
    if given is not None:
        keys["polygon"] = given.reindex(numbers).to_numpy(np.int64)
    keys["region"] = regions[shapes.region_of(numbers)].astype(np.int32)
    keys["row"], keys["col"] = np.rint(row).astype(np.int32), np.rint(col).astype(np.int32)
    keys["x"], keys["y"] = t.c + (col + 0.5) * t.a, t.f + (row + 0.5) * t.e
    keys["pixels"] = sums.pixels
    values = np.hstack([columns, shape_columns(sums.pixels, shapes.edges[numbers])])
    return pd.concat([keys, pd.DataFrame(values, columns=list(names))], axis=1)
