"""The grid of the map: that of the tiles where they share one, else the one that the configuration asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from odc.geo.crs import CRS, CRSError
from odc.geo.geobox import GeoBox

from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault
from iota_py.grid.lattice import same_lattice, union
from iota_py.grid.windows import crs_text
from iota_py.io.raster import MAX_MOSAIC_PIXELS

COARSEST = 1000  # a pixel of the map spans at most so many of a tile: a larger one is given in the wrong unit


def map_grid(config: RunConfig, tiles: Mapping[str, GeoBox]) -> tuple[GeoBox, bool]:
    """Grid of the map, and whether all the tiles lie on its lattice.

    Raises ConfigError E-CFG-015 where `grid` says too little, E-MOS-001 an unknown CRS, E-MOS-002 a tile that the CRS cannot show, E-MOS-003 pixels of a
    size that makes no map.
    """
    first, step = next(iter(tiles.values())), config.grid.resolution
    if config.grid.crs is None and step is None:
        odd = [name for name, grid in tiles.items() if not same_lattice(first, grid)]
        if odd:
            text = f"tiles {next(iter(tiles))} and {', '.join(odd)} do not share a grid: the map needs one of its own"
            raise ConfigError(Fault("E-CFG-015", "config", "grid", text, "set grid.crs and grid.resolution"))
        return union(list(tiles.values())), True
    crs = _system(config.grid.crs or crs_text(first))
    if step is None and first.crs != crs:
        raise ConfigError(Fault("E-CFG-015", "config", "grid.resolution", "a map in another CRS than the tiles needs a pixel size"))
    step = step or abs(first.transform.a)
    lattice = GeoBox.from_bbox((0, 0, step, step), crs, resolution=step)
    if all(grid.crs == crs and same_lattice(lattice, grid) for grid in tiles.values()):
        return union(list(tiles.values())), True
    return _around(config, tiles, crs, step), False


def _around(config: RunConfig, tiles: Mapping[str, GeoBox], crs: CRS, step: float) -> GeoBox:
    """The smallest grid of these pixels that holds the outlines of the tiles."""
    boxes = {name: grid.extent.to_crs(crs).boundingbox for name, grid in tiles.items()}
    lost = [name for name, box in boxes.items() if not all(map(math.isfinite, box))]
    if lost:
        text = f"{config.grid.crs} cannot show the tile {lost[0]}"
        raise ConfigError(Fault("E-MOS-002", "config", "grid.crs", text, "name a system that is made for where the tiles are"))
    left, bottom = min(box.left for box in boxes.values()), min(box.bottom for box in boxes.values())
    right, top = max(box.right for box in boxes.values()), max(box.top for box in boxes.values())
    name, smallest = next(iter(boxes)), min(min(box.right - box.left, box.top - box.bottom) for box in boxes.values())
    rows = tiles[name].shape[0]
    pixels = (right - left) / step * ((top - bottom) / step)
    if smallest / step < rows / COARSEST or pixels > MAX_MOSAIC_PIXELS:
        unit = crs.proj.axis_info[0].unit_name
        text = f"pixels of {step:g} {unit} would make a map of {(top - bottom) / step:.3g} × {(right - left) / step:.3g} pixels"
        raise ConfigError(Fault("E-MOS-003", "config", "grid.resolution", text, f"give the size of a pixel in units of the CRS ({unit})"))
    return GeoBox.from_bbox((left, bottom, right, top), crs, resolution=step, anchor="edge")


def _system(text: str) -> CRS:
    try:
        return CRS(text)
    except CRSError:
        fault = Fault("E-MOS-001", "config", "grid.crs", f"`{text}` is no coordinate reference system", "write it as EPSG:2154")
        raise ConfigError(fault) from None
