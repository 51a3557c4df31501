"""What a sample is drawn from: the pixels of a map, of a map and zones, or of two maps, as one value for each pixel, read by windows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.assessment.drawing import CELL, CellCounts
from iota_py.errors import InputError
from iota_py.grid.form import geobox_values
from iota_py.grid.windows import Window, split, window_size
from iota_py.io.publish import json_text
from iota_py.io.raster import burn
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline.class_maps import PIXELS, ClassMap, Reader, stranger_fault

NEAR = 1 << 16  # added to the value of a pixel of one class in both maps that lies near a change
Read = Callable[[Window], np.ndarray]


@dataclass(frozen=True)
class Zones:
    """Strata that come from elsewhere. names: of zones 1, 2, …, for polygons; of values for a raster. Either frame or raster is there.

    crossed: strata are zones crossed with the classes of the map, else the zones alone.
    """

    names: dict[int, str]
    crossed: bool
    source: str
    frame: gpd.GeoDataFrame | None = None
    raster: ClassMap | None = None


@dataclass(frozen=True)
class Population:
    """maps: one, or two of two years. parts: their common pixels, as a window of each. buffer: pixels around a change that are set apart."""

    maps: tuple[ClassMap, ...]
    parts: tuple[Window, ...]
    nomenclature: Nomenclature
    zones: Zones | None = None
    buffer: int = 0

    @property
    def grid(self) -> GeoBox:
        """Grid of the pixels."""
        return self.parts[0].of(self.maps[0].grid)

    @property
    def change(self) -> bool:
        """True where two maps are compared."""
        return len(self.maps) == 2


@dataclass(frozen=True)
class Surveyed:
    """What one pass over a population gives. cells: counts of the values, cell by cell. digests: of each map. mapped: pixels of each code of each
    map, int64 (map, 256)."""

    cells: tuple[CellCounts, ...]
    digests: tuple[str, ...]
    mapped: np.ndarray


def cell_windows(shape: tuple[int, int]) -> list[Window]:
    """The cells of a grid, in the order in which their pixels are numbered."""
    return split(shape, (CELL, CELL))


def survey(population: Population, pixels: int = PIXELS) -> Surveyed:
    """Count the values of every cell and digest the maps, in one pass by windows of about `pixels` pixels; the result does not depend on them.

    Raises InputError E-NOM-017 when a map holds values that are no codes.
    """
    shape = population.parts[0].shape
    across = -(-shape[1] // CELL)
    found: dict[int, CellCounts] = {}
    sums: list[dict[int, bytes]] = [{} for _ in population.maps]
    mapped = np.zeros((len(population.maps), 256), np.int64)
    with opened(population) as (raw, values):
        for group in _groups(population, pixels):
            codes, whole = raw(group), values(group)
            for number, layer in enumerate(codes):
                mapped[number] += np.bincount(layer.ravel(), minlength=256)
            for cell in split(group.shape, (CELL, CELL)):
                index = (group.row + cell.row) // CELL * across + (group.col + cell.col) // CELL
                found[index] = CellCounts.of(whole[cell.slices])
                for number, layer in enumerate(codes):
                    sums[number][index] = hashlib.sha256(layer[cell.slices].tobytes()).digest()
    _refuse_strangers(population, mapped)
    cells = tuple(found[index] for index in sorted(found))
    return Surveyed(cells, tuple(_digest(population.grid, own) for own in sums), mapped)


def map_digest(one: ClassMap, part: Window, pixels: int = PIXELS) -> str:
    """SHA-256 of the pixels of a part of a map and of their grid: the same for the same map in another file."""
    across, sums = -(-part.width // CELL), {}
    with Reader(one, part) as read:
        for group in split(part.shape, _group_size(one, part, pixels)):
            layer = read(group)
            for cell in split(group.shape, (CELL, CELL)):
                index = (group.row + cell.row) // CELL * across + (group.col + cell.col) // CELL
                sums[index] = hashlib.sha256(layer[cell.slices].tobytes()).digest()
    return _digest(part.of(one.grid), sums)


@contextmanager
def opened(population: Population) -> Iterator[tuple[Callable[[Window], list[np.ndarray]], Read]]:
    """Two functions of a window: the codes of each map, uint8 (row, col), and the value of each pixel, int64 (row, col), 0 outside the population.

    A value is the code; `zone << 8 | code` where zones are crossed with classes; of two maps `first << 8 | second`, with NEAR for pixels
    that did not change and have a change within `buffer` pixels (squares).
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(one, part)) for one, part in zip(population.maps, population.parts)]
        zones = stack.enter_context(_zone_reader(population)) if population.zones is not None else None
        last: dict[Window, list[np.ndarray]] = {}

        def raw(window: Window) -> list[np.ndarray]:
            if window not in last:
                last.clear()
                last[window] = [read(window) for read in readers]
            return last[window]

        def values(window: Window) -> np.ndarray:
            if population.change:
                return _pairs(population, raw, window)
            codes = raw(window)[0].astype(np.int64)
            if zones is None:
                return codes
            where = zones(window).astype(np.int64)
            return np.where((codes > 0) & (where > 0), where << 8 | codes, 0)

        yield raw, values


def _pairs(population: Population, raw: Callable[[Window], list[np.ndarray]], window: Window) -> np.ndarray:
    wide = _widened(window, population.parts[0].shape, population.buffer)
    before, after = (layer.astype(np.int64) for layer in raw(wide))
    both = (before > 0) & (after > 0)
    values = np.where(both, before << 8 | after, 0)
    if population.buffer:
        changed = both & (before != after)
        near = ndimage.maximum_filter(changed, size=2 * population.buffer + 1, mode="constant", cval=False)
        values += np.where(near & both & ~changed, NEAR, 0)
    row, col = window.row - wide.row, window.col - wide.col
    return values[row : row + window.height, col : col + window.width]


def _widened(window: Window, shape: tuple[int, int], margin: int) -> Window:
    top, left = max(0, window.row - margin), max(0, window.col - margin)
    bottom, right = min(shape[0], window.row + window.height + margin), min(shape[1], window.col + window.width + margin)
    return Window(top, left, bottom - top, right - left)


@contextmanager
def _zone_reader(population: Population) -> Iterator[Read]:
    zones, grid = population.zones, population.grid
    assert zones is not None
    if zones.raster is not None:
        with Reader(zones.raster, Window(0, 0, *(int(side) for side in zones.raster.grid.shape))) as read:
            yield read
        return
    frame = zones.frame
    assert frame is not None
    numbers, shapes = frame["zone"].to_numpy(), frame.geometry

    def rasterised(window: Window) -> np.ndarray:
        box = window.of(grid)
        chosen = shapes.sindex.query(box.extent.geom)
        return burn([(shapes.iloc[i], int(numbers[i])) for i in np.sort(chosen)], box)

    yield rasterised


def _groups(population: Population, pixels: int) -> list[Window]:
    one, part = population.maps[0], population.parts[0]
    return split(part.shape, _group_size(one, part, pixels))


def _group_size(one: ClassMap, part: Window, pixels: int) -> tuple[int, int]:
    """Windows of whole cells that follow the blocks of the file: full rows where it is in strips."""
    width = part.width if one.header.block[1] >= one.grid.shape[1] else CELL
    rows, cols = window_size(part.shape, (CELL, width), pixels)
    return -(-rows // CELL) * CELL, -(-cols // CELL) * CELL


def _digest(grid: GeoBox, sums: dict[int, bytes]) -> str:
    total = hashlib.sha256(json_text(_place(grid)).encode())
    for index in sorted(sums):
        total.update(sums[index])
    return total.hexdigest()


def _place(grid: GeoBox) -> list[Any]:
    shape, transform, _ = geobox_values(grid)
    return [shape, transform, grid.crs.to_epsg() if grid.crs is not None else None]


def _refuse_strangers(population: Population, mapped: np.ndarray) -> None:
    known = {0, *population.nomenclature.codes}
    faults = []
    for one, values in zip(population.maps, mapped):
        odd = sorted(set(np.flatnonzero(values).tolist()) - known)
        if odd:
            faults.append(stranger_fault(one.path, odd, population.nomenclature))
    if faults:
        raise InputError(*faults)
