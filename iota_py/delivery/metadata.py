"""The `…_MTD_ALL.xml` of a package, in the style of the MUSCATE products: identity, files with checksums, grid, accuracy, classes.

Names of elements follow the metadata of Theia's products; there is no public schema to check them with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from odc.geo.geobox import GeoBox
from pyproj import CRS, Transformer

from iota_py.grid.form import geobox_of

_CONTENT = {"raster": "Land cover map, one class for each pixel", "vector": "Land cover polygons with their statistics"}


def metadata_text(package: Mapping[str, Any]) -> str:
    """The document. package: from `manifest.package_document`, with all files but this one, the manifest and the list of checksums."""
    root = ET.Element("Muscate_Metadata_Document")
    _identification(root, package)
    _characteristics(root, package)
    _organisation(root, package)
    _position(root, package)
    _quality(root, package["stated"])
    _classes(root, package["stated"]["nomenclature"])
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: object) -> ET.Element:
    element = ET.SubElement(parent, tag, {key: str(value) for key, value in attributes.items()})
    if text is not None:
        element.text = str(text)
    return element


def _identification(root: ET.Element, package: Mapping[str, Any]) -> None:
    form = _add(root, "Metadata_Identification")
    _add(form, "METADATA_FORMAT", "METADATA_MUSCATE", version="1.16")
    _add(form, "METADATA_PROFILE", "DISTRIBUTED")
    _add(form, "METADATA_INFORMATION", "EXPERT")
    stated = package["stated"]
    dataset = _add(root, "Dataset_Identification")
    _add(dataset, "IDENTIFIER", package["identifier"])
    _add(dataset, "TITLE", stated["title"])
    _add(dataset, "ABSTRACT", _CONTENT[package["kind"]])
    if stated["producer"]:
        _add(dataset, "PRODUCER", stated["producer"])
    _add(dataset, "PROJECT", package["identifier"].split("_")[0])
    _add(dataset, "LICENCE", stated["licence"])
    _add(dataset, "GEOGRAPHICAL_ZONE", stated["area"]["name"], type=stated["area"]["type"])


def _characteristics(root: ET.Element, package: Mapping[str, Any]) -> None:
    stated = package["stated"]
    part = _add(root, "Product_Characteristics")
    _add(part, "PRODUCT_ID", package["name"])
    _add(part, "PRODUCT_VERSION", package["version"].replace("-", "."))
    _add(part, "PRODUCT_LEVEL", package["level"])
    _add(part, "REFERENCE_YEAR", package["year"])
    if stated["produced"]:
        _add(part, "PRODUCTION_DATE", f"{stated['produced']}T00:00:00.000Z")
    times = _add(part, "UTC_Acquisition_Range")
    for tag, day in zip(("START", "STOP"), stated["period"]):
        _add(times, tag, f"{day}T00:00:00.000Z")
    software = _add(part, "Software_List")
    for name, version in sorted(package["software"].items()):
        _add(software, "SOFTWARE", version, name=name)


def _organisation(root: ET.Element, package: Mapping[str, Any]) -> None:
    listed = _add(root, "Dataset_Organisation", count=len(package["files"]))
    for one in package["files"]:
        facts = one.get("facts") or {}
        file = _add(listed, "File", role=one["role"], **({"layer": one["layer"]} if "layer" in one else {}))
        _add(file, "FILE_NAME", one["path"])
        _add(file, "FILE_SIZE", one["size"], unit="bytes")
        _add(file, "CHECKSUM", one["sha256"], algorithm="SHA-256")
        if "dtype" in facts:
            _add(file, "FORMAT", "image/tiff")
            _add(file, "ENCODING", facts["dtype"].replace("uint8", "byte"))
            _special(file, facts)
        if "features" in facts:
            _add(file, "FEATURES", facts["features"])
            _add(file, "FIELDS", " ".join(column["name"] for column in facts["columns"]))


def _special(file: ET.Element, facts: Mapping[str, Any]) -> None:
    if facts["nodata"] is not None:
        _add(_add(file, "Special_Values_List"), "SPECIAL_VALUE", f"{facts['nodata']:g}", name="nodata")
    if facts["scale"][0] != 1 or facts["offset"][0] != 0:
        _add(file, "SCALE", f"{facts['scale'][0]:g}")
        _add(file, "OFFSET", f"{facts['offset'][0]:g}")


def _position(root: ET.Element, package: Mapping[str, Any]) -> None:
    facts = main_facts(package)
    crs = CRS.from_wkt(facts["grid"][2] if "grid" in facts else facts["crs"])
    part = _add(root, "Geoposition_Informations")
    system = _add(part, "Coordinate_Reference_System")
    if facts["epsg"]:
        _add(system, "GEO_TABLES", "EPSG")
    horizontal = _add(system, "Horizontal_Coordinate_System")
    _add(horizontal, "HORIZONTAL_CS_TYPE", "GEOGRAPHIC" if crs.is_geographic else "PROJECTED")
    _add(horizontal, "HORIZONTAL_CS_NAME", crs.name)
    if facts["epsg"]:
        _add(horizontal, "HORIZONTAL_CS_CODE", facts["epsg"])
    if "grid" in facts:
        raster = _add(part, "Raster_CS")
        _add(raster, "RASTER_CS_TYPE", "CELL")
        _add(raster, "PIXEL_ORIGIN", 0)
    places = _add(part, "Geopositioning")
    _corners(_add(places, "Global_Geopositioning"), bounds_of(facts), crs)
    if "grid" in facts:
        group = _add(_add(places, "Group_Geopositioning_List"), "Group_Geopositioning", group_id="R1")
        _grid(group, geobox_of(facts["grid"]))


def _grid(parent: ET.Element, grid: GeoBox) -> None:
    t, (rows, cols) = grid.transform, grid.shape
    for tag, value in (("ULX", t.c), ("ULY", t.f), ("XDIM", t.a), ("YDIM", t.e), ("NROWS", rows), ("NCOLS", cols)):
        _add(parent, tag, f"{value:.12g}")


def _corners(parent: ET.Element, bounds: tuple[float, float, float, float], crs: CRS) -> None:
    left, bottom, right, top = bounds
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    corners = {"upperLeft": (left, top), "upperRight": (right, top), "lowerRight": (right, bottom), "lowerLeft": (left, bottom)}
    for name, (x, y) in {**corners, "center": ((left + right) / 2, (bottom + top) / 2)}.items():
        longitude, latitude = to_degrees.transform(x, y)
        point = _add(parent, "Point", name=name)
        for tag, text in (("LAT", f"{latitude:.7f}"), ("LON", f"{longitude:.7f}"), ("X", f"{x:.12g}"), ("Y", f"{y:.12g}")):
            _add(point, tag, text)


def main_facts(package: Mapping[str, Any]) -> Mapping[str, Any]:
    """Facts of the file that a package is about: the classes of a raster, the first layer of a vector."""
    data = [one for one in package["files"] if one["role"] == "data"]
    chosen = next((one for one in data if one.get("layer") == "classification"), data[0])
    facts: Mapping[str, Any] = chosen["facts"]
    return facts


def bounds_of(facts: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Left, bottom, right and top, in the CRS of the file."""
    if "grid" not in facts:
        left, bottom, right, top = facts["bounds"]
        return left, bottom, right, top
    box = geobox_of(facts["grid"]).boundingbox
    return box.left, box.bottom, box.right, box.top


def _quality(root: ET.Element, stated: Mapping[str, Any]) -> None:
    part = _add(_add(root, "Quality_Informations"), "Current_Product")
    indices = _add(_add(part, "Product_Quality_List", level="N3"), "Global_Index_List")
    accuracy = stated["accuracy"]
    for name, score in accuracy.items():
        if name != "per_class":
            _index(indices, name, score["mean"], half_width=score["half_width"])
    for code, score in accuracy.get("per_class", {}).items():
        _index(indices, "f1", score["f1"], half_width=score["half_width"], code=code)


def _index(parent: ET.Element, name: str, value: float | None, *, half_width: float | None, **more: str) -> None:
    known = {} if half_width is None else {"half_width_95": f"{half_width:.6f}"}
    _add(parent, "QUALITY_INDEX", "undefined" if value is None else f"{value:.6f}", name=name, **more, **known)


def _classes(root: ET.Element, nomenclature: Mapping[str, Any]) -> None:
    listed = _add(root, "Nomenclature", name=nomenclature["name"])
    for one in nomenclature["classes"]:
        entry = _add(listed, "Class", code=one["code"], alias=one["alias"], colour=" ".join(map(str, one["colour"])))
        for language in sorted(one["names"]):
            _add(entry, "NAME", one["names"][language], lang=language)
