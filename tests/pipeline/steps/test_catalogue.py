"""The STAC catalogue of a run: valid, complete, the same twice, and still whole where the run is moved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest

from iota_py.config import RunConfig
from iota_py.io.publish import sha256
from iota_py.pipeline import paths
from tests.delivery.stac.rules import faults
from tests.pipeline.small_delivery import CLASSES, FINGERPRINTS, deliver, small_run, write_map

Writer = Callable[[Path, str], Path]
RASTER = "OSO_20230101_RASTER_V1-0"
ZONES = [f"OSO_20230101_VECTOR_departement_{zone}_V1-0" for zone in ("09", "31")]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, light_config: Writer) -> RunConfig:
    found = small_run(tmp_path_factory.mktemp("catalogue"), light_config)
    assert all(one.ok for one in deliver(found))
    return found


def documents(config: RunConfig) -> dict[str, dict[str, Any]]:
    folder = config.output / paths.CATALOGUE
    return {p.relative_to(folder).as_posix(): json.loads(p.read_text()) for p in sorted(folder.rglob("*.json"))}


def item(config: RunConfig, name: str, collection: str = "rasters") -> dict[str, Any]:
    return documents(config)[f"{collection}/{name}/{name}.json"]


def test_layout(config: RunConfig):
    assert sorted(documents(config)) == [
        "catalog.json", "models/collection.json", "models/region_1_run_0/region_1_run_0.json",
        f"rasters/{RASTER}/{RASTER}.json", "rasters/collection.json", *(f"vectors/{zone}/{zone}.json" for zone in ZONES), "vectors/collection.json",
    ]  # fmt: skip


def test_every_document_is_valid(config: RunConfig):
    assert {name: faults(document) for name, document in documents(config).items()} == {key: [] for key in documents(config)}


def test_every_link_and_asset_leads_to_a_file_wherever_the_run_is(config: RunConfig, tmp_path: Path):
    moved = Path(shutil.copytree(config.output, tmp_path / "moved"))
    for path in (moved / paths.CATALOGUE).rglob("*.json"):
        document = json.loads(path.read_text())
        for part in [*document["links"], *document.get("assets", {}).values()]:
            target = (path.parent / part["href"]).resolve()
            assert target.is_file(), part["href"]
            assert target.is_relative_to(moved.resolve())
            if "file:checksum" in part:
                assert part["file:checksum"] == f"1220{sha256(target)}"
                assert part["file:size"] == target.stat().st_size


def test_pystac_reads_it(config: RunConfig):
    root = pystac.Catalog.from_file(str(config.output / paths.CATALOGUE / "catalog.json"))
    assert sorted(one.id for one in root.get_items(recursive=True)) == [*sorted([RASTER, *ZONES]), "region_1_run_0"]
    assert {one.id for one in root.get_children()} == {"rasters", "vectors", "models"}


def test_pystac_understands_the_extensions(config: RunConfig):
    from pystac.extensions.classification import ClassificationExtension
    from pystac.extensions.file import FileExtension
    from pystac.extensions.mlm import MLMExtension
    from pystac.extensions.projection import ProjectionExtension
    from pystac.extensions.raster import RasterExtension
    from pystac.extensions.table import TableExtension
    from pystac.extensions.version import ItemVersionExtension

    root = pystac.Catalog.from_file(str(config.output / paths.CATALOGUE / "catalog.json"))
    items = {one.id: one for one in root.get_items(recursive=True)}
    raster, polygons, model = items[RASTER], items[ZONES[0]], items["region_1_run_0"]
    asset = raster.assets["classification"]
    assert (ProjectionExtension.ext(asset).code, ProjectionExtension.ext(asset).shape) == ("EPSG:32631", [6, 8])
    assert [band.nodata for band in RasterExtension.ext(asset).bands or []] == [0]
    classes = ClassificationExtension.ext(asset).classes or []
    assert [(one.value, one.name, one.color_hint) for one in classes if one.value == 5] == [(5, "Colza", "FFFF00")]
    assert FileExtension.ext(asset).size == (config.output / "map/classification.tif").stat().st_size
    assert (ItemVersionExtension.ext(raster).version, TableExtension.ext(polygons).row_count) == ("1.0", 2)
    assert (MLMExtension.ext(model).framework, MLMExtension.ext(model).pretrained) == ("scikit-learn", False)


def test_the_item_of_the_raster(config: RunConfig):
    found = item(config, RASTER)
    properties, classes = found["properties"], found["assets"]["classification"]["classification:classes"]
    assert (properties["start_datetime"], properties["end_datetime"]) == ("2023-01-01T00:00:00Z", "2023-12-31T23:59:59Z")
    assert (properties["datetime"], properties["version"], properties["deprecated"]) == (None, "1.0", False)
    assert (properties["proj:code"], properties["license"], properties["processing:facility"]) == ("EPSG:32631", "CC-BY-4.0", "The makers")
    assert set(properties["processing:software"]) == {"iota_py", "GDAL"}
    assert properties["iota_py:overall_accuracy"] == 0.9
    assert sorted(found["assets"]) == [
        "classification", "confidence", "legend_legend_2023_fr_png", "legend_legend_2023_png", "manifest", "metadata",
        "metadata_ocs_2023_tif_aux_xml", "provenance", "style_confidence_2023_qml", "style_ocs_2023_qml", "style_validity_2023_qml", "thumbnail", "validity",
    ]  # fmt: skip
    asset = found["assets"]["classification"]
    assert asset["href"] == f"../../../product/{RASTER}/DATA/OCS_2023.tif"
    assert (asset["proj:shape"], asset["proj:transform"], asset["proj:bbox"]) == (
        [6, 8],
        [10, 0, 400000, 0, -10, 4800060],
        [400000, 4800000, 400080, 4800060],
    )
    assert asset["raster:bands"][0] | {"description": ""} == {
        "data_type": "uint8", "nodata": 0, "sampling": "area", "spatial_resolution": 10, "description": "",
    }  # fmt: skip
    assert "nodata" not in found["assets"]["validity"]["raster:bands"][0]
    assert len(classes) == 24
    assert {"value": 5, "name": "Colza", "color_hint": "FFFF00"}.items() <= next(one for one in classes if one["value"] == 5).items()
    assert next(one for one in classes if one["value"] == 0)["nodata"] is True
    assert found["assets"]["provenance"]["href"] == "../../../manifest.json"
    assert [link["href"] for link in found["links"] if link["rel"] == "derived_from"] == ["../../models/region_1_run_0/region_1_run_0.json"]


def test_where_it_lies(config: RunConfig):
    """The corners by hand: 400 000 E, 4 800 000 N in UTM zone 31 is 1.7691° E, 43.3463° N (inverse transverse Mercator)."""
    west, south, east, north = item(config, RASTER)["bbox"]
    assert (west, south) == pytest.approx((1.7664, 43.3475), abs=5e-3)
    assert 0 < east - west < 0.0015
    assert 0 < north - south < 0.0008


def test_the_items_of_the_polygons(config: RunConfig):
    found = item(config, ZONES[1], "vectors")
    asset = found["assets"]["gpkg"]
    assert asset["href"] == f"../../../product/{ZONES[1]}/DATA/departement_31.gpkg"
    assert (found["properties"]["table:row_count"], [one["name"] for one in asset["table:columns"]]) == (2, ["Classe", "Aire"])
    assert asset["proj:bbox"] == [400000, 4800000, 400080, 4800060]


def test_the_item_of_the_model(config: RunConfig):
    found = item(config, "region_1_run_0", "models")
    properties = found["properties"]
    assert (properties["mlm:architecture"], properties["mlm:framework"], properties["mlm:tasks"]) == (
        "random forest",
        "scikit-learn",
        ["classification"],
    )
    assert (properties["mlm:input"][0]["bands"], properties["mlm:input"][0]["input"]["shape"]) == (["red", "nir"], [-1, 2])
    assert [one["name"] for one in properties["mlm:output"][0]["classification:classes"]] == ["Colza", "Prairie"]
    assert properties["mlm:hyperparameters"]["trees"] == 4
    assert found["assets"]["model.skops"]["roles"] == ["mlm:model"]
    assert found["assets"]["bundle.json"]["roles"] == ["metadata"]


def test_a_later_version_takes_the_place_of_an_earlier_one(tmp_path: Path, light_config: Writer):
    config = small_run(tmp_path, light_config)
    deliver(config)
    write_map(config, np.where(CLASSES == 5, 13, CLASSES))
    assert config.product is not None
    later = config.model_copy(update={"product": config.product.model_copy(update={"version": "2-0"})})
    assert all(one.ok for one in deliver(later, fingerprints={**FINGERPRINTS, "settings": {"model.trees": 9}}))
    assert {name: faults(document) for name, document in documents(later).items() if faults(document)} == {}
    old, new = item(later, RASTER), item(later, "OSO_20230101_RASTER_V2-0")
    relations = {
        (one["properties"]["version"], link["rel"]): link["href"] for one in (old, new) for link in one["links"] if "version" in link["rel"]
    }
    assert (old["properties"]["deprecated"], new["properties"]["deprecated"]) == (True, False)
    assert relations == {
        ("1.0", "successor-version"): "../OSO_20230101_RASTER_V2-0/OSO_20230101_RASTER_V2-0.json",
        ("1.0", "latest-version"): "../OSO_20230101_RASTER_V2-0/OSO_20230101_RASTER_V2-0.json",
        ("2.0", "predecessor-version"): f"../{RASTER}/{RASTER}.json",
    }


def test_a_catalogue_without_packages(tmp_path: Path, light_config: Writer):
    config = small_run(tmp_path, light_config, "catalogue: true")
    assert all(one.ok for one in deliver(config))
    assert {name: faults(document) for name, document in documents(config).items() if faults(document)} == {}
    found = item(config, "demo")
    assert found["assets"]["classification"]["href"] == "../../../map/classification.tif"
    assert "version" not in found["properties"]
    assert sorted(documents(config)) == [
        "catalog.json", "models/collection.json", "models/region_1_run_0/region_1_run_0.json", "rasters/collection.json", "rasters/demo/demo.json",
        "vectors/collection.json", "vectors/demo_09/demo_09.json", "vectors/demo_31/demo_31.json",
    ]  # fmt: skip


def test_what_was_catalogued_before_is_gone(tmp_path: Path, light_config: Writer):
    config = small_run(tmp_path, light_config)
    stray = config.output / paths.CATALOGUE / "rasters" / "old" / "old.json"
    stray.parent.mkdir(parents=True)
    stray.write_text("{}")
    deliver(config)
    assert not stray.exists()
