"""Maps of numbers put together: of each run, and those delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from iota_py.io.parts import Layout
from iota_py.mapping.mosaic import TileLayer
from iota_py.nomenclature import ramp_style
from iota_py.pipeline import paths
from iota_py.pipeline.models.regressors import polygon_numbers, target_of
from iota_py.pipeline.reference.target import STORED
from iota_py.pipeline.steps.parts import Made, MapRaster, styled, unchanged, write_parts, write_whole
from iota_py.pipeline.workspace import Workspace
from iota_py.training.fitted import Target

NODATA = -STORED - 1  # of maps in 16 bits; in those of 32 bits it is not-a-number


def write_value_parts(ws: Workspace, params: Mapping[str, Any]) -> None:
    """All layers of one part of the map: the numbers of each run of several, their mean and standard deviation (n - 1), the validity.

    On a grid of another reference system each pixel takes the number of the nearest pixel of its tile.
    """
    write_parts(ws, params, value_rasters(ws))


def write_value_maps(ws: Workspace, params: Mapping[str, Any]) -> None:
    """The rasters that the task names, each from its parts, with their styles."""
    rasters = {raster.name: raster for made in value_rasters(ws) for raster in made.rasters}
    for name in params["rasters"]:
        write_whole(ws, params, rasters[name])


def value_rasters(ws: Workspace) -> list[Made]:
    """What the map is made of."""
    target = target_of(ws)
    low, high = value_range(ws)
    label = f"{target.name} ({target.unit})" if target.unit else target.name
    sources = tuple(TileLayer(f"value_run_{run}", "float32", 1, np.nan) for run in range(ws.runs))
    rasters = [number_raster("value", paths.map_layer("value"), target, ramp_style(low, high, label))]
    if ws.runs > 1:
        style = ramp_style(0, (high - low) / 4, f"standard deviation of {label}")
        rasters.append(number_raster("deviation", paths.map_layer("deviation"), target, style))

    def joined(blocks: list[np.ndarray]) -> list[np.ndarray]:
        return [as_stored(values, target) for values in mean_and_deviation(np.stack(blocks))]

    found = [Made(sources, joined, tuple(rasters))]
    for run, source in enumerate(sources if ws.runs > 1 else ()):
        raster = number_raster(source.name, paths.map_layer("value", run), target, None)
        found.append(Made((source,), lambda blocks: [as_stored(blocks[0], target)], (raster,)))
    layout = Layout("uint8", 1, "nearest")
    validity = MapRaster("validity", paths.map_layer("validity"), layout, styled(ramp_style(0, 40, "dates")))
    return [*found, Made((TileLayer("validity"),), unchanged, (validity,))]


def mean_and_deviation(values: np.ndarray) -> list[np.ndarray]:
    """Mean and standard deviation (n - 1) of runs, float32 (row, col), from (run, row, col); of one run the numbers alone."""
    if len(values) == 1:
        return [values[0]]
    wide = values.astype(np.float64)
    return [wide.mean(axis=0).astype(np.float32), wide.std(axis=0, ddof=1).astype(np.float32)]


def value_range(ws: Workspace) -> tuple[float, float]:
    """Lowest and highest number of the reference polygons, with three figures: ends of the colours of a map."""
    numbers = polygon_numbers(ws)
    low, high = float(f"{numbers.min():.3g}"), float(f"{numbers.max():.3g}")
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def number_raster(name: str, path: str, target: Target, style: str | None) -> MapRaster:
    """A map of numbers: 32 bits, or 16 bits with the scale in the header; overviews by average."""

    def describe(dataset: Any) -> None:
        dataset.set_band_description(1, target.name)
        dataset.units = (target.unit,)
        if target.scale is not None:
            dataset.scales = (1 / target.scale,)

    layout = Layout("float32", 1, "average", np.nan) if target.scale is None else Layout("int16", 1, "average", NODATA)
    return MapRaster(name, path, layout, _nothing if style is None else styled(style), describe)


def _nothing(path: Any, counts: np.ndarray) -> None:
    """Beside the map of one run of several there is no style."""


def as_stored(values: np.ndarray, target: Target) -> np.ndarray:
    """Numbers as the map of a target holds them."""
    return values if target.scale is None else stored_numbers(values, target.scale)


def stored_numbers(values: np.ndarray, scale: float) -> np.ndarray:
    """round(number × scale) as int16, the nearest number that 16 bits hold, NODATA where there is none."""
    scaled = np.clip(np.rint(values.astype(np.float64) * scale), -STORED, STORED)
    return np.where(np.isnan(values), NODATA, np.nan_to_num(scaled)).astype(np.int16)
