"""Static STAC catalogues of Sentinel-2 L2A over cloud-optimised files: items as Earth Search, the Planetary Computer and Theia write them.

An item lies in a folder of its own, `{id}/{id}.json` beside its files; a catalogue and a collection lead to the items. hrefs are relative.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from iota_py.grid.windows import whole
from iota_py.io.publish import read_json, write_json
from iota_py.io.raster import write_cog
from iota_py.simulation.muscate import GROUPS, STEPS, digital_numbers, masks, product_id
from iota_py.simulation.muscate_image import NODATA
from iota_py.simulation.observation import Observation
from iota_py.simulation.phenology import BANDS

OFFSET = 1000  # added by ESA to the numbers of baseline 04.00 and later
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_EARTH = ("blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir16", "swir22")
_COMMON = dict(
    zip(BANDS, ("blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "swir16", "swir22"), strict=True)
)
_NAMES = {
    "earth-search": {**dict(zip(BANDS, _EARTH, strict=True)), "SCL": "scl"},
    "planetary-computer": {**{band: f"B{band[1:]:0>2}" for band in BANDS}, "SCL": "SCL"},
    "geodes": {band: f"B{band[1:]:0>2}" for band in BANDS},
}


@dataclass(frozen=True)
class Convention:
    """How a service delivers. dialect: `earth-search`, `planetary-computer` or `geodes` (products of MAJA).

    baseline: of the processing of ESA. applied: what the item says of the offset, None where it says nothing; the numbers are then as the
    rule says. sequence, updated: of the item. stated: the item holds the grid and the type of pixel of each file.
    """

    dialect: str = "earth-search"
    baseline: str = "05.09"
    applied: bool | None = None
    sequence: int = 0
    updated: str = "2024-02-01T00:00:00Z"
    stated: bool = True

    @property
    def offset(self) -> int:
        """What the numbers of the files hold beside the reflectance."""
        return 0 if self.applied or float(self.baseline) < 4 else OFFSET


def write_item(folder: str | Path, observation: Observation, convention: Convention | None = None) -> Path:
    """Write the files of one observation and its item under `folder`; the file of the item."""
    convention = convention or Convention()
    name = item_id(observation, convention)
    place, assets = Path(folder) / name, {}
    for key, (file, values) in _rasters(observation, convention).items():
        geobox = observation.delivery.tile.geobox
        geobox = geobox if values.shape == tuple(geobox.shape) else geobox.zoom_out(2)
        nodata = NODATA if values.dtype == np.int16 else 0
        mask = key not in _NAMES[convention.dialect].values() or key.upper() == "SCL"
        write_cog(
            place / file,
            geobox,
            values.dtype.name,
            [(whole(geobox.shape), values)],
            overviews="nearest" if mask else "average",
            nodata=None if convention.dialect == "geodes" and mask else nodata,
        )
        assets[key] = _asset(f"./{file}", place / file, geobox, values.dtype.name, convention)
    for band, key in _NAMES[convention.dialect].items():
        if band in _COMMON:
            assets[key]["eo:bands"] = [{"name": band, "common_name": _COMMON[band]}]
    write_json(place / f"{name}.json", _item(name, observation, convention, assets))
    return place / f"{name}.json"


def write_catalogue(folder: str | Path, items: Iterable[Path], collection: str = "sentinel-2-l2a") -> Path:
    """Write `catalog.json` and the collection that lead to items under `folder`; the catalogue. The items become those of the collection."""
    folder, listed = Path(folder), sorted(items)
    home = folder / "collection.json"
    for path in listed:
        links = [_link("collection", _relative(home, path.parent)), _link("root", _relative(folder / "catalog.json", path.parent))]
        write_json(path, {**read_json(path), "collection": collection, "links": links})
    document = {
        "type": "Collection", "stac_version": "1.0.0", "id": collection, "description": "Sentinel-2 L2A", "license": "proprietary",
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2015-06-27T00:00:00Z", None]]}},
        "links": [_link("root", "./catalog.json"), *(_link("item", _relative(path, home.parent)) for path in listed)],
    }  # fmt: skip
    write_json(home, document)
    links = [_link("root", "./catalog.json"), _link("child", "./collection.json")]
    catalogue = {"type": "Catalog", "stac_version": "1.0.0", "id": "iota-py", "description": "products of tests", "links": links}
    write_json(folder / "catalog.json", catalogue)
    return folder / "catalog.json"


def item_id(observation: Observation, convention: Convention) -> str:
    """Name of an item, in the style of the service."""
    delivery = observation.delivery
    sensed, satellite, tile = delivery.sensed, f"S2{delivery.overflight.platform[-1]}", delivery.tile.name.removeprefix("T")
    if convention.dialect == "geodes":
        return product_id(delivery)
    if convention.dialect == "planetary-computer":
        made = sensed + timedelta(days=1 + convention.sequence)
        return f"{satellite}_MSIL2A_{sensed:%Y%m%dT%H%M%S}_R{delivery.overflight.orbit:03d}_T{tile}_{made:%Y%m%dT%H%M%S}"
    return f"{satellite}_{tile.lstrip('0')}_{sensed:%Y%m%d}_{convention.sequence}_L2A"


def classes(observation: Observation) -> np.ndarray:
    """Scene classification (SCL) as Sen2Cor writes it, uint8 (row, col) at 20 m; a pixel has the worst class of the four under it."""
    weather = observation.weather
    shadow = weather.shadow_inside | weather.shadow_outside
    found = np.full(observation.saturated.shape, 4, np.uint8)
    for where, code in ((observation.water, 6), (weather.cirrus, 10), (shadow, 3), (weather.fringe, 8), (weather.cloud, 9)):
        found[_any(where)] = code
    found[observation.saturated] = 1
    found[_any(observation.outside)] = 0
    return found


def _any(fine: np.ndarray) -> np.ndarray:
    """10 m to 20 m: true where one of the four pixels is."""
    rows, cols = fine.shape
    return fine.reshape(rows // 2, 2, cols // 2, 2).any((1, 3))


def _rasters(observation: Observation, convention: Convention) -> dict[str, tuple[str, np.ndarray]]:
    """File and pixels of each asset."""
    names, outside = _NAMES[convention.dialect], observation.outside
    grids = {band: (outside if group == "R1" else outside[::2, ::2]) for group, bands in GROUPS.items() for band in bands}
    if convention.dialect == "geodes":
        product, found = product_id(observation.delivery), masks(observation)
        rasters = {
            names[band]: (f"{product}_FRE_{band}.tif", digital_numbers(observation.bands[band], lost, STEPS[band]))
            for band, lost in grids.items()
        }
        for name, group in (("CLM", "R1"), ("EDG", "R1"), ("SAT", "R1"), ("MG2", "R2")):
            rasters[f"{name}_{group}"] = (f"{product}_{name}_{group}.tif", found[name][group])
        return rasters
    rasters = {}
    for band, lost in grids.items():
        numbers = np.clip(np.rint(observation.bands[band] * 10000.0) + convention.offset, 1, 65535)
        rasters[names[band]] = (f"{band}.tif", np.where(lost, 0, numbers).astype(np.uint16))
    rasters[names["SCL"]] = ("SCL.tif", classes(observation))
    return rasters


def _asset(href: str, path: Path, geobox: GeoBox, dtype: str, convention: Convention) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "href": href,
        "type": _COG,
        "roles": ["data"],
        "gsd": abs(geobox.transform.a),
        "file:size": path.stat().st_size,
    }
    if convention.stated:
        raster = {"data_type": dtype, "nodata": NODATA if dtype == "int16" else 0, "spatial_resolution": abs(geobox.transform.a)}
        if dtype == "uint16":  # as Earth Search states them, whether the offset is applied or not
            raster |= {"scale": 0.0001, "offset": -0.1 if float(convention.baseline) >= 4 else 0}
        entry |= {"proj:shape": list(geobox.shape), "proj:transform": list(geobox.transform)[:6], "raster:bands": [raster]}
    return entry


def _item(name: str, observation: Observation, convention: Convention, assets: Mapping[str, Any]) -> dict[str, Any]:
    delivery, box = observation.delivery, observation.delivery.tile.geobox.geographic_extent.boundingbox
    ring = [[box.left, box.bottom], [box.right, box.bottom], [box.right, box.top], [box.left, box.top], [box.left, box.bottom]]
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [box.left, box.bottom, box.right, box.top],
        "stac_extensions": [f"https://stac-extensions.github.io/{ext}/schema.json" for ext in ("eo/v1.1.0", "projection/v1.1.0", "raster/v1.1.0")],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "platform": f"sentinel-2{delivery.overflight.platform[-1].lower()}", "constellation": "sentinel-2", "instruments": ["msi"],
            "updated": convention.updated, "proj:epsg": delivery.tile.geobox.crs.to_epsg(), "view:sun_elevation": 90 - observation.sun[0],
            "view:sun_azimuth": observation.sun[1], "sat:relative_orbit": delivery.overflight.orbit, "eo:cloud_cover": _cloud_cover(observation),
            **_properties(observation, convention),
        },
        "assets": dict(assets), "links": [],
    }  # fmt: skip


def _properties(observation: Observation, convention: Convention) -> dict[str, Any]:
    """Properties that each service writes in its own way."""
    delivery = observation.delivery
    tile, sensed = delivery.tile.name.removeprefix("T"), delivery.sensed
    moment = f"{sensed:%Y-%m-%dT%H:%M:%S}.{sensed.microsecond // 1000:03d}Z"
    if convention.dialect == "geodes":
        return {"grid:code": f"T{tile}", "datetime": convention.updated, "start_datetime": moment, "end_datetime": moment, "latest": True}
    strip = f"S2{delivery.overflight.platform[-1]}_OPER_MSI_L2A_DS_2BPS_20240201T000000_S{sensed:%Y%m%dT%H%M%S}_N{convention.baseline}"
    common = {"s2:processing_baseline": convention.baseline, "s2:datastrip_id": strip}
    if convention.dialect == "planetary-computer":
        return {**common, "s2:mgrs_tile": tile, "datetime": moment}
    said = {} if convention.applied is None else {"earthsearch:boa_offset_applied": convention.applied}
    return {**common, **said, "grid:code": f"MGRS-{tile.lstrip('0')}", "s2:sequence": str(convention.sequence), "datetime": moment}


def _cloud_cover(observation: Observation) -> float:
    """Percentage of the pixels seen that are under clouds."""
    seen = ~observation.outside
    return round(100.0 * float((observation.weather.cloud & seen).sum()) / max(int(seen.sum()), 1), 4)


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()
