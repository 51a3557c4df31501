"""Polygons that are given as segments."""

from __future__ import annotations

import geopandas as gpd
from odc.geo.geobox import GeoBox

from iota_py.config.schema import RunConfig
from iota_py.grid.windows import crs_text
from iota_py.io.vectors import read_vectors

POLYGONAL = ("Polygon", "MultiPolygon")


def parcels_on(config: RunConfig, geobox: GeoBox) -> gpd.GeoDataFrame:
    """The given polygons that meet a grid, in its CRS and in the order of the file; index: their rows in it, from 0.

    What is no polygon is left out. InputError as in `read_vectors`.
    """
    assert config.objects is not None
    wish = config.objects.segments
    assert wish.path is not None
    frame = read_vectors(wish.path, wish.layer)[["geometry"]].reset_index(drop=True)
    frame = frame[frame.geom_type.isin(POLYGONAL) & ~frame.is_empty].to_crs(crs_text(geobox))
    return frame[frame.intersects(geobox.extent.geom)]
