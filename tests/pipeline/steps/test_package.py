"""Packages: what they hold, that they stay as they were delivered, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from iota_py.config import RunConfig
from iota_py.io.publish import read_json, sha256, write_json, write_text
from iota_py.pipeline import paths
from tests.pipeline.small_delivery import (
    CLASSES,
    FINGERPRINTS,
    METRICS,
    PRODUCT,
    deliver,
    mark,
    parameters,
    small_run,
    write_map,
    write_polygons,
)

Writer = Callable[[Path, str], Path]
RASTER = "OSO_20230101_RASTER_V1-0"
VECTOR = "OSO_20230101_VECTOR_departement_31_V1-0"


@pytest.fixture
def config(tmp_path: Path, light_config: Writer) -> RunConfig:
    return small_run(tmp_path, light_config)


def with_product(config: RunConfig, **update: object) -> RunConfig:
    assert config.product is not None
    return config.model_copy(update={"product": config.product.model_copy(update=update)})


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def line(outcomes: list) -> str:
    assert not outcomes[-1].ok
    return "\n".join(fault.line() for fault in outcomes[-1].faults)


def test_files_of_the_packages(config: RunConfig):
    assert all(one.ok for one in deliver(config))
    product = config.output / paths.PRODUCT
    assert sorted(p.name for p in product.iterdir()) == [RASTER, VECTOR.replace("31", "09"), VECTOR]
    assert sorted(contents(product / RASTER)) == [
        "CHECKSUMS.sha256", "DATA/CONFIDENCE_2023.qml", "DATA/CONFIDENCE_2023.tif", "DATA/LEGEND_2023.fr.png", "DATA/LEGEND_2023.png",
        "DATA/OCS_2023.qml", "DATA/OCS_2023.tif", "DATA/OCS_2023.tif.aux.xml",
        "DATA/VALIDITY_2023.qml", "DATA/VALIDITY_2023.tif", f"{RASTER}_MANIFEST.json", f"{RASTER}_MTD_ALL.xml", f"{RASTER}_QKL_ALL.jpg",
    ]  # fmt: skip
    assert sorted(contents(product / VECTOR)) == [
        "CHECKSUMS.sha256", "DATA/departement_31.gpkg", f"{VECTOR}_MANIFEST.json", f"{VECTOR}_MTD_ALL.xml",
    ]  # fmt: skip
    assert sha256(product / RASTER / "DATA/OCS_2023.tif") == sha256(config.output / "map/classification.tif")


def test_sha256sum_agrees(config: RunConfig):
    deliver(config)
    for folder in (config.output / paths.PRODUCT).iterdir():
        done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "CHECKSUMS.sha256"], cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_metadata_document(config: RunConfig):
    deliver(config)
    root = ET.parse(config.output / paths.PRODUCT / RASTER / f"{RASTER}_MTD_ALL.xml").getroot()
    text = {path: root.findtext(path) for path in (
        "Dataset_Identification/IDENTIFIER", "Dataset_Identification/PRODUCER", "Dataset_Identification/LICENCE", "Product_Characteristics/PRODUCT_ID",
        "Product_Characteristics/PRODUCT_VERSION", "Product_Characteristics/PRODUCTION_DATE", ".//HORIZONTAL_CS_CODE", ".//ULX", ".//ULY", ".//XDIM",
        ".//YDIM", ".//NROWS", ".//NCOLS", ".//Point[@name='lowerRight']/X", ".//Point[@name='lowerRight']/Y", ".//UTC_Acquisition_Range/START",
    )}  # fmt: skip
    assert list(text.values()) == [
        "OSO_20230101_RASTER", "The makers", "CC-BY-4.0", RASTER, "1.0", None, "32631", "400000", "4800060", "10", "-10", "6", "8", "400080", "4800000",
        "2023-01-01T00:00:00.000Z",
    ]  # fmt: skip
    assert root.tag == "Muscate_Metadata_Document"
    zone = root.find("Dataset_Identification/GEOGRAPHICAL_ZONE")
    assert zone is not None
    assert (zone.text, zone.get("type")) == ("Somewhere", "Region")
    figures = [(e.get("name"), e.get("code"), e.text, e.get("half_width_95")) for e in root.iter("QUALITY_INDEX")]
    assert figures == [
        ("overall_accuracy", None, "0.900000", "0.020000"), ("kappa", None, "0.850000", None), ("f1_macro", None, "undefined", None),
        ("f1", "5", "0.900000", "0.020000"), ("f1", "13", "0.900000", "0.020000"),
    ]  # fmt: skip
    assert {(c.get("alias"), c.get("code")) for c in root.iter("Class")} >= {("Colza", "5"), ("Prairie", "13")}


def test_the_metadata_document_of_polygons(config: RunConfig):
    deliver(config)
    root = ET.parse(config.output / paths.PRODUCT / VECTOR / f"{VECTOR}_MTD_ALL.xml").getroot()
    zone = root.find("Dataset_Identification/GEOGRAPHICAL_ZONE")
    assert zone is not None
    assert (zone.text, zone.get("type")) == ("31", "departement")
    assert root.findtext("Dataset_Identification/TITLE") == "A small map, departement 31"
    assert (root.findtext(".//FEATURES"), root.findtext(".//FIELDS"), root.findtext(".//HORIZONTAL_CS_CODE")) == (
        "2",
        "Classe Aire",
        "32631",
    )
    assert (root.findtext(".//Point[@name='upperRight']/X"), root.findtext(".//Point[@name='upperRight']/Y")) == ("400080", "4800060")
    assert root.find(".//Group_Geopositioning") is None


def test_polygons_of_a_map_without_zones(tmp_path: Path, light_config: Writer):
    config = small_run(tmp_path, light_config, PRODUCT + "vector: {}\n", polygons=False)
    write_polygons(config.output, [paths.WHOLE])
    mark(config.output, "vectors", ["vector"])
    assert all(one.ok for one in deliver(config))
    name = "OSO_20230101_VECTOR_V1-0"
    folder = config.output / paths.PRODUCT / name
    assert sorted(contents(folder)) == ["CHECKSUMS.sha256", "DATA/OCS_2023.gpkg", f"{name}_MANIFEST.json", f"{name}_MTD_ALL.xml"]
    root = ET.parse(folder / f"{name}_MTD_ALL.xml").getroot()
    assert root.findtext("Dataset_Identification/TITLE") == "A small map"
    assert root.findtext("Dataset_Identification/GEOGRAPHICAL_ZONE") == "Somewhere"
    assert root.findtext("Dataset_Identification/ABSTRACT") == "Land cover polygons with their statistics"


def test_checksums_in_the_metadata_document(config: RunConfig):
    deliver(config)
    folder = config.output / paths.PRODUCT / RASTER
    listed = {
        one.findtext("FILE_NAME"): one.findtext("CHECKSUM") for one in ET.parse(folder / f"{RASTER}_MTD_ALL.xml").getroot().iter("File")
    }
    assert len(listed) == 10
    assert listed == {name: sha256(folder / str(name)) for name in listed}


def test_the_quicklook_has_the_colours_of_the_classes(config: RunConfig):
    deliver(config)
    with Image.open(config.output / paths.PRODUCT / RASTER / f"{RASTER}_QKL_ALL.jpg") as image:
        pixels = np.asarray(image).astype(int)
    assert pixels.shape == (6, 8, 3)
    assert pixels[:, 6:].mean(axis=(0, 1)) == pytest.approx([170, 170, 0], abs=25)  # grassland; JPEG blurs so few pixels


def test_a_stated_day_of_the_making(config: RunConfig):
    import datetime as dt

    deliver(with_product(config, produced=dt.date(2024, 3, 1)))
    root = ET.parse(config.output / paths.PRODUCT / RASTER / f"{RASTER}_MTD_ALL.xml").getroot()
    assert root.findtext("Product_Characteristics/PRODUCTION_DATE") == "2024-03-01T00:00:00.000Z"


def test_the_same_run_elsewhere_gives_the_same_bytes(tmp_path: Path, light_config: Writer):
    found = []
    for name in ("one", "two"):
        config = small_run(tmp_path / name, light_config)
        deliver(config)
        found.append({**contents(config.output / paths.PRODUCT), **contents(config.output / paths.CATALOGUE)})
    assert found[0] == found[1]
    assert len(found[0]) > 15


def test_a_package_with_the_same_content_stays_as_it_was(config: RunConfig):
    deliver(config)
    before = contents(config.output / paths.PRODUCT)
    times = {p: p.stat().st_mtime_ns for p in (config.output / paths.PRODUCT).rglob("*")}
    assert all(one.ok for one in deliver(config, fingerprints={**FINGERPRINTS, "code": {"train": "a comment was mended"}}))
    assert contents(config.output / paths.PRODUCT) == before
    assert times == {p: p.stat().st_mtime_ns for p in (config.output / paths.PRODUCT).rglob("*")}


@pytest.mark.parametrize("name", ["DATA/OCS_2023.tif", f"{RASTER}_MTD_ALL.xml", "CHECKSUMS.sha256"])
def test_a_damaged_package_is_made_again(config: RunConfig, name: str):
    deliver(config)
    before = contents(config.output / paths.PRODUCT)
    path = config.output / paths.PRODUCT / RASTER / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    (config.output / paths.PRODUCT / VECTOR / "DATA/departement_31.gpkg").unlink()
    deliver(config)
    assert contents(config.output / paths.PRODUCT) == before


def test_what_a_killed_process_left_is_no_package(config: RunConfig):
    left = config.output / paths.PRODUCT / f".{RASTER}.part" / "DATA"
    left.mkdir(parents=True)
    (left / "OCS_2023.tif").write_bytes(b"half")
    assert all(one.ok for one in deliver(config))
    assert not left.exists()


def test_other_content_under_the_same_name_is_refused(config: RunConfig):
    deliver(config)
    before = contents(config.output / paths.PRODUCT)
    write_map(config, np.where(CLASSES == 5, 13, CLASSES))
    changed = {**FINGERPRINTS, "settings": {"model.trees": 9}}
    text = line(deliver(config, fingerprints=changed))
    assert text == (
        f"E-PKG-005 product/{RASTER}: product.version: was delivered with other content; method changed (settings model.trees): a major version "
        'is needed. Fix: set product.version: "2-0", then iota-py run CONFIG; only the packages and the catalogue are made; '
        f"or delete product/{RASTER}, if nobody was given it"
    )
    assert contents(config.output / paths.PRODUCT) == before


def test_a_package_that_nobody_was_given_can_be_deleted(config: RunConfig):
    deliver(config)
    write_map(config, np.where(CLASSES == 5, 13, CLASSES))
    assert not deliver(config)[-1].ok
    shutil.rmtree(config.output / paths.PRODUCT / RASTER)
    assert all(one.ok for one in deliver(config))


def test_a_change_of_the_data_needs_a_minor_version(config: RunConfig):
    deliver(config)
    write_map(config, np.where(CLASSES == 5, 13, CLASSES))
    changed = {**FINGERPRINTS, "reference": {"polygons": "other"}}
    assert 'data changed (reference polygons): a minor version is needed. Fix: set product.version: "1-1"' in line(
        deliver(config, fingerprints=changed)
    )
    assert all(one.ok for one in deliver(with_product(config, version="1-1"), fingerprints=changed))
    assert len(list((config.output / paths.PRODUCT).iterdir())) == 6  # the earlier packages stay


def test_other_metadata_are_other_content(config: RunConfig):
    deliver(config)
    assert "metadata changed (licence): a minor version is needed" in line(deliver(with_product(config, licence="MIT")))
    write_json(config.output / paths.METRICS, {**METRICS, "kappa": {"mean": 0.1, "half_width": None}})
    mark(config.output, "summary", [paths.METRICS])
    assert "metadata changed (accuracy): a minor version is needed" in line(deliver(config))


def test_another_choice_of_layers_is_another_content(config: RunConfig):
    deliver(config)
    layers = parameters()["layers"][:2]
    assert "metadata changed (layers): a minor version is needed" in line(deliver(config, layers=layers))


def test_a_minor_version_for_a_changed_method_is_refused(config: RunConfig):
    deliver(config)
    write_map(config, np.where(CLASSES == 5, 13, CLASSES))
    changed = {**FINGERPRINTS, "code": {"train": "other", "predict": "b"}}
    text = line(deliver(with_product(config, version="1-1"), fingerprints=changed))
    assert text.startswith(
        f"E-PKG-007 product/{RASTER[:-1]}1: product.version: since {RASTER} the method changed (code train): a major version is needed"
    )
    assert 'set product.version: "2-0"' in text


def test_a_version_before_a_delivered_one_is_refused(config: RunConfig):
    deliver(with_product(config, version="2-0"))
    text = line(deliver(with_product(config, version="1-3")))
    assert text.startswith("E-PKG-006 product/OSO_20230101_RASTER_V1-3: product.version: OSO_20230101_RASTER_V2-0 was delivered already")
    assert 'set product.version: "2-1"' in text


def test_the_register_remembers_for_other_runs(tmp_path: Path, light_config: Writer):
    register = tmp_path / "register" / "releases.json"
    first = with_product(small_run(tmp_path / "one", light_config), releases=register)
    assert all(one.ok for one in deliver(first))
    assert sorted(read_json(register)["releases"]) == [RASTER, VECTOR.replace("31", "09"), VECTOR]
    second = with_product(small_run(tmp_path / "two", light_config), releases=register)
    before = register.read_bytes()
    assert all(one.ok for one in deliver(second))
    assert register.read_bytes() == before
    third = with_product(small_run(tmp_path / "three", light_config), releases=register)
    write_map(third, np.where(CLASSES == 5, 13, CLASSES))
    text = line(deliver(third))
    assert f"E-PKG-005 product/{RASTER}" in text
    assert "or delete" not in text


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"format": 2, "releases": {}}', '{"format": 1, "releases": {"a": {}}}', '{"format": 1, "releases": 3}']
)
def test_a_register_that_is_none(config: RunConfig, tmp_path: Path, content: str):
    register = tmp_path / "releases.json"
    write_text(register, content)
    text = line(deliver(with_product(config, releases=register)))
    assert text.startswith(f"E-PKG-004 {register}: product.releases: is not a register of deliveries")
    assert "\n" not in text


def test_a_zone_that_cannot_stand_in_a_name(config: RunConfig):
    write_polygons(config.output, ["Côte d'Or"])
    mark(config.output, "vectors", ["vector"])
    assert line(deliver(config)).startswith(
        "E-PKG-003 vector/Côte d'Or.gpkg: vector.zones.field: zone `Côte d'Or` cannot stand in the name of a package"
    )


def test_a_source_that_was_changed_is_not_handed_over(config: RunConfig):
    path = config.output / "map/validity.qml"
    path.write_text(path.read_text().replace("qgis/>", "qgisx>"))
    text = line(deliver(config))
    assert text.startswith("E-PKG-010 ")
    assert "expected SHA-256" in text
    assert not (config.output / paths.PRODUCT / RASTER).exists()


def test_a_product_without_polygons(tmp_path: Path, light_config: Writer):
    config = small_run(tmp_path, light_config, PRODUCT, polygons=False)
    deliver(config)
    assert [p.name for p in (config.output / paths.PRODUCT).iterdir()] == [RASTER]
