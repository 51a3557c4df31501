"""Raster attribute table: what GIS software shows of the classes of a raster beside their codes.

GDAL keeps the table of a GeoTIFF in a file beside it, `<raster>.aux.xml` (its "persistent auxiliary metadata"; GDAL 3.10 has no place for it
inside the TIFF). QGIS, ArcGIS and gdalinfo read it from there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from iota_py.nomenclature.entry import LandCoverClass

# Codes of GDAL's enumerations GDALRATFieldType and GDALRATFieldUsage.
INTEGER, REAL, TEXT = 0, 1, 2
GENERIC, PIXEL_COUNT, NAME, VALUE, RED, GREEN, BLUE = 0, 1, 2, 5, 6, 7, 8
_TYPES = {INTEGER: "Integer", REAL: "Real", TEXT: "String"}
_USAGES = {
    GENERIC: "Generic", PIXEL_COUNT: "PixelCount", NAME: "Name", VALUE: "MinMax", RED: "Red", GREEN: "Green", BLUE: "Blue",
}  # fmt: skip


def sidecar(raster: str | Path) -> str:
    """Name of the file that holds the table of a raster."""
    return f"{raster}.aux.xml"


def attribute_table(classes: Sequence[LandCoverClass], counts: np.ndarray, pixel_hectares: float) -> str:
    """Content of the sidecar of a class raster: one row for each class, in the order of the codes.

    counts: pixels by code, int64 (256,). pixel_hectares: of one pixel; NaN leaves the column of hectares out. Columns: Value, Count, Class
    (English), Class_<language> for the others, Alias, Group, Red, Green, Blue, Hectares. Counts are real numbers, since an integer of this
    table has 32 bits and a national map more pixels than these hold.
    """
    columns = list(_columns(classes, counts, pixel_hectares))
    root = ET.Element("PAMDataset")
    table = ET.SubElement(ET.SubElement(root, "PAMRasterBand", band="1"), "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage, _) in enumerate(columns):
        field = ET.SubElement(table, "FieldDefn", index=str(index))
        ET.SubElement(field, "Name").text = name
        ET.SubElement(field, "Type", typeAsString=_TYPES[kind]).text = str(kind)
        ET.SubElement(field, "Usage", usageAsString=_USAGES[usage]).text = str(usage)
    for row in range(len(classes)):
        cells = ET.SubElement(table, "Row", index=str(row))
        for _, _, _, values in columns:
            ET.SubElement(cells, "F").text = values[row]
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _columns(classes: Sequence[LandCoverClass], counts: np.ndarray, pixel_hectares: float) -> Iterable[tuple[str, int, int, list[str]]]:
    """Name, type, usage and cells of each column."""
    pixels = [int(counts[c.code]) for c in classes]
    yield "Value", INTEGER, VALUE, [str(c.code) for c in classes]
    yield "Count", REAL, PIXEL_COUNT, [str(n) for n in pixels]
    yield "Class", TEXT, NAME, [c.label() for c in classes]
    for language in sorted({language for c in classes for language in c.names} - {"en"}):
        yield f"Class_{language}", TEXT, GENERIC, [c.label(language) for c in classes]
    yield "Alias", TEXT, GENERIC, [c.alias for c in classes]
    yield "Group", TEXT, GENERIC, [c.group for c in classes]
    for band, (name, usage) in enumerate((("Red", RED), ("Green", GREEN), ("Blue", BLUE))):
        yield name, INTEGER, usage, [str(c.colour[band]) for c in classes]
    if not math.isnan(pixel_hectares):
        yield "Hectares", REAL, GENERIC, [f"{n * pixel_hectares:.4f}" for n in pixels]
