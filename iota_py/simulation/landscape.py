"""The truth: which field, class and ecoregion every pixel of a grid belongs to, with the outlines that made them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from odc.geo.geobox import GeoBox
from scipy import ndimage

from iota_py.grid.lattice import aligned
from iota_py.grid.windows import Window
from iota_py.io.raster import burn
from iota_py.simulation.noise import stream
from iota_py.simulation.phenology import KIND_INDEX, KINDS
from iota_py.simulation.shapes import Extent, blobs, cut, parcels, rivers, roads, scattered

MARGIN = 400.0  # metres of landscape around its grid, so that outlines cross the edge as real ones do
REGION_MARGIN = 3000.0

# share of the parcels of each kind, by ecoregion: a plain of large crops, hills with meadows and vines
_PARCELS = {
    1: {"rapeseed": 0.16, "cereal": 0.24, "sunflower": 0.19, "maize": 0.19, "meadow": 0.13, "vineyard": 0.09},
    2: {"rapeseed": 0.12, "cereal": 0.17, "sunflower": 0.13, "maize": 0.14, "meadow": 0.26, "vineyard": 0.18},
}
PARCEL_KINDS = tuple(_PARCELS[1])
_CONIFERS = {1: 0.38, 2: 0.5}


@dataclass(frozen=True, eq=False)
class Landscape:
    """Fields: id i stands for row i - 1 of the arrays; later fields cover earlier ones.

    outline: polygons in the grid's CRS. kind: index in KINDS. field_region: ecoregion 1 or 2. field, region: per pixel, (row, col)
    int32 ids from 1 and uint8. regions: outline of each ecoregion.
    """

    geobox: GeoBox
    outline: np.ndarray
    kind: np.ndarray
    field_region: np.ndarray
    field: np.ndarray
    region: np.ndarray
    regions: dict[int, shapely.Geometry]

    @cached_property
    def field_code(self) -> np.ndarray:
        """Class of each field, uint8 (field,)."""
        return np.array([kind.code for kind in KINDS], np.uint8)[self.kind]

    @cached_property
    def truth(self) -> np.ndarray:
        """Class of each pixel, uint8 (row, col)."""
        return self.field_code[self.field - 1]

    def window(self, geobox: GeoBox) -> Window:
        """Where a grid lies in this one. Raises ValueError when it is not a part of it, pixel for pixel."""
        mine, other = self.geobox.transform, geobox.transform
        row, col = round((other.f - mine.f) / mine.e), round((other.c - mine.c) / mine.a)
        height, width = geobox.shape
        inside = row >= 0 and col >= 0 and row + height <= self.geobox.shape[0] and col + width <= self.geobox.shape[1]
        if not inside or other.a != mine.a or not aligned(self.geobox, geobox):
            raise ValueError(f"a grid of {height} × {width} pixels at {other.c}, {other.f} is not a part of this landscape")
        return Window(row, col, height, width)

    def visible(self, chosen: np.ndarray) -> np.ndarray:
        """Outlines of these fields (indices) without what later fields cover of them."""
        tree = shapely.STRtree(self.outline)
        low, high = tree.query(self.outline[chosen], predicate="intersects")
        later = high > chosen[low]
        low, high = low[later], high[later]
        order = np.lexsort((high, low))
        low, high = low[order], high[order]
        result = self.outline[chosen].copy()
        if len(low):
            covered, start = np.unique(low, return_index=True)
            over = np.array([shapely.union_all(self.outline[group]) for group in np.split(high, start[1:])], dtype=object)
            result[covered] = shapely.difference(result[covered], over)
        return result


def make_landscape(geobox: GeoBox, seed: int) -> Landscape:
    """A landscape on a grid in metres: parcels, then woods, villages, roads and water over them. Equal seeds give equal landscapes."""
    extent = _extent(geobox, MARGIN)
    regions = make_regions(geobox, seed)
    outline, block, kinds = _layers(extent, seed)
    centre = shapely.point_on_surface(outline)
    field_region = np.where(shapely.contains(regions[1], centre), 1, 2).astype(np.uint8)
    kind = _choose_kinds(kinds, block, field_region, seed)
    field = _fill(burn(zip(outline, range(1, len(outline) + 1), strict=True), geobox))
    region = burn([(regions[1], 1), (regions[2], 2)], geobox, dtype="uint8")
    return Landscape(geobox, outline, kind, field_region, field, _fill(region), regions)


def make_regions(geobox: GeoBox, seed: int) -> dict[int, shapely.Geometry]:
    """Two ecoregions that cover more than the grid; their wiggly border runs from its north-west to its south-east."""
    rng = stream(seed, "regions")
    west, south, east, north = _extent(geobox, REGION_MARGIN)
    bbox = geobox.boundingbox
    x = np.linspace(west - 10.0, east + 10.0, 600)
    slope = -0.75 * (bbox.top - bbox.bottom) / (bbox.right - bbox.left)
    size = min(bbox.top - bbox.bottom, 3000.0)
    lengths, phases = rng.uniform((0.16, 0.5), (0.26, 0.8)) * 4000.0, rng.uniform(0, 2 * np.pi, 2)
    wiggle = np.sin(2 * np.pi * x[:, None] / lengths + phases) @ np.array([0.035, 0.06]) * size
    y = (bbox.top + bbox.bottom) / 2 + slope * (x - (bbox.left + bbox.right) / 2) + wiggle
    below = shapely.polygons(np.concatenate([np.stack([x, y], 1), [[east + 10.0, south - 1e5], [west - 10.0, south - 1e5]]]))
    frame = shapely.box(west, south, east, north)
    return {1: shapely.intersection(frame, below), 2: shapely.difference(frame, below)}


def _layers(extent: Extent, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outlines from the lowest to the highest layer, the parcel block of each (-1 for others), and the name of the layer."""
    rng = stream(seed, "shapes")
    parcel, block = parcels(extent, rng)
    woods = _spots(extent, 640.0, (45.0, 230.0), rng)
    villages = _village_centres(extent, rng)
    built = np.concatenate([blobs(villages, rng.uniform(90.0, 230.0, len(villages)), rng, 0.3), _spots(extent, 760.0, (38.0, 75.0), rng)])
    water = np.concatenate([rivers(extent, rng), _spots(extent, 1000.0, (40.0, 105.0), rng)])
    layers = {
        "parcel": parcel,
        "wood": cut(woods, extent, 190.0, rng),
        "village": cut(built, extent, 135.0, rng),
        "road": roads(villages, rng),
        "water": cut(water, extent, 170.0, rng),
    }
    names = np.repeat(list(layers), [len(layer) for layer in layers.values()])
    outline = np.concatenate(list(layers.values()))
    blocks = np.full(len(outline), -1)
    blocks[: len(block)] = block
    return outline, blocks, names


def _spots(extent: Extent, spacing: float, radii: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    centres = scattered(extent, spacing, rng)
    return blobs(centres, np.exp(rng.uniform(*np.log(radii), len(centres))), rng)


def _village_centres(extent: Extent, rng: np.random.Generator) -> np.ndarray:
    return scattered(extent, 1600.0, rng)


def _choose_kinds(layer: np.ndarray, block: np.ndarray, region: np.ndarray, seed: int) -> np.ndarray:
    """Kind of each field: parcels by the shares of their region, those of a block alike; woods are broad-leaved or coniferous."""
    rng = stream(seed, "kinds")
    kind = np.zeros(len(layer), np.int64)
    for name in ("village", "road", "water"):
        kind[layer == name] = KIND_INDEX[name]
    draw = rng.uniform(size=len(layer))
    leaning = np.exp(rng.normal(0.0, 0.55, (max(int(block.max()), 0) + 1, len(_PARCELS[1]))))
    names = [KIND_INDEX[name] for name in _PARCELS[1]]
    for number, shares in _PARCELS.items():
        here = (layer == "parcel") & (region == number)
        weights = np.array(list(shares.values())) * leaning[block[here]]
        steps = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        kind[here] = np.array(names)[(draw[here, None] > steps[:, :-1]).sum(axis=1)]
        wood = (layer == "wood") & (region == number)
        kind[wood] = np.where(draw[wood] < _CONIFERS[number], KIND_INDEX["conifer"], KIND_INDEX["broadleaf"])
    return kind


def _extent(geobox: GeoBox, margin: float) -> Extent:
    box = geobox.boundingbox
    return box.left - margin, box.bottom - margin, box.right + margin, box.top + margin


def _fill(labels: np.ndarray) -> np.ndarray:
    """Give the pixels between outlines (0) to the nearest one."""
    if labels.all():
        return labels
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return labels[tuple(nearest)]
