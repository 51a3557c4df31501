"""A small reference: a nomenclature, a tile, shapes."""

import geopandas as gpd
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.nomenclature import LandCoverClass, Nomenclature

CRS = "EPSG:32631"
GRID = GeoBox((10, 10), Affine(10, 0, 400000, 0, -10, 4800000), CRS)
CLASSES = Nomenclature(
    "small",
    (
        LandCoverClass(1, "Urbain", {"en": "urban", "fr": "zone bâtie"}, (255, 0, 0)),
        LandCoverClass(5, "Colza", {"en": "rapeseed", "fr": "colza"}, (255, 255, 0)),
        LandCoverClass(23, "Eau", {"en": "water", "fr": "eau"}, (0, 0, 255)),
    ),
)


def box(row: float, col: float, height: float = 2, width: float = 2) -> shapely.Polygon:
    """A rectangle in pixels of GRID."""
    return shapely.box(400000 + 10 * col, 4800000 - 10 * (row + height), 400000 + 10 * (col + width), 4800000 - 10 * row)


def footprints() -> gpd.GeoSeries:
    """Outline of the tile."""
    return gpd.GeoSeries([GRID.extent.geom], crs=CRS)


def frame(shapes, labels=None, crs: str = CRS) -> gpd.GeoDataFrame:
    """Polygons with a field `label`."""
    return gpd.GeoDataFrame({"label": labels or [5] * len(shapes)}, geometry=list(shapes), crs=crs)
