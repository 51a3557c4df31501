"""Models of segments, and the map of their classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from iota_py.grid.windows import Window, split
from iota_py.io.raster import read_window, write_raster
from iota_py.io.tables import read_table, read_table_parts
from iota_py.objects.statistics import object_names
from iota_py.pipeline import paths
from iota_py.pipeline.models.block import models_at
from iota_py.pipeline.models.members import run_layers
from iota_py.pipeline.reference.regions import of_region, source_region
from iota_py.pipeline.steps.learning import fit_samples, planned_trainer
from iota_py.pipeline.steps.mapping import TILED, palette
from iota_py.pipeline.steps.strips import full_width_strips
from iota_py.pipeline.workspace import Workspace
from iota_py.training.bundle import save


def object_samples(ws: Workspace, region: int, run: int) -> pd.DataFrame:
    """Segments that a region learns from in a run, with their features, in order of tile and segment."""
    chosen = read_table(ws.path(paths.OBJECT_SELECTION))
    chosen = of_region(ws, chosen[chosen.run == run], source_region(ws, region, run))
    parts = []
    for tile, own in chosen.groupby("tile", sort=True):
        features = read_table(ws.path(paths.learning_objects(str(tile))), ["segment", *_names(ws)]).astype({"segment": np.int64})
        parts.append(own.merge(features, on="segment", validate="one_to_one"))
    return pd.concat(parts, ignore_index=True).sort_values(["tile", "segment"], ignore_index=True)


def write_object_model(ws: Workspace, params: Mapping[str, Any]) -> None:
    """`models/objects_region_<r>_run_<k>`: fitted on the learning segments of the region in this run."""
    region, run = params["region"], params["run"]
    trainer = planned_trainer(ws, params)
    samples = object_samples(ws, region, run)
    fitted = fit_samples(ws, params, samples, _names(ws))
    source = source_region(ws, region, run)
    extra: dict[str, Any] = {"region": ws.region_names[region], "run": run}
    extra |= {"samples": len(samples), "of": "segments", "polygons": int(samples.polygon.nunique())}
    if source != region:
        extra["borrowed from"] = ws.region_names[source]
    save(fitted, ws.path(paths.object_model(region, run)), extra | {"trainer": str(trainer)})


def _names(ws: Workspace) -> tuple[str, ...]:
    """Columns of the models of segments."""
    assert ws.config.objects is not None
    return object_names(ws.feature_names, ws.config.objects.statistics)


def write_object_map(ws: Workspace, params: Mapping[str, Any]) -> None:
    """Rasters of a tile: in each run every segment has the class and the confidence that the model of its region gives it.

    Where pixels are classified too, those of no segment have theirs, else 0.
    """
    tile, answers = params["tile"], _answers(ws, params["tile"])
    for run in range(ws.runs):
        for offset, layer in enumerate(run_layers(ws.config)):
            values = answers[len(run_layers(ws.config)) * run + offset]
            finish = palette(ws.nomenclature) if layer == "classification" else None
            blocks = _blocks(ws, params, values, 2 + len(run_layers(ws.config)) * run + offset)
            path = ws.path(paths.tile_layer(tile, layer, run))
            write_raster(path, ws.geobox(tile), "uint8", blocks, options={**TILED, "nodata": 0}, finish=finish)


def _blocks(ws: Workspace, params: Mapping[str, Any], values: np.ndarray, band: int) -> Iterator[tuple[Window, np.ndarray]]:
    """Strips of a layer. values: uint8, by number of segment; band: of the layer in the windows of pixels."""
    tile, geobox, rows = params["tile"], ws.geobox(params["tile"]), TILED["blockysize"]
    source = str(ws.path(paths.segments(tile)))
    if not params["by_pixel"]:
        for strip in split(geobox.shape, (rows, geobox.shape[1])):
            yield strip, values[read_window(source, strip)]
        return
    windows = [Window(*place) for place in params["windows"]]

    def path_of(window: Window) -> Any:
        return ws.path(paths.window(tile, window.row, window.col))

    for strip, pixels in full_width_strips(geobox, windows, path_of, band, rows, np.asarray(0, np.uint8)):
        segments = read_window(source, strip)
        yield strip, np.where(segments > 0, values[segments], pixels)


def _answers(ws: Workspace, tile: str) -> np.ndarray:
    """Class and confidence 0–100 of each run, uint8 (2 × run, number of segment + 1); those of number 0 are 0."""
    names = _names(ws)
    largest = max((int(part.segment.max()) for part in read_table_parts(ws.path(paths.objects(tile)), ["segment"]) if len(part)), default=0)
    out = np.zeros((2 * ws.runs, largest + 1), np.uint8)
    for part in read_table_parts(ws.path(paths.objects(tile)), ["segment", "region", *names]):
        for region, own in part.groupby("region", sort=True):
            features = np.ascontiguousarray(own[list(names)].to_numpy(np.int16))
            folders = tuple(str(ws.path(paths.object_model(int(str(region)), run))) for run in range(ws.runs))
            for run, engine in enumerate(models_at(folders, ws.version, names).engines):
                found = engine.predict(features)
                out[2 * run, own.segment.to_numpy()] = found.labels
                out[2 * run + 1, own.segment.to_numpy()] = np.rint(found.confidence * 100)
    return out
