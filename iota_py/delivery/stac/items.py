"""STAC items of what is handed over: one for each package, or one for the map of a run without packages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import pystac

from iota_py.delivery.metadata import bounds_of, main_facts
from iota_py.delivery.stac import extensions as ext
from iota_py.delivery.stac.extents import bounding_box, footprint

Classes = Sequence[Mapping[str, Any]]  # of the classification extension

TYPES = {
    ".tif": pystac.MediaType.COG, ".jpg": pystac.MediaType.JPEG, ".png": pystac.MediaType.PNG, ".xml": pystac.MediaType.XML,
    ".json": pystac.MediaType.JSON, ".gpkg": pystac.MediaType.GEOPACKAGE, ".parquet": pystac.MediaType.PARQUET, ".zip": "application/zip",
    ".qml": "application/xml", ".csv": "text/csv", ".txt": pystac.MediaType.TEXT, ".npz": "application/zip", ".skops": "application/zip",
}  # fmt: skip
_TITLES = {
    "classification": "Land cover classes",
    "confidence": "Confidence of the class, in percent",
    "validity": "Number of clear observations",
    "regularised": "Land cover classes without small patches",
    "probabilities": "Probability of each class, in thousandths",
    "uncertainty_least_confidence": "Uncertainty: 1 less the largest probability",
    "uncertainty_margin": "Uncertainty: 1 less the margin between the two largest probabilities",
    "uncertainty_ratio": "Uncertainty: second largest probability as a share of the largest",
    "uncertainty_entropy": "Uncertainty: entropy of the probabilities, 1 where all are equal",
    "set_size": "Number of classes in the conformal set",
    "dissimilarity": "Dissimilarity index: distance to the nearest learning sample over the mean distance between them",
    "applicability": "Area of applicability: 1 inside, 0 outside",
    "polygons": "Polygons with their statistics",
    "thumbnail": "Quicklook",
    "style": "Style for QGIS",
    "legend": "Legend",
    "metadata": "Metadata",
}
_CLASSES = ("classification", "regularised")
UP = "../../.."  # from the folder of an item to that of the run
PROVENANCE = "manifest.json"


def item_of(package: Mapping[str, Any], place: str, classes: Classes, newer: bool = False) -> pystac.Item:
    """The item of a package. place: its folder, relative to the run (`product/OSO_…`; empty: the run's own). newer: there is a later version."""
    stated, facts = package["stated"], main_facts(package)
    crs = facts["grid"][2] if "grid" in facts else facts["crs"]
    geometry = footprint(bounds_of(facts), crs)
    raster = "grid" in facts
    properties = {
        "title": stated["title"],
        "license": stated["licence"],
        **ext.crs_fields(facts),
        **ext.processing_fields(stated, package["level"], package["software"]),
        **({"version": package["version"].replace("-", "."), "deprecated": newer} if package.get("version") else {}),
        **({} if raster else ext.table_fields(facts)),
        **_accuracy(stated["accuracy"]),
    }
    start, end = period(stated)
    item = pystac.Item(package["name"], geometry, bounding_box(geometry), None, properties, start_datetime=start, end_datetime=end)
    if stated["producer"]:
        item.common_metadata.providers = [pystac.Provider(stated["producer"], roles=[pystac.ProviderRole.PRODUCER])]
    for one in package["files"]:
        item.add_asset(asset_key(one), _asset(one, place, classes))
    item.add_asset("provenance", pystac.Asset(f"{UP}/{PROVENANCE}", "Provenance of the run", media_type=TYPES[".json"], roles=["metadata"]))
    item.stac_extensions = [ext.PROJECTION, ext.FILE, ext.PROCESSING, *([ext.VERSION] if package.get("version") else [])]
    item.stac_extensions += [ext.RASTER, ext.CLASSIFICATION] if raster else [ext.TABLE]
    return item


def asset_key(file: Mapping[str, Any]) -> str:
    """Key of a file among the assets of an item: its layer, its format for polygons, else its role, with its name where there are several."""
    path = PurePosixPath(file["path"])
    if file["role"] == "data":
        return str(file["layer"]) if file["layer"] != "polygons" else path.suffix[1:]
    if file["role"] == "thumbnail":
        return "thumbnail"
    if path.name.endswith("_MTD_ALL.xml"):
        return "metadata"
    if path.name.endswith("_MANIFEST.json"):
        return "manifest"
    return f"{file['role']}_{path.name.lower().replace('.', '_')}"


def period(stated: Mapping[str, Any]) -> tuple[dt.datetime, dt.datetime]:
    """Start of the first day and end of the last one, UTC."""
    first, last = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in stated["period"])
    return first, last + dt.timedelta(hours=23, minutes=59, seconds=59)


def _asset(file: Mapping[str, Any], place: str, classes: Classes) -> pystac.Asset:
    path, role, layer = PurePosixPath(file["path"]), file["role"], file.get("layer", "")
    fields = ext.file_fields(file["size"], file["sha256"])
    facts = file.get("facts")
    if facts is not None:
        fields |= ext.grid_fields(facts)
        fields |= ext.band_fields(facts) if "grid" in facts else ext.table_fields(facts)
    if layer in _CLASSES:
        fields["classification:classes"] = [dict(one) for one in classes]
    return pystac.Asset(
        "/".join(part for part in (UP, place, file["path"]) if part),
        title=_TITLES.get(layer or role, layer or None),
        media_type=TYPES.get(path.suffix),
        roles=[{"style": "metadata", "legend": "metadata"}.get(role, role)],
        extra_fields=fields,
    )


def _accuracy(accuracy: Mapping[str, Any]) -> dict[str, Any]:
    """Headline figures as properties of our own, `iota_py:…`."""
    return {f"iota_py:{name}": score["mean"] for name, score in accuracy.items() if name != "per_class" and score["mean"] is not None}
