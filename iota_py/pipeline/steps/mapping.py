"""Windows predicted, tiles assembled, the map put together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.grid.windows import Window, crs_text, whole
from iota_py.io.publish import write_text
from iota_py.io.raster import write_cog, write_raster
from iota_py.mapping.mosaic import TileRasters, mosaic_blocks
from iota_py.mapping.vote import majority_vote
from iota_py.nomenclature import Nomenclature, ramp_style
from iota_py.pipeline import paths
from iota_py.pipeline.models import engine_at
from iota_py.pipeline.reading import BookStack, Observed, codes_of, features_of
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions

BLOCK = 4096  # pixels whose codes are in the cache while each tree passes over them
TILED = {"tiled": True, "blockxsize": 256, "blockysize": 256}


def write_window(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/windows/…tif`: uint8 bands validity, then class and confidence of each run; 0 outside the owned part."""
    tile, window = params["tile"], Window(*params["window"])
    box = window.of(ws.geobox(tile))
    out = np.zeros((1 + 2 * ws.runs, window.height, window.width), np.uint8)
    owned = owned_part(ws, tile, window, params["margin"])
    if owned.any():
        observed, validity = ws.observe(tile, window)
        region = burn_regions(ws.regions(crs_text(box)), box)
        out[0] = np.where(owned, validity.reshape(owned.shape), 0)
        _classify(ws, observed, np.where(owned & (out[0] > 0), region, 0).ravel(), out[1:].reshape(2 * ws.runs, -1))
    path = ws.path(paths.window(tile, window.row, window.col))
    write_raster(path, box, "uint8", [(whole(out.shape[1:]), out)], count=len(out))


def _classify(ws: Workspace, observed: list[Observed], region: np.ndarray, out: np.ndarray) -> None:
    """Fill out (2 × run, pixel) with class and confidence 0–100 from the model of each pixel's region; region 0 is left alone.

    Block by block: codes or features of a block are made once for all the runs, used while they are in the cache, and forgotten.
    """
    folders = {int(r): tuple(str(ws.path(paths.model(int(r), run))) for run in range(ws.runs)) for r in np.unique(region) if r > 0}
    for first in range(0, len(region), BLOCK):
        last = min(first + BLOCK, len(region))
        present = np.unique(region[first:last])
        present = present[present > 0]
        features = None
        for index in present:
            models = _models(folders[int(index)], ws.version, ws.feature_names)
            here = np.flatnonzero(region[first:last] == index)
            if len(present) == 1 and models.stack is not None and 2 * len(here) > last - first:
                codes = codes_of(observed, models.stack, first, last)
                found = [engine.predict_codes(codes[run], last - first) for run, engine in enumerate(models.engines)]
                wanted = here
            else:
                features = features_of(observed, first, last) if features is None else features
                found = [engine.predict(features[here]) for engine in models.engines]
                wanted = np.arange(len(here))
            for run, predicted in enumerate(found):
                out[2 * run, first + here] = predicted.labels[wanted]
                out[2 * run + 1, first + here] = np.rint(predicted.confidence[wanted] * 100)


@dataclass(frozen=True, eq=False)
class _Models:
    """Engines of the runs of one region. stack: their code books, None when one of them does not work on codes."""

    engines: tuple[Any, ...]
    stack: BookStack | None


@functools.lru_cache(maxsize=32)
def _models(folders: tuple[str, ...], version: str, names: tuple[str, ...]) -> _Models:
    engines: list[Any] = [engine_at(folder, names) for folder in folders]
    books = [engine.book for engine in engines if hasattr(engine, "predict_codes") and engine.book is not None]
    return _Models(tuple(engines), BookStack.of(books, engines[0].tiled) if len(books) == len(engines) else None)


def write_tile(ws: Workspace, params: Mapping[str, Any]) -> None:
    """Per-tile rasters from the windows: validity, and class and confidence of each run."""
    tile = params["tile"]
    geobox = ws.geobox(tile)
    windows = [Window(*place) for place in params["windows"]]

    def blocks(band: int) -> Iterator[tuple[Window, np.ndarray]]:
        return full_width_strips(geobox, windows, path_of, band, TILED["blockysize"], np.asarray(0, np.uint8))

    def path_of(window: Window) -> Path:
        return ws.path(paths.window(tile, window.row, window.col))

    write_raster(ws.path(paths.tile_layer(tile, "validity")), geobox, "uint8", blocks(1), options=TILED)
    for run in range(ws.runs):
        for offset, layer in enumerate(("classification", "confidence")):
            path = ws.path(paths.tile_layer(tile, layer, run))
            finish = _palette(ws.nomenclature) if layer == "classification" else None
            write_raster(path, geobox, "uint8", blocks(2 + 2 * run + offset), options={**TILED, "nodata": 0}, finish=finish)


def write_mosaic(ws: Workspace, params: Mapping[str, Any]) -> None:
    """A layer of one run on the grid of the map; or the delivered layers with their styles: the vote of the runs, and the validity."""
    if params["layer"] != "delivered":
        run, layer = params["run"], params["layer"]
        key = f"{layer}_run_{run}"
        blocks = ((window, values[0]) for window, values in mosaic_blocks(ws.grid, _tiles(ws), [key]))
        _write_layer(ws, layer, paths.map_layer(layer, run), blocks)
        return
    pairs = [f"{layer}_run_{run}" for run in range(ws.runs) for layer in ("classification", "confidence")]

    def fused(position: int) -> Iterator[tuple[Window, np.ndarray]]:
        for window, values in mosaic_blocks(ws.grid, _tiles(ws), pairs):
            yield window, majority_vote(values[0::2], values[1::2])[position] if ws.runs > 1 else values[position]

    _write_layer(ws, "classification", paths.map_layer("classification"), fused(0))
    _write_layer(ws, "confidence", paths.map_layer("confidence"), fused(1))
    validity = ((window, values[0]) for window, values in mosaic_blocks(ws.grid, _tiles(ws), ["validity"]))
    _write_layer(ws, "validity", paths.map_layer("validity"), validity)


def _tiles(ws: Workspace) -> list[TileRasters]:
    runs = range(ws.runs)
    found = []
    for tile in ws.tiles:
        layers = {
            f"{layer}_run_{run}": ws.path(paths.tile_layer(tile, layer, run)) for run in runs for layer in ("classification", "confidence")
        }
        layers["validity"] = ws.path(paths.tile_layer(tile, "validity"))
        found.append(TileRasters(ws.geobox(tile), ws.path(paths.footprint(tile)), layers))
    return found


def _write_layer(ws: Workspace, layer: str, name: str, blocks: Iterator[tuple[Window, np.ndarray]]) -> None:
    path = ws.path(name)
    if layer == "classification":
        write_cog(path, ws.grid, "uint8", blocks, overviews="mode", nodata=0, finish=_palette(ws.nomenclature))
        style = ws.nomenclature.qgis_style()
    else:
        nodata = 0 if layer == "confidence" else None
        write_cog(path, ws.grid, "uint8", blocks, overviews="average" if layer == "confidence" else "nearest", nodata=nodata)
        style = ramp_style(0, 100, "%") if layer == "confidence" else ramp_style(0, 40, "dates")
    write_text(path.with_suffix(".qml"), style)


def _palette(nomenclature: Nomenclature) -> Callable[[Any], None]:
    def colour(dataset: Any) -> None:
        dataset.write_colormap(1, nomenclature.colormap())
        dataset.set_band_description(1, f"class, nomenclature {nomenclature.name}")

    return colour
