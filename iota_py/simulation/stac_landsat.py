"""Items of Landsat Collection 2 Level 2 over cloud-optimised files, as the Planetary Computer and Earth Search write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iota_py.grid.windows import whole
from iota_py.io.publish import write_json
from iota_py.io.raster import write_cog
from iota_py.simulation.landsat import LandsatImage

_OLI = {"B1": "coastal", "B2": "blue", "B3": "green", "B4": "red", "B5": "nir08", "B6": "swir16", "B7": "swir22"}
_TM = {"B1": "blue", "B2": "green", "B3": "red", "B4": "nir08", "B5": "swir16", "B7": "swir22"}


def scene_item_id(image: LandsatImage) -> str:
    """Name of an item: that of the scene without the day of processing."""
    return f"{image.satellite}_{image.level}_{image.place}_{image.seen:%Y%m%d}_02_{image.tier}"


def write_scene_item(folder: str | Path, image: LandsatImage, *, stated: bool = True) -> Path:
    """Write the files of a scene and its item under `folder`; the file of the item.

    stated: the item holds the type, the scale and the offset of the numbers of each file.
    """
    names = _OLI if image.satellite[2:] in ("08", "09") else _TM
    place, assets = Path(folder) / image.name, {}
    for number, key in names.items():
        if number in image.numbers:
            law = {"scale": image.law[0], "offset": image.law[1]}
            assets[key] = _asset(place, image, f"SR_{number}", image.numbers[number], law if stated else None)
            assets[key]["eo:bands"] = [{"name": f"{'OLI' if names is _OLI else 'TM'}_{number}", "common_name": key}]
    quality = {"QA_PIXEL": image.pixel_quality, "QA_RADSAT": image.saturation}
    for name, values in quality.items():
        if values is not None:
            assets[name.lower()] = _asset(place, image, name, values, {} if stated else None)
    path = place / f"{scene_item_id(image)}.json"
    write_json(path, _item(image, assets))
    return path


def _asset(place: Path, image: LandsatImage, name: str, values: Any, law: dict[str, float] | None) -> dict[str, Any]:
    file = f"{image.name}_{name}.TIF"
    write_cog(
        place / file, image.geobox, values.dtype.name, [(whole(values.shape), values)], overviews="nearest", nodata=0 if law else None
    )
    entry: dict[str, Any] = {"href": f"./{file}", "type": "image/vnd.stac.geotiff; cloud-optimized=true", "roles": ["data"]}
    if law is not None:
        entry["raster:bands"] = [{"data_type": values.dtype.name, "spatial_resolution": 30, "nodata": 0 if law else 1, **law}]
    return entry


def _item(image: LandsatImage, assets: dict[str, Any]) -> dict[str, Any]:
    box = image.geobox.geographic_extent.boundingbox
    ring = [[box.left, box.bottom], [box.right, box.bottom], [box.right, box.top], [box.left, box.top], [box.left, box.bottom]]
    extensions = ("eo/v1.0.0", "projection/v1.0.0", "raster/v1.0.0", "view/v1.0.0")
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": scene_item_id(image), "collection": "landsat-c2-l2",
        "stac_extensions": [f"https://stac-extensions.github.io/{name}/schema.json" for name in extensions],
        "bbox": [box.left, box.bottom, box.right, box.top], "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": f"{image.seen:%Y-%m-%dT%H:%M:%S.%f}Z", "platform": f"landsat-{int(image.satellite[2:])}",
            "created": f"{image.processed}T18:04:17Z", "gsd": 30, "eo:cloud_cover": round(100 * float((image.pixel_quality & 8 > 0).mean()), 2),
            "proj:epsg": image.geobox.crs.to_epsg(), "proj:shape": list(image.geobox.shape), "proj:transform": list(image.geobox.transform)[:6],
            "landsat:wrs_path": image.place[:3], "landsat:wrs_row": image.place[3:], "landsat:correction": image.level,
            "landsat:collection_category": image.tier, "view:sun_azimuth": 112.2, "view:sun_elevation": 57.75,
        },
        "assets": assets, "links": [],
    }  # fmt: skip
