"""Regressors fitted, their numbers mapped: windows, then tiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.errors import Fault, TaskError
from iota_py.grid.windows import Window, crs_text, whole
from iota_py.io.raster import write_raster
from iota_py.pipeline import paths
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.models.block import Block, pieces
from iota_py.pipeline.models.reduced import model_projection
from iota_py.pipeline.models.regressors import block_values, mean_of_parts, polygon_numbers, target_of, value_models_at
from iota_py.pipeline.reference.regions import model_folders, source_region
from iota_py.pipeline.steps.footprint import owned_part
from iota_py.pipeline.steps.learning import counted, options_of, planned_trainer
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.threads import allowed
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions
from iota_py.training.bundle import save
from iota_py.training.regressors import ValueSet, fit_regressor

TILED = {"tiled": True, "blockxsize": 256, "blockysize": 256}
Blocks = Iterator[tuple[Window, np.ndarray]]


def write_regressor(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/region_<r>_run_<k>`: fitted on the numbers of the polygons of the region's learning pixels in this run."""
    region, run, names = params["region"], params["run"], ws.feature_names
    trainer = planned_trainer(ws, params)
    samples = learning_samples(ws, region, run, params.get("part"))
    if samples.empty:
        text = "no learning sample"
        raise TaskError(Fault("E-TRN-002", f"region {ws.region_names[region]}", f"run {run}", text, "see assessment/ledger.csv"))
    values = samples.polygon.map(polygon_numbers(ws)).to_numpy(np.float64)
    features = np.ascontiguousarray(samples[list(names)].to_numpy(np.int16))
    projection = model_projection(ws, params, features, names)
    matrix, columns = (features, names) if projection is None else (projection.apply(features), projection.names)
    learnt = ValueSet(np.ascontiguousarray(matrix), values, tuple(columns), **counted(ws, samples))
    _, options = options_of(ws.config.model)
    fitted = replace(fit_regressor(options, learnt, target_of(ws), params["seed"], allowed()), names=tuple(names), projection=projection)
    extra = {"region": ws.region_names[region], "run": run, "samples": len(samples), "polygons": int(samples.polygon.nunique())}
    source = source_region(ws, region, run)
    if source != region:
        extra["borrowed from"] = ws.region_names[source]
    place = paths.model_part(region, run, params.get("part", 0), params.get("parts", 1))
    save(fitted, ws.path(place), extra | {"trainer": str(trainer)})


def write_value_window(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`tiles/<tile>/windows/…tif`: float32 bands validity, then the numbers of each run; not-a-number outside the owned part."""
    tile, window = params["tile"], Window(*params["window"])
    box = window.of(ws.geobox(tile))
    out = np.full((1 + ws.runs, window.height, window.width), np.nan, np.float32)
    out[0] = 0
    owned = owned_part(ws, tile, window, params["margin"])
    if owned.any():
        observed, validity = ws.observe(tile, window)
        region = burn_regions(ws.regions(crs_text(box)), box)
        out[0] = np.where(owned, validity.reshape(owned.shape), 0)
        _predict(ws, observed, np.where(owned & (out[0] > 0), region, 0).ravel(), out[1:].reshape(ws.runs, -1))
    path = ws.path(paths.window(tile, window.row, window.col))
    write_raster(path, box, "float32", [(whole(out.shape[1:]), out)], count=len(out))


def _predict(ws: Workspace, observed: list[Observed], region: np.ndarray, out: np.ndarray) -> None:
    """Fill out (run, pixel) with the numbers of the models of each pixel's region; region 0 is left alone."""
    for first, last, present in pieces(region):
        block = Block(observed, first, last)
        for index, here in present:
            folders = tuple(str(ws.path(name)) for name in model_folders(ws, index))
            models = value_models_at(folders, ws.version, ws.feature_names)
            out[:, first + here] = mean_of_parts(block_values(block, models, here, len(present) == 1), ws.runs)


def write_value_tile(ws: Workspace, params: Mapping[str, Any]) -> None:
    """Per-tile rasters from the windows: validity uint8, and the numbers of each run, float32."""
    tile = params["tile"]
    geobox, windows = ws.geobox(tile), [Window(*place) for place in params["windows"]]

    def path_of(window: Window) -> Path:
        return ws.path(paths.window(tile, window.row, window.col))

    def blocks(band: int, empty: np.ndarray) -> Blocks:
        return full_width_strips(geobox, windows, path_of, band, TILED["blockysize"], empty)

    write_raster(ws.path(paths.tile_layer(tile, "validity")), geobox, "uint8", blocks(1, np.asarray(0, np.uint8)), options=TILED)
    for run in range(ws.runs):
        path, found = ws.path(paths.tile_layer(tile, "value", run)), blocks(2 + run, np.asarray(np.nan, np.float32))
        write_raster(path, geobox, "float32", found, options={**TILED, "nodata": np.nan})
