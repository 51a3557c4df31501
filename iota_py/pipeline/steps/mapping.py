"""Windows predicted, tiles assembled, the map put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.grid.windows import Window, crs_text, whole
from iota_py.io.raster import write_raster
from iota_py.mapping.fusion import choice_legend
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.class_rasters import palette
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.models.block import Block, models_at, pieces
from iota_py.pipeline.models.members import asked, members, run_layers
from iota_py.pipeline.models.votes import voted
from iota_py.pipeline.reference.regions import model_folders
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.fusion import classify_members
from iota_py.pipeline.steps.shares import write_tile_of_shares, write_window_of_shares
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions

TILED = {"tiled": True, "blockxsize": 256, "blockysize": 256}


def write_window(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/windows/…tif`: uint8 bands validity, then the layers of each run (`run_layers`); 0 outside the owned part."""
    if asked(ws.config):
        write_window_of_shares(ws, params)
        return
    tile, window = params["tile"], Window(*params["window"])
    box = window.of(ws.geobox(tile))
    layers = ws.runs * len(run_layers(ws.config))
    out = np.zeros((1 + layers, window.height, window.width), np.uint8)
    owned = owned_part(ws, tile, window, params["margin"])
    if owned.any():
        observed, validity = ws.observe(tile, window)
        region = burn_regions(ws.regions(crs_text(box)), box)
        out[0] = np.where(owned, validity.reshape(owned.shape), 0)
        classify = _classify if ws.config.fusion is None else classify_members
        classify(ws, observed, np.where(owned & (out[0] > 0), region, 0).ravel(), out[1:].reshape(layers, -1))
    path = ws.path(paths.window(tile, window.row, window.col))
    write_raster(path, box, "uint8", [(whole(out.shape[1:]), out)], count=len(out))


def _classify(ws: Workspace, observed: list[Observed], region: np.ndarray, out: np.ndarray) -> None:
    """Fill out (2 × run, pixel) with class and confidence 0–100 from the model of each pixel's region, or from the vote of its parts; region
    0 is left alone.

    Codes or features of a block of pixels are made once for all the runs.
    """
    for first, last, present in pieces(region):
        block = Block(observed, first, last)
        for index, here in present:
            folders = tuple(str(ws.path(name)) for name in model_folders(ws, index))
            models = models_at(folders, ws.version, ws.model_names)
            found = block.predict(models, here, len(present) == 1)
            for run, votes in enumerate(np.array_split(np.arange(len(found)), ws.runs)):
                out[2 * run : 2 * run + 2, first + here] = voted([found[k] for k in votes])


def write_tile(ws: Workspace, params: Mapping[str, Any]) -> None:
    """Per-tile rasters from the windows: validity, and the layers of each run."""
    tile, layers = params["tile"], run_layers(ws.config)
    geobox = ws.geobox(tile)
    windows = [Window(*place) for place in params["windows"]]

    def blocks(band: int) -> Iterator[tuple[Window, np.ndarray]]:
        return full_width_strips(geobox, windows, path_of, band, TILED["blockysize"], np.asarray(0, np.uint8))

    def path_of(window: Window) -> Path:
        return ws.path(paths.window(tile, window.row, window.col))

    write_raster(ws.path(paths.tile_layer(tile, "validity")), geobox, "uint8", blocks(1), options=TILED)
    for run in range(ws.runs):
        for offset, layer in enumerate(layers):
            path, legend = ws.path(paths.tile_layer(tile, layer, run)), legend_of(ws, layer)
            finish = palette(legend) if legend else None
            write_raster(path, geobox, "uint8", blocks(2 + len(layers) * run + offset), options={**TILED, "nodata": 0}, finish=finish)
    if asked(ws.config):
        write_tile_of_shares(ws, tile, windows, TILED)


def legend_of(ws: Workspace, layer: str) -> Nomenclature | None:
    """What the values of a layer mean, None where they are quantities."""
    if layer == "choice":
        return choice_legend([one.name for one in members(ws)])
    return ws.nomenclature if layer.startswith("classification") else None
