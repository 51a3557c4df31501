"""What a delivered file holds: rasters that decode, on their grid, with values that mean something; polygons that are valid; texts that parse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

from iota_py.errors import Fault, IotaError
from iota_py.io.inspection import invalid_geometries, raster_blocks, raster_facts, vector_facts

_AGAIN = "delete it, then iota-py run CONFIG makes it again"
_SHOWN = 5
_NODATA = 0
_XML, _JSON = (".xml", ".qml"), (".json", ".geojson")


def content_faults(root: Path, entry: Mapping[str, Any], *, quick: bool) -> Iterator[Fault]:
    """E-VFY-007 not readable as what it is; 008 another grid or type than recorded; 009 values that cannot be; 010 another number of features;
    011 geometries that are missing or invalid; 012 a text that does not parse."""
    path = root / entry["path"]
    facts = entry.get("facts")
    try:
        if facts is not None and "grid" in facts:
            yield from _raster_faults(path, entry, quick)
        elif facts is not None:
            yield from _vector_faults(path, entry, quick)
        else:
            yield from _text_faults(path, entry)
    except IotaError as error:
        text = "; ".join(fault.message for fault in error.faults)
        yield Fault("E-VFY-007", entry["path"], "", text, _AGAIN)


def _raster_faults(path: Path, entry: Mapping[str, Any], quick: bool) -> Iterator[Fault]:
    found, recorded = raster_facts(path), entry["facts"]
    different = [key for key in ("grid", "dtype", "bands", "nodata") if found[key] != recorded[key]]
    if different:
        text = ", ".join(f"{key} {_short(found[key])} in place of {_short(recorded[key])}" for key in different)
        yield Fault("E-VFY-008", entry["path"], "", text, _AGAIN)
    if quick:
        return
    counts = np.zeros(256, np.int64)
    for block in raster_blocks(path):  # decodes them all, whatever they are
        if block.dtype == np.uint8:
            counts += np.bincount(block.ravel(), minlength=256)
    wrong = _strangers(np.flatnonzero(counts), entry)
    if wrong:
        pixels, listed = int(counts[wrong].sum()), ", ".join(map(str, wrong[:_SHOWN]))
        expected = "codes of the nomenclature" if "codes" in entry else "{} to {}".format(*entry["range"])
        text = f"{pixels} pixels with {listed}{', …' if len(wrong) > _SHOWN else ''}, expected {expected}"
        yield Fault("E-VFY-009", entry["path"], "", text, _AGAIN)


def _strangers(values: np.ndarray, entry: Mapping[str, Any]) -> list[int]:
    """Values of a raster that are not of its classes, or beyond its range."""
    if "codes" in entry:
        return [int(v) for v in values if v not in {_NODATA, *entry["codes"]}]
    if "range" in entry:
        low, high = entry["range"]
        return [int(v) for v in values if not low <= v <= high]
    return []


def _vector_faults(path: Path, entry: Mapping[str, Any], quick: bool) -> Iterator[Fault]:
    expected = entry["facts"]["features"]
    features, invalid = (vector_facts(path)["features"], 0) if quick else invalid_geometries(path)
    if features != expected:
        yield Fault("E-VFY-010", entry["path"], "", f"has {features} features, {expected} were written", _AGAIN)
    if invalid:
        yield Fault("E-VFY-011", entry["path"], "", f"{invalid} of {features} features without a valid geometry", _AGAIN)


def _text_faults(path: Path, entry: Mapping[str, Any]) -> Iterator[Fault]:
    suffix = PurePosixPath(entry["path"]).suffix
    try:
        if suffix in _XML:
            SafeET.parse(path)
        elif suffix in _JSON:
            json.loads(path.read_text(encoding="utf-8"))
    except (ET.ParseError, DefusedXmlException, ValueError) as error:
        yield Fault("E-VFY-012", entry["path"], "", f"does not parse ({' '.join(str(error).split())[:120]})", _AGAIN)


def _short(value: Any) -> str:
    return str(value) if len(str(value)) <= 60 else f"{str(value)[:60]}…"
