"""What a split never cuts: the block, tile, region, year or value that each reference polygon belongs to."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.config.schema import RunConfig
from iota_py.config.splits import FROM_COLUMN, Split
from iota_py.config.tables import SampleTable
from iota_py.errors import Fault, InputError
from iota_py.grid.windows import crs_text
from iota_py.io.publish import read_json
from iota_py.io.raster import read_reduced
from iota_py.nomenclature import label_text
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.blocks import block_of
from iota_py.samples.distance_folds import DistanceFolds, distance_folds
from iota_py.samples.folds import fold_units, hold_out, roles_of_fold, split_units
from iota_py.samples.split import LEARNING, NEITHER, VALIDATION, folds_by_polygon, generator, split_by_polygon

EQUAL_AREA = "EPSG:6933"
ROLES = {"learning": LEARNING, "validation": VALIDATION, "none": NEITHER}
REDUCED = 500  # cells on the longer side of a footprint, from which places of the map are drawn
_PLACES_STREAM = (0, 0, 5)
_NOUNS = {"distance": "clusters matched in distance", "regions": "regions", "tiles": "tiles", "years": "years"}


def split_faults(config: RunConfig, inventory: Inventory | None) -> list[Fault]:
    """What is wrong with a split before anything is read of the reference."""
    split, samples = config.samples.split, config.samples
    if samples.table is not None:
        return _table_faults(config.name, split, samples.table)
    if split.kind == "regions" and samples.regions is None:
        return [Fault("E-SPL-010", config.name, "samples.split.kind", "there are no regions to hold out", "give samples.regions")]
    if inventory is None or split.kind not in ("regions", "tiles"):
        return []
    names = [tile.name for tile in inventory.tiles] if split.kind == "tiles" else [name for _, name in inventory.regions]
    try:
        _check_units(split, names, config.name)
    except InputError as error:
        return list(error.faults)
    return []


def _table_faults(name: str, split: Split, table: SampleTable) -> list[Fault]:
    """Samples of a table have no tiles, and a place where its columns are named; the map may be far from them."""
    if split.kind in ("tiles", "distance"):
        text = f"the samples of a table are not split by {split.kind}"
        return [Fault("E-SPL-008", name, "samples.split.kind", text, "take polygon, blocks, regions, years or column")]
    needs = {"blocks": ("x", "`x` and `y`, the place"), "regions": ("region", "`region`, the column of the region")}
    key, words = needs.get(split.kind, ("path", ""))
    if getattr(table, key) is None:
        return [Fault("E-SPL-010", name, "samples.split.kind", f"kind {split.kind} needs samples.table.{words}", "name it")]
    return []


def draws_entry(split: Split, unit: str) -> dict[str, str]:
    """What metrics.json says of the runs beside the unit that they are made of; nothing for plain draws."""
    words = draw_words(split, unit)
    return {} if words is None else {"draws": words}


def draw_words(split: Split, unit: str = "polygons") -> str | None:
    """What the runs are, in words for the report; None for draws of polygons, or of what stands for them."""
    own = {"polygon": unit, "blocks": f"blocks of {split.block or 0:g} m", "column": f"values of `{split.column}`"}
    noun = own.get(split.kind) or _NOUNS[split.kind]
    if split.held_out:
        return f"the held-out {noun} {', '.join(label_text(name) for name in split.held_out)}"
    if split.folds is not None:
        return f"{split.folds} folds of {noun}"
    if split.kind == "column":
        return f"the roles of `{split.column}`"
    if split.kind == "polygon":
        return None
    return f"one draw of {noun}" if split.runs == 1 else f"{split.runs} draws of {noun}"


def matched_sentences(ws: Workspace) -> list[str]:
    """How well folds are matched in distance, where they are: one sentence for the reader."""
    if ws.config.samples.split.kind != "distance" or ws.config.samples.table is not None:
        return []
    found = read_json(ws.path(paths.DISTANCE))
    return [
        f"folds are {found['clusters']} clusters of polygons: from a validation polygon to the nearest learning one it is {found['validation']:.0f} m "
        f"(median), from a place of the map {found['prediction']:.0f} m; the two differ by {found['difference']:.0f} m on average, with polygons "
        f"folded at random by {found['at_random']:.0f} m"
    ]


def groups_of(frame: pd.DataFrame, rows: pd.Series, field: str, source: str) -> list[str]:
    """Value of a field for rows of the reference, as text.

    Raises InputError: E-SPL-001 no such field, E-SPL-002 rows without a value.
    """
    if field not in frame.columns:
        fields = ", ".join(c for c in frame.columns if c != "geometry")
        text = f"field `{field}` is not in the file (fields: {fields})"
        raise InputError(Fault("E-SPL-001", source, "samples.split.column", text, "name one of these"))
    values = frame[field].iloc[rows.to_numpy()]
    empty = rows[values.isna().to_numpy()].tolist()
    if empty:
        shown = ", ".join(map(str, empty[:8])) + (", …" if len(empty) > 8 else "")
        text = f"{len(empty)} polygons have no value (rows {shown})"
        raise InputError(Fault("E-SPL-002", source, field, text, "fill it in, or split by another kind"))
    return [label_text(value) for value in values]


def roles_of_runs(ws: Workspace, drawn: gpd.GeoDataFrame, usable: pd.DataFrame) -> tuple[list[pd.Series], DistanceFolds | None]:
    """Role of each polygon in every run, and how folds were matched in distance.

    drawn: polygons with a usable pixel (`polygon`, `code`, `region`, `order`, and `group` where a field is split by). usable: their pixels
    (`polygon`, `tile`). Raises InputError: E-SPL-003 nothing has a name that is held out, E-SPL-004 too few units, E-SPL-005 a column that
    holds no roles, E-SPL-006 a run in which nothing learns or nothing validates.
    """
    split, source = ws.config.samples.split, reference_name(ws.config)
    matched = None
    if split.kind == "polygon":
        roles = _by_polygon(split, drawn)
    elif split.kind == "distance":
        matched, fold = _by_distance(ws, split, drawn, source)
        roles = [roles_of_fold(fold, run) for run in range(split.runs)]
    else:
        unit = units_of(ws, drawn, usable)
        _check_units(split, unit.unique(), source)
        roles = _by_unit(split, drawn, unit)
    _check_roles(split, roles, source)
    return roles, matched


def pixel_roles(split: Split, pixels: pd.DataFrame, splits: pd.DataFrame, run: int) -> np.ndarray:
    """Role of each pixel (`polygon`, `region`) in a run, that of its polygon (`splits`: `polygon`, `region`, `run_<k>`).

    Where regions are held out, pixels beyond the region of their polygon have none: a region that is held out learns nothing of its own.
    """
    role: np.ndarray = pixels.polygon.map(dict(zip(splits.polygon, splits[f"run_{run}"]))).to_numpy()
    if split.kind != "regions":
        return role
    home = pixels.polygon.map(dict(zip(splits.polygon, splits.region))).to_numpy()
    return np.where(home == pixels.region.to_numpy(), role, NEITHER)


def reference_name(config: RunConfig) -> str:
    """The file of the reference data."""
    return config.samples.where


def units_of(ws: Workspace, drawn: gpd.GeoDataFrame, usable: pd.DataFrame) -> pd.Series:
    """Key of the unit of each polygon: the block of its centroid, the tile with most of its pixels, its region, or its value."""
    split = ws.config.samples.split
    if split.kind == "blocks":
        assert split.block is not None
        return block_units(drawn, split.block)
    if split.kind == "regions":
        return drawn.region.map(ws.region_names).rename("unit")
    if split.kind == "tiles":
        counts = usable.groupby(["polygon", "tile"], sort=True).size().reset_index(name="pixels")
        first = counts.sort_values(["polygon", "pixels", "tile"], ascending=[True, False, True]).drop_duplicates("polygon")
        return drawn.polygon.map(dict(zip(first.polygon, first.tile))).rename("unit")
    return drawn.group.rename("unit")


def block_units(polygons: gpd.GeoDataFrame, side: float) -> pd.Series:
    """Key of the block of each polygon's centroid, in the CRS that `in_metres` gives."""
    centres = in_metres(polygons).geometry.centroid
    return pd.Series(block_of(np.column_stack([centres.x, centres.y]), side), index=polygons.index, name="unit")


def in_metres(frame: Any) -> Any:
    """Geometries in their own CRS where that is in metres, else in EPSG:6933 (equal area)."""
    return frame if _metric(frame.crs) else frame.to_crs(EQUAL_AREA)


def _by_polygon(split: Split, drawn: pd.DataFrame) -> list[pd.Series]:
    if split.folds is None:
        return [split_by_polygon(drawn, split.ratio, split.seed + run) for run in range(split.runs)]
    fold = folds_by_polygon(drawn, split.folds, split.seed)
    return [roles_of_fold(fold, run) for run in range(split.folds)]


def _by_unit(split: Split, drawn: pd.DataFrame, unit: pd.Series) -> list[pd.Series]:
    if split.held_out:
        return [hold_out(unit, [label_text(name) for name in split.held_out])]
    if split.folds is not None:
        one_each = split.kind in FROM_COLUMN and unit.nunique() == split.folds  # these are the folds: run k is the k-th value
        fold = unit.rank(method="dense").astype(np.int64) - 1 if one_each else fold_units(drawn, unit, split.folds, split.seed)
        return [roles_of_fold(fold, run) for run in range(split.folds)]
    if split.kind == "column":
        return [unit.map(ROLES).astype(np.int8).rename("role")]
    return [split_units(drawn, unit, split.ratio, split.seed + run) for run in range(split.runs)]


def _check_units(split: Split, units: Any, source: str) -> None:
    names = sorted(map(str, units))
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    missing = [label_text(name) for name in split.held_out if label_text(name) not in names]
    if missing:
        text = f"nothing to hold out under {', '.join(missing)} (kind {split.kind} finds {listed})"
        raise InputError(Fault("E-SPL-003", source, "samples.split.held_out", text, "name some of these"))
    if split.folds is not None and len(names) < split.folds:
        text = f"{len(names)} {'blocks' if split.kind == 'blocks' else split.kind} for {split.folds} folds ({listed})"
        raise InputError(Fault("E-SPL-004", source, "samples.split.folds", text, "ask for fewer folds, or make units smaller"))
    if split.kind == "column" and not split.held_out and split.folds is None:
        strange = [name for name in names if name not in ROLES]
        if strange:
            text = f"expected {', '.join(ROLES)} in column `{split.column}`, found {', '.join(strange[:8])}"
            raise InputError(Fault("E-SPL-005", source, "samples.split.column", text, "give `held_out`, or `folds`"))


def _check_roles(split: Split, roles: list[pd.Series], source: str) -> None:
    for run, role in enumerate(roles):
        lacking = [word for word, number in (("learns", LEARNING), ("validates", VALIDATION)) if not (role == number).any()]
        if lacking and split.kind != "polygon":
            text = f"in run {run} no polygon {' and none '.join(lacking)}"
            raise InputError(Fault("E-SPL-006", source, "samples.split", text, "change the ratio or the folds, or make units smaller"))


def _by_distance(ws: Workspace, split: Split, drawn: gpd.GeoDataFrame, source: str) -> tuple[DistanceFolds, pd.Series]:
    assert split.folds is not None
    ranked = drawn.sort_values("order")
    _, stratum = np.unique(ranked[["region", "code"]].to_numpy(), axis=0, return_inverse=True)
    places = metric_points(map_places(ws, split.points, split.seed))
    points = metric_points(ranked.geometry.centroid)
    found = len(np.unique(points, axis=0))
    if found < split.folds:
        text = f"polygons at {found} places for {split.folds} folds"
        raise InputError(Fault("E-SPL-004", source, "samples.split.folds", text, "ask for fewer folds"))
    matched = distance_folds(points, stratum.ravel(), places, split.folds, split.seed)
    return matched, pd.Series(matched.fold, index=ranked.index).reindex(drawn.index)


def map_places(ws: Workspace, number: int, seed: int) -> gpd.GeoSeries:
    """Places drawn at random, with the same chance for every hectare, where tiles were seen and a region is mapped; CRS of the map."""
    crs = crs_text(ws.grid)
    found, weights = [], []
    for tile in sorted(ws.tiles):
        points, area = _seen_cells(ws, tile)
        found.append(points.to_crs(crs))
        weights.append(area)
    every = gpd.GeoSeries(pd.concat(found, ignore_index=True), crs=crs)
    weight = np.concatenate(weights)
    regions = ws.regions(crs)
    if regions is not None:
        outline = regions.union_all()
        shapely.prepare(outline)
        weight = weight * shapely.contains_xy(outline, every.x, every.y)
    drawn = generator(seed, *_PLACES_STREAM).choice(len(every), number, p=weight / weight.sum())
    return every.iloc[drawn].reset_index(drop=True)


def _seen_cells(ws: Workspace, tile: str) -> tuple[gpd.GeoSeries, np.ndarray]:
    """Centres of the cells of a coarse grid that the tile saw and owns, in its own CRS, and the area of each, in any unit."""
    seen, box = _reduced(ws, tile)
    rows, cols = np.nonzero(seen)
    t = box.transform
    points = gpd.GeoSeries(gpd.points_from_xy(t.c + (cols + 0.5) * t.a, t.f + (rows + 0.5) * t.e), crs=crs_text(box))
    kept = np.ones(len(points), bool)
    for name in ws.above(tile):
        other, grid = _reduced(ws, name)
        moved, inverse = points.to_crs(crs_text(grid)), ~grid.transform
        col, row = np.floor(inverse.a * moved.x + inverse.c).astype(int), np.floor(inverse.e * moved.y + inverse.f).astype(int)
        inside = ((row >= 0) & (row < other.shape[0]) & (col >= 0) & (col < other.shape[1])).to_numpy()
        kept[inside] &= ~other[row[inside], col[inside]]
    narrow = np.ones(len(points)) if points.crs.is_projected else np.cos(np.radians(points.y.to_numpy()))
    return points[kept], (abs(t.a * t.e) * narrow)[kept]


def _reduced(ws: Workspace, tile: str) -> tuple[np.ndarray, GeoBox]:
    seen = read_reduced(str(ws.path(paths.footprint(tile))), REDUCED) > 0
    return seen, ws.geobox(tile).zoom_to(seen.shape)


def metric_points(points: gpd.GeoSeries) -> np.ndarray:
    """Coordinates in metres, float64 (point, axis): of a CRS in metres as they are, of another one as places in space (EPSG:4978)."""
    x, y = points.x.to_numpy(), points.y.to_numpy()
    if _metric(points.crs):
        return np.column_stack([x, y])
    change = Transformer.from_crs(points.crs, "EPSG:4978", always_xy=True)
    return np.column_stack(change.transform(x, y, np.zeros(len(x))))


def _metric(crs: Any) -> bool:
    return bool(crs.is_projected) and crs.axis_info[0].unit_name == "metre"
