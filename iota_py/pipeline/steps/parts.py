"""Maps made part by part: the rasters of a part, all in one go, and the map that the parts make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from iota_py.grid.lattice import same_lattice
from iota_py.grid.windows import Window
from iota_py.io.assembly import Finish, assemble_cog, of_several_parts
from iota_py.io.parts import Layout, part_writer
from iota_py.io.publish import write_text
from iota_py.mapping.mosaic import TileLayer, TileRasters, owned_blocks
from iota_py.pipeline import paths
from iota_py.pipeline.workspace import Workspace

NOTE = (
    "each pixel has the values of the pixel of its tile that holds its centre: confidence and validity those of its class, nothing averaged"
)


@dataclass(frozen=True)
class MapRaster:
    """A raster of the map. name: that of its parts. path: of the map. finish: gives colours and names. companions: writes what goes with it, from
    its path and the pixels of each value (uint8), before it takes its name."""

    name: str
    path: str
    layout: Layout
    companions: Callable[[Path, np.ndarray], None]
    finish: Finish | None = None


@dataclass(frozen=True)
class Made:
    """Rasters that are made together from layers of the tiles.

    join: blocks of the sources, in their order, each (row, col) or (band, row, col) -> one of each raster, of the type of its layout.
    """

    sources: tuple[TileLayer, ...]
    join: Callable[[list[np.ndarray]], Sequence[np.ndarray]]
    rasters: tuple[MapRaster, ...]


def unchanged(blocks: list[np.ndarray]) -> list[np.ndarray]:
    """What joins layers that go to the map as they are."""
    return blocks


def write_parts(ws: Workspace, params: Mapping[str, Any], made: Sequence[Made]) -> None:
    """`map/parts/r…_c…_<raster>.tif` of one part. params: window, tiles that reach it."""
    part, grid = Window(*params["window"]), ws.grid
    sources = list(dict.fromkeys(source for one in made for source in one.sources))
    reduced = of_several_parts(grid)
    with ExitStack() as stack:
        puts = {
            raster.name: stack.enter_context(part_writer(ws.path(_name(part, raster.name)), grid, part, raster.layout, reduced))
            for one in made
            for raster in one.rasters
        }
        for window, values in owned_blocks(grid, [_rasters(ws, tile, sources) for tile in params["tiles"]], sources, part):
            by_source = dict(zip(sources, values))
            for one in made:
                for raster, block in zip(one.rasters, one.join([by_source[source] for source in one.sources])):
                    puts[raster.name](window, block)


def write_whole(ws: Workspace, params: Mapping[str, Any], raster: MapRaster) -> None:
    """A raster of the map, from its parts, and what goes with it. params: parts, the windows of those that were made."""
    windows = [Window(*place) for place in params["parts"]]
    pieces = [(window, ws.path(_name(window, raster.name))) for window in windows]
    path = ws.path(raster.path)
    finish = _finish(raster.finish, warped_from(ws))
    assemble_cog(path, ws.grid, raster.layout, pieces, finish, lambda counts: raster.companions(path, counts))


def styled(style: str) -> Callable[[Path, np.ndarray], None]:
    """What writes a style for QGIS beside a raster."""

    def companions(path: Path, counts: np.ndarray) -> None:
        write_text(path.with_suffix(".qml"), style)

    return companions


def warped_from(ws: Workspace) -> tuple[str, ...]:
    """Reference systems of the tiles in alphabetical order, where one of them is not on the lattice of the map; else none."""
    boxes = [ws.geobox(tile) for tile in ws.tiles]
    if all(same_lattice(ws.grid, box) for box in boxes):
        return ()
    return tuple(sorted({str(box.crs) for box in boxes}))


def _finish(finish: Finish | None, warped: tuple[str, ...]) -> Finish:
    def said(dataset: Any) -> None:
        if finish is not None:
            finish(dataset)
        if warped:
            dataset.update_tags(RESAMPLING="nearest", RESAMPLING_NOTE=NOTE, SOURCE_CRS=", ".join(warped))

    return said


def _name(part: Window, raster: str) -> str:
    return paths.map_part(part.row, part.col, raster)


def _rasters(ws: Workspace, tile: str, sources: Sequence[TileLayer]) -> TileRasters:
    layers = {source.name: ws.path(paths.tile_layer(tile, source.name)) for source in sources}
    return TileRasters(ws.geobox(tile), ws.path(paths.footprint(tile)), layers)
