"""From sources of reference data to the polygons and points that are looked for on the tiles.

The steps, in this order: geometries mended and labels read; inside the tiles; outside sources of higher priority; without what classes
contest; inside a border; large enough; inside a region. Steps that nothing was asked of are left out, of the account too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from iota_py.errors import Fault, InputError
from iota_py.samples.account import BORDER, CLIPPED, CONTESTED, INSIDE, LARGE, OUTSIDE_REGIONS, READ, REGION, Account, Prepared, called
from iota_py.samples.geometry import KINDS, finite, hectares, is_point, mended, metres_per_unit, region_of, single_points
from iota_py.samples.overlaps import outside_higher, without_contested

MAX_EMPTY_SHARE = 0.05


@dataclass(frozen=True)
class Source:
    """A source with its classes. frame: geometries in any CRS. code: class of each row, 0 to leave out. where: names it in messages.

    border, minimum_area, point_radius: metres, square metres, metres; 0 for none.
    """

    name: str
    where: str
    frame: gpd.GeoDataFrame
    code: pd.Series
    priority: int = 0
    border: float = 0.0
    minimum_area: float = 0.0
    point_radius: float = 0.0


def prepare(sources: Sequence[Source], footprints: gpd.GeoSeries, regions: gpd.GeoDataFrame | None, *, merge: bool = True) -> Prepared:
    """Keep what can be learnt from, and account for the rest.

    footprints: outlines of the tiles; its CRS is that of the map. regions: geometry and `region` (index from 1) in that CRS, or None for
    one region everywhere. merge: polygons that overlap are cut; else they are left to their pixels, and a polygon is called by its row.
    With `merge` the number of a polygon depends on priority, source and shape, never on the order of rows in a file.
    Raises InputError with the faults of all sources: E-SAM-004 other kinds of geometry, E-SAM-005 too many empty ones, E-SAM-006 none
    usable or none inside the tiles, E-SAM-023 lengths asked of a map in degrees.
    """
    _check_units(sources, footprints.crs)
    parts, faults = [], []
    for number, source in enumerate(sources):
        try:
            parts.append(_read(source, number, footprints.crs))
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(*faults)
    table = _numbered(pd.concat(parts, ignore_index=True), merge)
    features = gpd.GeoDataFrame(table, geometry="geometry", crs=footprints.crs)
    account = Account.of(called(table, len(sources) > 1))
    tiles = _steps(features, account, sources, footprints, regions, merge)
    kept = account.there
    rank = features.order[kept].rank(method="first").astype(int)
    features["order"] = rank.reindex(features.index, fill_value=0)
    features = features[["polygon", "source", "row", "code", "priority", "order", "region", "geometry"]]
    return Prepared(features, account, tiles, sum(len(source.frame) for source in sources))


def _check_units(sources: Sequence[Source], crs: object) -> None:
    asked = [key for key in ("border", "minimum_area", "point_radius") if any(getattr(source, key) for source in sources)]
    if asked and not gpd.GeoSeries([], crs=crs).crs.is_projected:
        text = f"{', '.join(asked)} in metres, and the map is in degrees"
        raise InputError(Fault("E-SAM-023", ", ".join(s.where for s in sources), "samples", text, "set grid.crs to a projected system"))


def _read(source: Source, number: int, crs: object) -> pd.DataFrame:
    """Points and polygons of a source in the CRS of the map, with what made unusable ones so in `fault`."""
    original = source.frame.geometry.to_numpy()
    kinds = {shape.geom_type for shape in original if shape is not None} - set(KINDS)
    if kinds:
        text = f"expected polygons or points, found {', '.join(sorted(kinds))}"
        raise InputError(Fault("E-SAM-004", source.where, "geometry", text, "give a layer of polygons or of points"))
    shapes, invalid = mended(original)
    empty = shapely.is_empty(shapes)
    if empty.sum() > max(3, MAX_EMPTY_SHARE * len(shapes)):
        text = f"{empty.sum()} of {len(shapes)} geometries are empty"
        raise InputError(Fault("E-SAM-005", source.where, "geometry", text, "repair the file"))
    code = source.code.to_numpy()
    if not (~empty & (code != 0)).any():
        raise InputError(Fault("E-SAM-006", source.where, "geometry", f"none of the {len(shapes)} polygons has a label and an area"))
    singles, rows = single_points(shapes)
    order = [hashlib.sha256(text).hexdigest() for text in shapely.to_wkb(shapely.normalize(singles))]
    placed = gpd.GeoSeries(singles, crs=source.frame.crs).to_crs(crs).to_numpy()
    placed[~finite(placed)] = shapely.Polygon()  # beyond what the projection of the map can show: outside the tiles
    point = is_point(placed)
    if source.point_radius:
        placed[point] = shapely.buffer(placed[point], source.point_radius / metres_per_unit(crs))
    fault = np.select([empty, code == 0], ["empty, or without area", "label ignored by the configuration"], "")
    table = {"source": source.name, "number": number, "row": rows, "code": code[rows], "priority": source.priority, "order": order}
    return pd.DataFrame({**table, "invalid": invalid[rows], "fault": fault[rows], "point": point, "geometry": placed})


def _numbered(table: pd.DataFrame, merge: bool) -> pd.DataFrame:
    """Rows in the order in which the first of several keeps the ground, with their number in the run."""
    if merge:
        keys = table.assign(priority=-table.priority, part=table.groupby(["number", "row"]).cumcount())
        table = table.loc[keys.sort_values(["priority", "number", "order", "row", "part"]).index].reset_index(drop=True)
    return table.assign(polygon=np.arange(len(table)), region=0)


def _steps(
    features: gpd.GeoDataFrame,
    account: Account,
    sources: Sequence[Source],
    footprints: gpd.GeoSeries,
    regions: gpd.GeoDataFrame | None,
    merge: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Carry out the steps on the geometries of the features; (feature, tile) of those that touch."""
    shapes, crs, fault = features.geometry.to_numpy().copy(), footprints.crs, features.fault.to_numpy()
    for reason in ("empty, or without area", "label ignored by the configuration"):
        account.drop(fault == reason, reason)
    account.note("mended (invalid geometry), kept", features.invalid.to_numpy() & account.there)
    account.close(READ, hectares(shapes, crs))
    tiles, drawn = _keep_inside(shapes, account, sources, footprints), shapes.copy()
    _say_absent(features, account, sources)
    account.close(INSIDE, account.areas[-1])
    features["region"] = _regions(shapes, account, regions)
    if merge:
        _cut(features, shapes, account)
    _shrink(features, shapes, account, sources)
    if len(account.steps) > 2:
        features["region"] = np.where(account.there, _regions(shapes, account, regions), features.region)
    if regions is not None:
        account.drop(features.region.to_numpy() == 0, OUTSIDE_REGIONS)
        account.close(REGION, account.areas[-1])
    features["geometry"] = np.where(account.there, shapes, drawn)
    if not account.there.any():
        why = "; ".join(f"{count} {reason}" for reason, count, _ in account.drops().itertuples(index=False))
        where = ", ".join(source.where for source in sources)
        raise InputError(Fault("E-SAM-026", where, "samples", f"nothing is left ({why})", "check the regions, the borders and the sizes"))
    return tiles


def _keep_inside(
    shapes: np.ndarray, account: Account, sources: Sequence[Source], footprints: gpd.GeoSeries
) -> tuple[np.ndarray, np.ndarray]:
    """Lose what touches no tile; (feature, tile) of those that do."""
    outlines, usable = footprints.to_numpy(), account.there
    shapely.prepare(outlines)
    tile, feature = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    inside = np.zeros(len(shapes), bool)
    inside[feature] = True
    account.drop(~inside, "outside every tile")
    if not account.there.any():
        bounds = _bounds(shapely.total_bounds(shapes[usable])), _bounds(footprints.total_bounds)
        text = f"{usable.sum()} polygons, bounds {bounds[0]}, none inside the tiles, bounds {bounds[1]}"
        where = ", ".join(source.where for source in sources)
        raise InputError(Fault("E-SAM-006", where, "geometry", text, "check the coordinate reference system and the place"))
    order = np.lexsort((tile, feature))
    order = order[account.there[feature[order]]]
    return feature[order], tile[order]


def _say_absent(features: gpd.GeoDataFrame, account: Account, sources: Sequence[Source]) -> None:
    present = set(features.source[account.there])
    account.notes.extend(
        (f"no polygon of source {source.name} is inside the tiles", 0, "") for source in sources if source.name not in present
    )


def _regions(shapes: np.ndarray, account: Account, regions: gpd.GeoDataFrame | None) -> np.ndarray:
    found, there = np.zeros(len(shapes), int), account.there
    found[there] = region_of(shapes[there], regions)
    return found


def _cut(features: gpd.GeoDataFrame, shapes: np.ndarray, account: Account) -> None:
    """Overlaps between sources, then inside a priority."""
    crs, code, priority = features.crs, features.code.to_numpy(), features.priority.to_numpy()
    there = np.flatnonzero(account.there)
    broken = there[~shapely.is_valid(shapes[there])]  # by the change of reference system
    shapes[broken] = mended(shapes[broken])[0]
    if len(np.unique(priority[there])) > 1:
        _replace(shapes, there, outside_higher(shapes[there], priority[there]), account, crs, "cut by sources of higher priority, kept")
        account.drop(shapely.is_empty(shapes), "covered by sources of higher priority")
        account.close(CLIPPED, hectares(shapes, crs))
    there = np.flatnonzero(account.there)
    found, contested = without_contested(shapes[there], priority[there], code[there])
    both = np.zeros(len(shapes), bool)
    both[there] = contested
    own = there[~contested]
    _replace(shapes, there[contested], found[contested], account, crs, "overlap conflicts removed, rest kept")
    _replace(shapes, own, found[~contested], account, crs, "overlap with an earlier polygon of its class removed, rest kept")
    account.drop(shapely.is_empty(shapes) & both, "covered by polygons of other classes (overlap conflict)")
    account.drop(shapely.is_empty(shapes), "covered by polygons of its class")
    account.close(CONTESTED, hectares(shapes, crs))


def _replace(shapes: np.ndarray, rows: np.ndarray, found: np.ndarray, account: Account, crs: object, what: str) -> None:
    """Put the shapes found in place, and note those that lost ground and how much, those that lost all of it included in the ground."""
    before = hectares(shapes[rows], crs)
    less = before - hectares(found, crs)
    lost = less > 0
    shapes[rows] = found
    partly = np.zeros(len(shapes), bool)
    partly[rows] = lost & ~shapely.is_empty(found)
    if lost.any():
        account.note(f"{what} ({less[lost].sum():.4g} ha removed in all)", partly)


def _shrink(features: gpd.GeoDataFrame, shapes: np.ndarray, account: Account, sources: Sequence[Source]) -> None:
    """Borders and minimum areas, each of its source. Points and what was drawn around them are left as they are."""
    number, unit = features.number.to_numpy(), metres_per_unit(features.crs)
    border = np.array([source.border for source in sources])[number] * ~features.point.to_numpy()
    least = np.array([source.minimum_area for source in sources])[number] * ~features.point.to_numpy()
    if border.any():
        which = account.there & (border > 0)
        shapes[which] = shapely.buffer(shapes[which], -border[which] / unit)
        for metres in np.unique(border[border > 0]):
            account.drop(shapely.is_empty(shapes) & (border == metres), f"vanished inside a border of {metres:g} m")
        account.close(BORDER, hectares(shapes, features.crs))
    if least.any():
        areas = hectares(shapes, features.crs)
        for metres in np.unique(least[least > 0]):
            account.drop((areas * 10_000 < metres) & (least == metres), f"smaller than {metres:g} m²")
        account.close(LARGE, areas)


def _bounds(values: np.ndarray) -> str:
    return ", ".join(f"{v:.0f}" for v in values)
