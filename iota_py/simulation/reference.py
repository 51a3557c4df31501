"""Reference polygons as a surveyor would bring them, faults included, and the ecoregions."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from iota_py.io.vectors import write_gpkg
from iota_py.simulation.landscape import Landscape
from iota_py.simulation.noise import stream
from iota_py.simulation.phenology import CODES, KIND_INDEX, LABELS

CRS = "EPSG:2154"
_CONFUSED = {5: 6, 6: 5, 9: 10, 10: 9, 13: 15, 15: 13, 16: 17, 17: 16, 2: 13, 23: 16}  # what a wrong label says
_SMALLEST = 900.0  # m²: nine pixels


def reference(
    landscape: Landscape, seed: int, *, share: float = 0.45, inset: float = 11.0, wrong: float = 0.015, outside: int = 6
) -> gpd.GeoDataFrame:
    """Reference polygons in the landscape's CRS; columns `code` (int32) and `name`.

    share: of the fields of each class and region that are surveyed. inset: metres by which most polygons keep off their borders (one
    in eight follows the border). wrong: share of wrong labels. outside: number of polygons beyond the grid. Roads are left out. At
    the end: an invalid polygon (bow-tie), an empty one, one smaller than a pixel, and one that lies over another with another label.
    """
    rng = stream(seed, "reference")
    chosen = _survey(landscape, share, outside, rng)
    outline = landscape.visible(chosen)
    kept = shapely.buffer(outline, np.where(rng.uniform(size=len(chosen)) < 0.875, -inset, -1.0), join_style="mitre")
    polygons = shapely.simplify(_largest(kept), 1.5)
    good = shapely.area(polygons) >= _SMALLEST
    polygons, codes = polygons[good], landscape.field_code[chosen[good]].astype(np.int32)
    small = np.argsort(shapely.area(polygons))[: len(codes) // 2]  # a few large ones would outweigh all others
    mistaken = rng.choice(small, round(wrong * len(codes)), replace=False)
    codes[mistaken] = [_CONFUSED[int(code)] for code in codes[mistaken]]
    odd, odd_codes = _oddities(landscape, polygons, codes)
    codes = np.concatenate([codes, odd_codes]).astype(np.int32)
    columns = {"code": codes, "name": [LABELS[int(code)] for code in codes]}
    return gpd.GeoDataFrame(columns, geometry=np.concatenate([polygons, odd]), crs=landscape.geobox.crs.to_wkt())


def ecoregions(landscape: Landscape) -> gpd.GeoDataFrame:
    """Outline of each ecoregion in the landscape's CRS; column `region` (text)."""
    names = {"region": [str(number) for number in landscape.regions]}
    return gpd.GeoDataFrame(names, geometry=list(landscape.regions.values()), crs=landscape.geobox.crs.to_wkt())


def write_reference(path: str | Path, landscape: Landscape, seed: int) -> None:
    """Write the polygons of `reference` as the layer `reference`, in EPSG:2154."""
    write_gpkg(path, reference(landscape, seed).to_crs(CRS), "reference")


def write_ecoregions(path: str | Path, landscape: Landscape) -> None:
    """Write the ecoregions as the layer `ecoregions`, in EPSG:2154."""
    write_gpkg(path, ecoregions(landscape).to_crs(CRS), "ecoregions")


def _survey(landscape: Landscape, share: float, outside: int, rng: np.random.Generator) -> np.ndarray:
    """Fields that are surveyed, ascending indices: a share of each class in each region, and a few beyond the grid."""
    box = landscape.geobox.boundingbox
    grid = shapely.box(box.left, box.bottom, box.right, box.top)
    near = shapely.intersects(landscape.outline, grid)
    useful = (landscape.kind != KIND_INDEX["road"]) & (shapely.area(landscape.outline) > 1500.0)
    chosen = []
    for code in CODES:
        for region in landscape.regions:
            fields = np.flatnonzero(useful & near & (landscape.field_code == code) & (landscape.field_region == region))
            count = min(len(fields), max(round(share * len(fields)), 16))
            chosen.append(rng.choice(fields, count, replace=False))
    away = np.flatnonzero(useful & ~near & (shapely.area(landscape.outline) > 6000.0))
    chosen.append(rng.choice(away, min(outside, len(away)), replace=False))
    return np.sort(np.concatenate(chosen))


def _largest(shapes: np.ndarray) -> np.ndarray:
    """The largest polygon of each shape; an empty polygon where it has none."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    order = np.lexsort((shapely.area(parts), owner))
    parts, owner = parts[order], owner[order]
    last = np.flatnonzero(np.append(owner[1:] != owner[:-1], True)) if len(owner) else np.array([], int)
    result[owner[last]] = parts[last]
    return result


def _oddities(landscape: Landscape, polygons: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    box = landscape.geobox.boundingbox
    x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    bow_tie = shapely.Polygon([(x, y), (x + 60, y + 60), (x + 60, y), (x, y + 60)])
    tiny = shapely.box(x - 83.0, y + 41.0, x - 79.0, y + 44.0)
    inner = shapely.box(box.left + 100, box.bottom + 100, box.right - 100, box.top - 100)
    candidates = np.flatnonzero(shapely.within(polygons, inner) & (codes == 6))
    if not len(candidates):
        return np.array([bow_tie, shapely.Polygon(), tiny], dtype=object), np.array([6, 6, 6])
    under = polygons[candidates[0]]
    over = shapely.transform(under, lambda points: points + np.array([25.0, 0.0]))
    return np.array([bow_tie, shapely.Polygon(), tiny, over], dtype=object), np.array([6, 13, 10, 13])
