"""Reference polygons: labels checked, geometries mended, what cannot be used dropped with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from iota_py.errors import Fault, InputError
from iota_py.nomenclature import Nomenclature, label_text

MAX_EMPTY_SHARE = 0.05
_SHOWN = 8


@dataclass(frozen=True)
class CleanPolygons:
    """Usable reference polygons and the account of the others.

    frame: `polygon` (row number in the source, from 0), `code`, `region` (index from 1, 0 outside all), `order` (rank that does not depend
    on the order of the file), geometry in the CRS asked for. drops: `reason`, `polygons` (how many), `ids`. total: polygons read.
    """

    frame: gpd.GeoDataFrame
    drops: pd.DataFrame
    total: int
    mended: tuple[int, ...] = field(default=())


def read_labels(frame: gpd.GeoDataFrame, label: str, nomenclature: Nomenclature, ignore: Sequence[object], source: str) -> pd.Series:
    """Class code of each row, 0 for labels to ignore.

    Raises InputError when the field is missing (the fields are listed), when a label is null, or when the nomenclature lacks one.
    """
    if label not in frame.columns:
        fields = ", ".join(c for c in frame.columns if c != "geometry")
        raise InputError(
            Fault("E-SAM-001", source, "samples.label", f"field `{label}` is not in the file (fields: {fields})", "name one of these")
        )
    ignored = {label_text(value) for value in ignore}
    values = frame[label]
    null = values[values.isna()].index.tolist()
    codes = {}
    for value in values.dropna().unique():
        codes[value] = 0 if label_text(value) in ignored else nomenclature.code_of(value)
    unknown = sorted(label_text(v) for v, code in codes.items() if code is None)
    faults = []
    if null:
        faults.append(
            Fault("E-SAM-002", source, label, f"{len(null)} rows have no label (rows {_some(null)})", "label them or remove them")
        )
    if unknown:
        known = ", ".join(f"{c.code} {c.alias}" for c in nomenclature.classes)
        fix = f"add them to the nomenclature (it holds {known}), or list them under samples.ignore"
        faults.append(Fault("E-SAM-003", source, label, f"labels that are not in nomenclature {nomenclature.name}: {_some(unknown)}", fix))
    if faults:
        raise InputError(*faults)
    return values.map(codes).astype(int)


def clean_polygons(
    frame: gpd.GeoDataFrame, codes: pd.Series, footprints: gpd.GeoSeries, regions: gpd.GeoDataFrame | None, source: str
) -> CleanPolygons:
    """Keep the polygons that can be learnt from.

    frame: geometries in any CRS. codes: class of each row, 0 to leave out. footprints: outlines of the tiles; its CRS is the result's.
    regions: geometry and `region` (index from 1), same CRS as footprints, or None for one region everywhere.
    Raises InputError when geometries are not polygons, when too many are empty, or when none touches a tile.
    """
    kinds = set(frame.geometry.dropna().geom_type.dropna()) - {"Polygon", "MultiPolygon", "GeometryCollection"}
    if kinds:
        raise InputError(
            Fault("E-SAM-004", source, "geometry", f"expected polygons, found {', '.join(sorted(kinds))}", "give a layer of polygons")
        )
    dropped: dict[str, list[int]] = {}
    rows = np.arange(len(frame))
    original = frame.geometry.to_numpy()
    mended_shapes = [_mend(g) if _has_coordinates(g) else shapely.Polygon() for g in original]
    usable = np.array([not g.is_empty for g in mended_shapes], bool)
    dropped["empty, or without area"] = rows[~usable].tolist()
    if (~usable).sum() > max(3, MAX_EMPTY_SHARE * len(frame)):
        text = f"{(~usable).sum()} of {len(frame)} geometries are empty"
        raise InputError(Fault("E-SAM-005", source, "geometry", text, "repair the file"))
    dropped["label ignored by the configuration"] = rows[usable & (codes.to_numpy() == 0)].tolist()
    usable &= codes.to_numpy() != 0
    if not usable.any():
        raise InputError(Fault("E-SAM-006", source, "geometry", f"none of the {len(frame)} polygons has a label and an area"))
    mended = [int(r) for r in rows[usable] if not original[r].is_valid]
    geometries = [mended_shapes[r] for r in rows[usable]]
    order = [hashlib.sha256(shapely.normalize(g).wkb).hexdigest() for g in geometries]
    clean = gpd.GeoDataFrame(
        {"polygon": rows[usable], "code": codes.to_numpy()[usable], "order": order}, geometry=geometries, crs=frame.crs
    )
    clean = clean.to_crs(footprints.crs)
    inside = clean.intersects(footprints.union_all()).to_numpy()
    dropped["outside every tile"] = clean.polygon[~inside].tolist()
    if not inside.any():
        where = f"{len(clean)} polygons, bounds {_bounds(clean)}, none inside the tiles, bounds {_bounds(footprints)}"
        raise InputError(Fault("E-SAM-006", source, "geometry", where, "check the coordinate reference system and the place"))
    clean = clean[inside].reset_index(drop=True)
    clean["region"] = _region_of(clean, regions)
    dropped["outside every region"] = clean.polygon[clean.region == 0].tolist()
    clean = clean[clean.region > 0].sort_values("polygon").reset_index(drop=True)
    clean["order"] = clean.order.rank(method="first").astype(int)
    return CleanPolygons(clean, _drops(dropped), len(frame), tuple(mended))


def _has_coordinates(geometry: BaseGeometry | None) -> bool:
    if geometry is None or geometry.is_empty:
        return False
    return bool(np.isfinite(shapely.get_coordinates(geometry)).all())


def _mend(geometry: BaseGeometry) -> BaseGeometry:
    """The polygon parts of a valid version of a geometry."""
    if geometry.is_valid and geometry.geom_type != "GeometryCollection":
        return geometry
    parts = [p for p in shapely.get_parts(shapely.make_valid(geometry)) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _region_of(clean: gpd.GeoDataFrame, regions: gpd.GeoDataFrame | None) -> np.ndarray:
    """Region index of each polygon: where it has most of its area; 0 outside all. Pixels follow their own region, splits follow this one."""
    if regions is None:
        return np.ones(len(clean), int)
    areas = np.stack([clean.geometry.intersection(shape).area.to_numpy() for shape in regions.geometry], axis=1)
    best = regions.region.to_numpy()[areas.argmax(axis=1)]
    return np.where(areas.max(axis=1) > 0, best, 0)


def _drops(dropped: dict[str, list[int]]) -> pd.DataFrame:
    rows = [(reason, len(ids), _some(ids)) for reason, ids in dropped.items() if ids]
    return pd.DataFrame(rows, columns=["reason", "polygons", "ids"])


def _some(values: Sequence[object]) -> str:
    shown = ", ".join(str(v) for v in values[:_SHOWN])
    return f"{shown}, …" if len(values) > _SHOWN else shown


def _bounds(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> str:
    return ", ".join(f"{v:.0f}" for v in frame.total_bounds)
