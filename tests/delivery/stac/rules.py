"""Whether a document is valid STAC, without a network.

The core (STAC 1.1 and GeoJSON) by the JSON schemas that pystac brings, the machine learning model extension by the models of `stac-model`.
Nothing that can be installed brings the schemas of the other extensions: the rules here are written from their specifications
(github.com/stac-extensions: projection 2.0, raster 1.1, classification 2.0, file 2.1, version 1.2, processing 1.2, table 1.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pystac.validation.stac_validator import JsonSchemaSTACValidator
from stac_model.schema import MLModelProperties

_ID = re.compile(r"^https://stac-extensions\.github\.io/(?P<name>[a-z]+)/v(?P<version>[\d.]+)/schema\.json$")
_CORE = JsonSchemaSTACValidator()
_TYPES = {"Catalog": "CATALOG", "Collection": "COLLECTION", "Feature": "ITEM"}
VERSIONS = {
    "projection": "2.0.0", "raster": "1.1.0", "classification": "2.0.0", "file": "2.1.0", "version": "1.2.0", "processing": "1.2.0", "table": "1.2.0",
    "mlm": "1.4.0",
}  # fmt: skip


def faults(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document: core, extensions that are declared, and fields of extensions that are not."""
    found = [] if core_valid(document) is None else [str(core_valid(document))]
    declared = {}
    for identifier in document.get("stac_extensions", []):
        match = _ID.match(identifier)
        if match is None or VERSIONS.get(match["name"]) != match["version"]:
            found.append(f"unknown extension {identifier}")
        else:
            declared[match["name"]] = match["version"]
    for name in declared:
        found += [f"{name}: {text}" for text in _RULES[name](document)]
    prefixes = {
        "proj": "projection",
        "raster": "raster",
        "classification": "classification",
        "file": "file",
        "processing": "processing",
        "table": "table",
    }
    prefixes |= {"mlm": "mlm"}
    used = {prefixes[key.split(":")[0]] for part in parts(document) for key in part if key.split(":")[0] in prefixes}
    return found + [f"{name}: fields without the extension" for name in sorted(used - declared.keys())]


def core_valid(document: Mapping[str, Any]) -> str | None:
    """None where the core schema holds, else what it says."""
    import pystac
    from pystac.errors import STACValidationError

    kind = pystac.STACObjectType[_TYPES[document["type"]]]
    try:
        _CORE.validate_core(dict(document), kind, document["stac_version"])
    except STACValidationError as error:
        return f"core: {error}"
    return None


def parts(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Where fields of extensions may stand: properties, and each asset."""
    yield document.get("properties", {})
    yield from document.get("assets", {}).values()


def _each(document: Mapping[str, Any], key: str) -> Iterator[Any]:
    yield from (part[key] for part in parts(document) if key in part)


def _projection(document: Mapping[str, Any]) -> Iterator[str]:
    for code in _each(document, "proj:code"):
        if code is None and not list(_each(document, "proj:wkt2")):
            yield "no code, and no other definition"
        elif code is not None and not re.fullmatch(r"[A-Z]+:\S+", code):
            yield f"code {code}"
    if not any(key.startswith("proj:") for part in parts(document) for key in part):
        yield "declared, and no field"
    for key, sizes in (("proj:shape", (2,)), ("proj:transform", (6, 9)), ("proj:bbox", (4, 6))):
        for value in _each(document, key):
            if len(value) not in sizes or not all(isinstance(v, (int, float)) for v in value):
                yield f"{key} {value}"
    if any("proj:epsg" in part for part in parts(document)):
        yield "proj:epsg is of version 1"


_DATA_TYPES = {
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "cint16", "cint32", "cfloat32",
    "cfloat64", "other",
}  # fmt: skip


def _raster(document: Mapping[str, Any]) -> Iterator[str]:
    for bands in _each(document, "raster:bands"):
        if not bands:
            yield "no bands"
        for band in bands:
            if band.get("data_type") not in _DATA_TYPES or band.get("sampling", "area") not in ("area", "point"):
                yield f"band {band}"
            if not isinstance(band.get("nodata", 0), (int, float)) and band["nodata"] not in ("nan", "inf", "-inf"):
                yield f"nodata {band['nodata']}"
            if not all(isinstance(band.get(key, 1), (int, float)) for key in ("scale", "offset", "spatial_resolution")):
                yield f"numbers of band {band}"
    if "raster:bands" in document.get("properties", {}):
        yield "raster:bands belongs to assets"


def _classification(document: Mapping[str, Any]) -> Iterator[str]:
    listed = list(_each(document, "classification:classes"))
    listed += [out["classification:classes"] for outs in _each(document, "mlm:output") for out in outs if "classification:classes" in out]
    if not listed:
        yield "declared, and no classes"
    for classes in listed:
        if not classes or len({one["value"] for one in classes}) != len(classes):
            yield "no classes, or a value twice"
        for one in classes:
            if not isinstance(one.get("value"), int) or not re.fullmatch(r"[0-9A-Za-z-_]+", one.get("name", "")):
                yield f"value or name of {one}"
            if "color_hint" in one and not re.fullmatch(r"[0-9A-F]{6}", one["color_hint"]):
                yield f"colour of {one}"
            if set(one) - {"value", "name", "title", "description", "color_hint", "nodata", "percentage", "count"}:
                yield f"keys of {one}"


def _file(document: Mapping[str, Any]) -> Iterator[str]:
    assets = document["assets"].values()
    for asset in assets:
        if "file:size" in asset and (not isinstance(asset["file:size"], int) or asset["file:size"] < 0):
            yield f"size {asset['file:size']}"
        if "file:checksum" in asset and not re.fullmatch(r"1220[0-9a-f]{64}", asset["file:checksum"]):
            yield f"checksum {asset['file:checksum']}"
    if not any("file:checksum" in asset for asset in assets):
        yield "declared, and no checksum"


def _version(document: Mapping[str, Any]) -> Iterator[str]:
    properties = document["properties"]
    if not isinstance(properties.get("version"), str) or not isinstance(properties.get("deprecated", False), bool):
        yield "version or deprecated"
    relations = [link["rel"] for link in document["links"]]
    for one in ("latest-version", "predecessor-version", "successor-version"):
        if relations.count(one) > 1:
            yield f"several links {one}"
    if properties.get("deprecated") and "latest-version" not in relations:
        yield "deprecated, and no link to the latest version"


def _processing(document: Mapping[str, Any]) -> Iterator[str]:
    properties = document["properties"]
    if not re.fullmatch(r"RAW|L[0-4][A-D]?", properties.get("processing:level", "L1")):
        yield f"level {properties['processing:level']}"
    software = properties.get("processing:software", {"": ""})
    if not isinstance(software, dict) or not software or not all(isinstance(v, str) for v in software.values()):
        yield "software"
    if not isinstance(properties.get("processing:lineage", "text"), str):
        yield "lineage"


def _table(document: Mapping[str, Any]) -> Iterator[str]:
    for columns in _each(document, "table:columns"):
        if not columns or not all(isinstance(one.get("name"), str) and one["name"] for one in columns):
            yield "columns"
    if not all(isinstance(count, int) and count >= 0 for count in _each(document, "table:row_count")):
        yield "row count"


def _mlm(document: Mapping[str, Any]) -> Iterator[str]:
    """By the models of stac-model, and what they leave to the schema: an asset that is the model, bands that the item has."""
    from pydantic import ValidationError

    properties = document["properties"]
    try:
        MLModelProperties.model_validate({key: value for key, value in properties.items() if key.startswith("mlm:")})
    except ValidationError as error:
        yield str(error)
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.\- ]+[a-zA-Z0-9]", properties["mlm:name"]):
        yield "name"
    models = [asset for asset in document["assets"].values() if "mlm:model" in asset.get("roles", [])]
    if not models or not all(asset.get("mlm:artifact_type") for asset in models):
        yield "no asset is the model, or its artifact type is not said"
    known = {band["name"] for band in properties.get("bands", [])}
    if not all(asset.get("bands") == properties.get("bands") for asset in models):
        yield "bands of the item and of its model differ"
    for one in properties["mlm:input"]:
        if set(one["bands"]) - known or len(one["bands"]) != one["input"]["shape"][-1]:
            yield "bands"


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "projection": _projection, "raster": _raster, "classification": _classification, "file": _file, "version": _version,
    "processing": _processing, "table": _table, "mlm": _mlm,
}  # fmt: skip
