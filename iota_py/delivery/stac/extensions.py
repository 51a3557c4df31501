"""Fields of the STAC extensions that the catalogue uses, and their identifiers. Names as in their specifications at stac-extensions.github.io."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iota_py.delivery.checksums import multihash
from iota_py.delivery.metadata import bounds_of
from iota_py.grid.form import geobox_of

_AT = "https://stac-extensions.github.io"
CLASSIFICATION = f"{_AT}/classification/v2.0.0/schema.json"
FILE = f"{_AT}/file/v2.1.0/schema.json"
MLM = f"{_AT}/mlm/v1.4.0/schema.json"
PROCESSING = f"{_AT}/processing/v1.2.0/schema.json"
PROJECTION = f"{_AT}/projection/v2.0.0/schema.json"
RASTER = f"{_AT}/raster/v1.1.0/schema.json"
TABLE = f"{_AT}/table/v1.2.0/schema.json"
VERSION = f"{_AT}/version/v1.2.0/schema.json"


def file_fields(size: int, sha256: str) -> dict[str, Any]:
    """Size in bytes, and the SHA-256 as multihash."""
    return {"file:size": size, "file:checksum": multihash(sha256)}


def crs_fields(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The CRS: by its EPSG code, by its text where it has none. facts: of `io.inspection`."""
    if facts["epsg"]:
        return {"proj:code": f"EPSG:{facts['epsg']}"}
    return {"proj:code": None, "proj:wkt2": facts["grid"][2] if "grid" in facts else facts["crs"]}


def grid_fields(facts: Mapping[str, Any]) -> dict[str, Any]:
    """CRS, shape, transform and box of a raster; CRS and box of a layer of polygons."""
    fields = {**crs_fields(facts), "proj:bbox": list(bounds_of(facts))}
    if "grid" in facts:
        shape, transform, _ = facts["grid"]
        fields |= {"proj:shape": list(shape), "proj:transform": list(transform)}
    return fields


def band_fields(facts: Mapping[str, Any]) -> dict[str, Any]:
    """One entry for each band of a raster."""
    size = abs(geobox_of(facts["grid"]).transform.a)
    bands = []
    for scale, offset, description in zip(facts["scale"], facts["offset"], facts["description"]):
        band: dict[str, Any] = {"data_type": facts["dtype"], "sampling": "area", "spatial_resolution": size}
        band |= {} if facts["nodata"] is None else {"nodata": facts["nodata"]}
        band |= {} if (scale, offset) == (1, 0) else {"scale": scale, "offset": offset}
        bands.append({**band, "description": description} if description else band)
    return {"raster:bands": bands}


def table_fields(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Rows and columns of a layer of polygons."""
    columns = [{"name": one["name"], "type": one["type"]} for one in facts["columns"]]
    return {"table:row_count": facts["features"], "table:columns": columns}


def processing_fields(stated: Mapping[str, Any], level: str, software: Mapping[str, str]) -> dict[str, Any]:
    """How it was made, by what and by whom."""
    fields: dict[str, Any] = {
        "processing:level": level,
        "processing:lineage": "Supervised classification of satellite image time series by models learnt from reference data.",
        "processing:software": dict(software),
    }
    fields |= {"processing:facility": stated["producer"]} if stated["producer"] else {}
    return fields | ({"processing:datetime": f"{stated['produced']}T00:00:00Z"} if stated["produced"] else {})
