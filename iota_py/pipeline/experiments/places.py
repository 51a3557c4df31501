"""The same places of several maps: where they differ most, and some drawn at random, cut out of each."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.assessment.experiment.values import Spot
from iota_py.assessment.quicklooks import map_quicklook
from iota_py.errors import InputError
from iota_py.grid.windows import Window, split
from iota_py.pipeline import paths
from iota_py.pipeline.class_maps import ClassMap, Reader, open_class_map

SIDE = 96  # pixels of a place
MOST = 12  # maps that are shown
_MAPPED = 0.5  # share of a place that must have a class in every map
_PIXELS = 1 << 23  # of each map in memory at a time, or one row of places


@dataclass(frozen=True)
class Place:
    """A square of the maps. differing: share of its mapped pixels that have not the same class in all of them."""

    window: Window
    differing: float


def maps_of(folders: Mapping[str, Sequence[Path]]) -> tuple[dict[str, ClassMap], tuple[str, ...]]:
    """The map of the first run of each entrant, those of the grid of the first one, and what a reader must know of the others."""
    found: dict[str, ClassMap] = {}
    notes = []
    for name, runs in folders.items():
        if not (runs[0] / paths.map_layer("classification")).is_file():
            continue
        try:
            one = open_class_map(runs[0])
        except InputError as error:
            notes.append(f"The map of {name} cannot be shown: {error.faults[0].message}.")
            continue
        first = next(iter(found.values()), one)
        if one.grid != first.grid:
            notes.append(f"The map of {name} is on another grid and is not shown.")
        elif len(found) == MOST:
            notes.append(f"The map of {name} is not shown: {MOST} are at most.")
        else:
            found[name] = one
    return found, tuple(notes)


def choose(maps: Sequence[ClassMap], count: int, seed: int = 0, side: int = SIDE) -> list[tuple[Place, str]]:
    """Places with the reason of each: half where the maps differ most, the others at random among those left. Fewer where the maps are small.

    The squares lie side by side from the upper left corner, so no two places overlap. seed: of the random ones.
    """
    places = sorted(_places(maps, side), key=lambda one: (-one.differing, one.window.row, one.window.col))
    most = [one for one in places if one.differing > 0][: (count + 1) // 2]
    rest = sorted((one for one in places if one not in most), key=lambda one: (one.window.row, one.window.col))
    stream = np.random.default_rng([zlib.crc32(b"places of an experiment"), seed])
    picks = sorted(stream.permutation(len(rest))[: count - len(most)].tolist())
    return [(one, "where the maps differ most") for one in most] + [(rest[k], "drawn at random") for k in picks]


def spots(maps: Mapping[str, ClassMap], count: int, seed: int = 0) -> tuple[Spot, ...]:
    """The places as images of each map; none where fewer than two maps share a grid."""
    if len(maps) < 2 or not count:
        return ()
    grid, classes = next(iter(maps.values())).grid, next(iter(maps.values())).known()
    side = min(SIDE, max(8, min(grid.shape) // 2))
    found = []
    for number, (place, why) in enumerate(choose(list(maps.values()), count, seed, side), start=1):
        images = {}
        for name, one in maps.items():
            with Reader(one, place.window) as read:
                images[name] = map_quicklook(read(Window(0, 0, place.window.height, place.window.width)), classes)
        share = f"{100 * place.differing:.0f} % of its pixels differ"
        found.append(Spot(f"{number}. {_where(grid, place.window)}", f"{why}; {share}", images, side))
    return tuple(found)


def _places(maps: Sequence[ClassMap], side: int) -> list[Place]:
    grid = maps[0].grid
    rows, cols = grid.shape
    found: list[Place] = []
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(one, Window(0, 0, rows, cols))) for one in maps]
        for band in split((rows, cols), (max(1, _PIXELS // (side * cols)) * side, cols)):
            values = [read(band) for read in readers]
            mapped = np.logical_and.reduce([one > 0 for one in values])
            other = np.logical_or.reduce([one != values[0] for one in values[1:]]) & mapped
            for cell in split(band.shape, (side, side)):
                if cell.shape == (side, side):
                    known = int(mapped[cell.slices].sum())
                    if known >= _MAPPED * cell.pixels:
                        window = Window(band.row + cell.row, cell.col, cell.height, cell.width)
                        found.append(Place(window, float(other[cell.slices].sum()) / known))
    return found


def _where(grid: GeoBox, window: Window) -> str:
    """The middle of a place, in the coordinates of the map."""
    x, y = grid.transform * (window.col + window.width / 2, window.row + window.height / 2)
    digits = 0 if grid.crs is not None and grid.crs.projected else 4
    return f"x {x:.{digits}f}, y {y:.{digits}f}"
