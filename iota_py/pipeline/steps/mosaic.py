"""The map of classes put together: its parts, then its layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.io.parts import Layout
from iota_py.mapping.fusion import choice_of_vote
from iota_py.mapping.mosaic import TileLayer
from iota_py.nomenclature import ramp_style
from iota_py.pipeline import paths
from iota_py.pipeline.class_rasters import CLASSES, palette, write_companions
from iota_py.pipeline.models.members import run_layers
from iota_py.pipeline.models.run_votes import RunVote, run_vote
from iota_py.pipeline.plans.mosaic import of_each_run
from iota_py.pipeline.steps.mapping import legend_of
from iota_py.pipeline.steps.parts import Made, MapRaster, styled, unchanged, write_parts, write_whole
from iota_py.pipeline.workspace import Workspace


def write_map_parts(ws: Workspace, params: Mapping[str, Any]) -> None:
    """All layers of one part of the map: those of each run, the vote of the runs, the validity."""
    write_parts(ws, params, map_rasters(ws))


def write_mosaic(ws: Workspace, params: Mapping[str, Any]) -> None:
    """The rasters that the task names, each from its parts, with their styles."""
    rasters = {raster.name: raster for made in map_rasters(ws) for raster in made.rasters}
    for name in params["rasters"]:
        write_whole(ws, params, rasters[name])


def map_rasters(ws: Workspace) -> list[Made]:
    """What the map is made of."""
    found = []
    for run in range(ws.runs):
        for layer in of_each_run(ws.config):
            key = f"{layer}_run_{run}"
            found.append(Made((TileLayer(key),), unchanged, (_raster(ws, layer, key, paths.map_layer(layer, run)),)))
    layers = ("classification", "confidence", *(("choice",) if "choice" in run_layers(ws.config) else ()))
    sources = tuple(TileLayer(f"{layer}_run_{run}") for layer in layers for run in range(ws.runs))

    rule = run_vote(ws)

    def vote(blocks: list[np.ndarray]) -> list[np.ndarray]:
        labels, confidence, *choices = (np.stack(blocks[k : k + ws.runs]) for k in range(0, len(blocks), ws.runs))
        return voted_layers(rule, labels, confidence, *choices)

    found.append(Made(sources, vote, tuple(_raster(ws, layer, layer, paths.map_layer(layer)) for layer in layers)))
    validity = _raster(ws, "validity", "validity", paths.map_layer("validity"))
    return [*found, Made((TileLayer("validity"),), unchanged, (validity,))]


def voted_layers(rule: RunVote, labels: np.ndarray, confidence: np.ndarray, choices: np.ndarray | None = None) -> list[np.ndarray]:
    """Class and confidence of the vote of runs, and with choices, uint8 (run, row, col) as the others, which members had that class."""
    winner, share = rule(labels, confidence) if labels.any() else np.zeros((2, *labels.shape[1:]), np.uint8)
    return [winner, share] if choices is None else [winner, share, choice_of_vote(labels, choices, winner)]


def _raster(ws: Workspace, layer: str, name: str, path: str) -> MapRaster:
    legend = legend_of(ws, layer)
    if legend is not None:

        def companions(place: Path, counts: np.ndarray) -> None:
            write_companions(place, ws.grid, legend, counts, ws.config.languages)

        return MapRaster(name, path, CLASSES, companions, palette(legend))
    percent = layer.startswith("confidence")
    layout = Layout("uint8", 1, "average" if percent else "nearest", 0 if percent else None)
    return MapRaster(name, path, layout, styled(ramp_style(0, 100, "%") if percent else ramp_style(0, 40, "dates")))
