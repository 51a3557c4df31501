"""The `*_MTD_ALL.xml` of a product in the MUSCATE layout: identity, files and bits of the masks, grids, angles, scale, quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

from odc.geo.geobox import GeoBox
from pyproj import Transformer

from iota_py.simulation.muscate_image import NODATA, MuscateImage

_IMAGES = {"FRE": "Flat_Reflectance", "SRE": "Surface_Reflectance", "FRC": "Flat_Reflectance_Composite"}

# nature of a mask, file, bit counted from 1 (none: the whole number); the saturation file has one bit per band
_MASKS = (
    ("Detailed_Cloud", "CLM", None),
    ("Edge", "EDG", None),
    ("Saturation", "SAT", None),
    ("Water", "MG2", 1),
    ("Cloud", "MG2", 2),
    ("Snow", "MG2", 3),
    ("Cloud_Shadow", "MG2", 4),
    ("Topography_Shadow", "MG2", 5),
    ("Hidden_Surface", "MG2", 6),
    ("Sun_Too_Low", "MG2", 7),
    ("Tangent_Sun", "MG2", 8),
    ("Pixel_Status_Flag", "FLG", None),
    ("Pixel_Weight", "WGT", None),
    ("Weighted_Average_Dates", "DTS", None),
)


def metadata(image: MuscateImage) -> str:
    """The document as text."""
    root = ET.Element("Muscate_Metadata_Document")
    _identification(root, image)
    _characteristics(root, image)
    _organisation(root, image)
    _positions(root, image.grids)
    _angles(root, image)
    _radiometry(root, image)
    _quality(root, image)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element


def _identification(root: ET.Element, image: MuscateImage) -> None:
    document = _add(root, "Metadata_Identification")
    _add(document, "METADATA_FORMAT", "METADATA_MUSCATE", version="1.16")
    _add(document, "METADATA_PROFILE", "DISTRIBUTED")
    _add(document, "METADATA_INFORMATION", "EXPERT")
    dataset = _add(root, "Dataset_Identification")
    _add(dataset, "IDENTIFIER", image.identifier.rsplit("_V", 1)[0])
    _add(dataset, "AUTHORITY", "SIMULATION")
    _add(dataset, "PRODUCER", "iota_py")
    _add(dataset, "PROJECT", image.project)
    _add(dataset, "GEOGRAPHICAL_ZONE", image.zone, type=image.zone_kind)


def _characteristics(root: ET.Element, image: MuscateImage) -> None:
    sensed = _stamp(image.sensed)
    part = _add(root, "Product_Characteristics")
    _add(part, "PRODUCT_ID", image.identifier)
    _add(part, "ACQUISITION_DATE", sensed)
    _add(part, "PRODUCTION_DATE", _stamp(image.sensed + timedelta(days=2 + image.version[1])))
    _add(part, "PRODUCT_VERSION", "{}.{}".format(*image.version))
    _add(part, "PRODUCT_LEVEL", image.level)
    _add(part, "PLATFORM", image.platform)
    _add(part, "ORBIT_NUMBER", image.orbit[1], type=image.orbit[0])
    times = _add(part, "UTC_Acquisition_Range")
    _add(times, "MEAN", sensed)
    _add(times, "DATE_PRECISION", "0.001", unit="s")
    _bands(_add(part, "Band_Global_List", count=str(len(image.every_band))), image.every_band)
    groups = _add(part, "Band_Group_List")
    for group, bands in image.bands.items():
        _bands(_add(_add(groups, "Group", group_id=group), "Band_List", count=str(len(bands))), bands)


def _bands(parent: ET.Element, bands: Iterable[str]) -> None:
    for band in bands:
        _add(parent, "BAND_ID", band)


def _organisation(root: ET.Element, image: MuscateImage) -> None:
    product, identifier = _add(_add(root, "Product_Organisation"), "Muscate_Product"), image.identifier
    listed = _add(product, "Image_List")
    for kind, numbers in image.images.items():
        one = _add(listed, "Image")
        _properties(one, "Image", _IMAGES[kind], "int16")
        files = _add(one, "Image_File_List")
        for band in (band for band in image.every_band if band in numbers):
            _add(files, "IMAGE_FILE", f"{identifier}_{kind}_{band}.tif", band_id=band)
    listed = _add(product, "Mask_List")
    for nature, name, bit in (entry for entry in _MASKS if entry[1] in image.masks):
        mask = _add(listed, "Mask")
        sizes = {values.dtype.name for values in image.masks[name].values()}
        _properties(mask, "Mask", nature, sizes.pop().replace("uint8", "byte"))
        files = _add(mask, "Mask_File_List")
        for group, bands in image.bands.items():
            path = f"MASKS/{identifier}_{name}_{group}.tif"
            if name == "SAT":
                for number, band in enumerate(bands, 1):
                    _add(files, "MASK_FILE", path, group_id=group, band_id=band, bit_number=str(number))
            else:
                _add(files, "MASK_FILE", path, group_id=group, **({"bit_number": str(bit)} if bit else {}))


def _properties(parent: ET.Element, kind: str, nature: str, encoding: str) -> None:
    properties = _add(parent, f"{kind}_Properties")
    for tag, text in (
        ("NATURE", nature),
        ("FORMAT", "image/tiff"),
        ("ENCODING", encoding),
        ("ENDIANNESS", "LittleEndian"),
        ("COMPRESSION", "DEFLATE"),
    ):
        _add(properties, tag, text)


def _positions(root: ET.Element, grids: Mapping[str, GeoBox]) -> None:
    geobox = next(iter(grids.values()))
    code = geobox.crs.to_epsg()
    part = _add(root, "Geoposition_Informations")
    system = _add(part, "Coordinate_Reference_System")
    _add(system, "GEO_TABLES", "EPSG")
    horizontal = _add(system, "Horizontal_Coordinate_System")
    _add(horizontal, "HORIZONTAL_CS_TYPE", "PROJECTED")
    _add(horizontal, "HORIZONTAL_CS_NAME", f"WGS 84 / UTM zone {code % 100}{'N' if code < 32700 else 'S'}")
    _add(horizontal, "HORIZONTAL_CS_CODE", code)
    for tag, kind in (("Raster_CS", "RASTER_CS_TYPE"), ("Metadata_CS", "METADATA_CS_TYPE")):
        convention = _add(part, tag)
        _add(convention, kind, "CELL")
        _add(convention, "PIXEL_ORIGIN", 0)
    positions = _add(part, "Geopositioning")
    _corners(_add(positions, "Global_Geopositioning"), geobox)
    groups = _add(positions, "Group_Geopositioning_List")
    for group, grid in grids.items():
        position, t = _add(groups, "Group_Geopositioning", group_id=group), grid.transform
        for tag, value in (("ULX", t.c), ("ULY", t.f), ("XDIM", t.a), ("YDIM", t.e), ("NROWS", grid.shape[0]), ("NCOLS", grid.shape[1])):
            _add(position, tag, round(value))


def _corners(parent: ET.Element, geobox: GeoBox) -> None:
    box = geobox.boundingbox
    to_degrees = Transformer.from_crs(geobox.crs.to_wkt(), "EPSG:4326", always_xy=True)
    places = {
        "upperLeft": (box.left, box.top),
        "upperRight": (box.right, box.top),
        "lowerRight": (box.right, box.bottom),
        "lowerLeft": (box.left, box.bottom),
        "center": ((box.left + box.right) / 2, (box.bottom + box.top) / 2),
    }
    for name, (x, y) in places.items():
        longitude, latitude = to_degrees.transform(x, y)
        point = _add(parent, "Point", name=name)
        for tag, text in (("LAT", f"{latitude:.9f}"), ("LON", f"{longitude:.9f}"), ("X", f"{x:.1f}"), ("Y", f"{y:.1f}")):
            _add(point, tag, text)


def _angles(root: ET.Element, image: MuscateImage) -> None:
    if image.sun is None:
        return
    means = _add(_add(root, "Geometric_Informations"), "Mean_Value_List")
    _pair(_add(means, "Sun_Angles"), *image.sun)
    views = _add(means, "Mean_Viewing_Incidence_Angle_List")
    for view in image.views:
        _pair(_add(views, "Mean_Viewing_Incidence_Angle", **{view.attribute: view.value}), view.zenith, view.azimuth)


def _pair(parent: ET.Element, zenith: float, azimuth: float) -> None:
    _add(parent, "ZENITH_ANGLE", f"{zenith:.6f}", unit="deg")
    _add(parent, "AZIMUTH_ANGLE", f"{azimuth:.6f}", unit="deg")


def _radiometry(root: ET.Element, image: MuscateImage) -> None:
    part = _add(root, "Radiometric_Informations")
    if image.quantification is not None:
        _add(part, "REFLECTANCE_QUANTIFICATION_VALUE", image.quantification)
    _add(_add(part, "Special_Values_List"), "SPECIAL_VALUE", NODATA, name="nodata")
    listed = _add(part, "Spectral_Band_Informations_List")
    for group, bands in image.bands.items():
        size = round(image.grids[group].transform.a)
        for band in bands:
            _add(_add(listed, "Spectral_Band_Informations", band_id=band), "SPATIAL_RESOLUTION", size, unit="m")


def _quality(root: ET.Element, image: MuscateImage) -> None:
    quality = _add(_add(_add(root, "Quality_Informations"), "Current_Product"), "Product_Quality_List", level=f"N{image.level[1]}")
    product = _add(quality, "Product_Quality")
    source = _add(product, "Source_Product")
    _add(source, "PRODUCT_ID", image.identifier)
    _add(source, "ACQUISITION_DATE", _stamp(image.sensed))
    indices = _add(product, "Global_Index_List")
    for name, value in image.quality.items():
        _add(indices, "QUALITY_INDEX", value, name=name)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
