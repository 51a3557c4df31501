"""Outlines over the map, in pixels of its grid."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import box
from shapely.geometry import mapping

from iota_py.errors import Fault, InputError
from iota_py.grid.windows import crs_text
from iota_py.viewer.shown import ShownRun

MOST = 4000  # outlines at a time


def outlines(run: ShownRun, name: str, part: tuple[float, float, float, float], step: float, onto: ShownRun) -> dict[str, Any]:
    """GeoJSON of what meets a part of a map, simplified to half of `step` pixels, positions in pixels (column, row) of its grid.

    name: `regions` or `polygons`. part: first and last column and row of `onto`, whose grid it is: left, top, right, bottom. `more` in the
    result: how many were left out for there are more than MOST. Raises InputError E-VIEW-005 for another name.
    """
    frame = {"regions": lambda: run.regions, "polygons": lambda: run.polygons}.get(name, lambda: None)()
    if frame is None:
        raise InputError(Fault("E-VIEW-005", str(run.root), "", f"no outlines named {name}"))
    frame = frame.to_crs(crs_text(onto.grid))
    t = onto.grid.transform
    origin, size = np.array([t.c, t.f]), np.array([t.a, t.e])
    ends = np.array(part).reshape(2, 2) * size + origin
    near = frame.iloc[np.sort(frame.sindex.query(box(*ends.min(axis=0), *ends.max(axis=0))))]
    kept = near.iloc[:MOST]
    shapes = shapely.transform(kept.geometry.to_numpy(), lambda xy: (xy - origin) / size)
    shapes = shapely.simplify(shapes, step / 2, preserve_topology=True)
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, 2))
    features = [
        {"type": "Feature", "properties": about, "geometry": mapping(shape)}
        for shape, about in zip(shapes, _properties(kept, name))
        if not shape.is_empty
    ]
    return {"type": "FeatureCollection", "features": features, "more": len(near) - len(kept)}


def _properties(frame: gpd.GeoDataFrame, name: str) -> list[dict[str, Any]]:
    if name == "regions":
        return [{"name": str(region)} for region in frame.name]
    return [{"polygon": int(one.polygon), "code": int(one.code), "learning": int(one.learning)} for one in frame.itertuples()]
