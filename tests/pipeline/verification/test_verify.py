"""Verification: a run that is whole has no fault, and whatever is done to a file of it is one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from shapely.geometry import Polygon, box

from iota_py.config import RunConfig
from iota_py.io.publish import json_text, read_json, sha256, write_json
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import sealed
from iota_py.pipeline.verification.verify import verify
from tests.pipeline.small_delivery import CLASSES, GRID, deliver, mark, small_run, write_map

Writer = Callable[[Path, str], Path]
PACKAGE = "product/OSO_20230101_RASTER_V1-0"
DELIVERED = [
    "map/classification.tif", "map/confidence.qml", f"{PACKAGE}/DATA/OCS_2023.tif", f"{PACKAGE}/CHECKSUMS.sha256",
    f"{PACKAGE}/OSO_20230101_RASTER_V1-0_MTD_ALL.xml", f"{PACKAGE}/OSO_20230101_RASTER_V1-0_MANIFEST.json",
    f"{PACKAGE}/OSO_20230101_RASTER_V1-0_QKL_ALL.jpg", "vector/31.gpkg", "catalog/catalog.json", "catalog/rasters/collection.json",
    "assessment/metrics.json", "report.html", "models/region_1_run_0/model.skops", "models/region_1_run_0/bundle.json",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, light_config: Writer) -> Path:
    config = small_run(tmp_path_factory.mktemp("verify"), light_config)
    assert all(one.ok for one in deliver(config))
    return config.output


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def lines(root: Path, **options: Any) -> list[str]:
    return [fault.line() for fault in verify(root, **options).faults]


def recorded_again(root: Path, *names: str) -> None:
    """Change the records of files as if they had been written like that: what is in them is looked at all the same."""
    manifest = read_json(root / paths.MANIFEST)
    for entry in (one for one in manifest["delivered"] if one["path"] in names):
        entry["bytes"], entry["sha256"] = (root / entry["path"]).stat().st_size, sha256(root / entry["path"])
    write_json(root / paths.MANIFEST, sealed(manifest))


@pytest.mark.parametrize("quick", [False, True])
def test_a_whole_run_has_no_fault(whole: Path, quick: bool):
    seen: list[str] = []
    found = verify(whole, quick=quick, watch=seen.append)
    assert found.faults == ()
    folders = ("map", "vector", "product", "catalog", "assessment", "models")
    there = {p.relative_to(whole).as_posix() for folder in folders for p in (whole / folder).rglob("*") if p.is_file()}
    assert set(seen) == there | {"report.html"}
    assert (found.files, found.size) == (len(seen), sum((whole / name).stat().st_size for name in seen))


def test_a_run_that_was_moved_has_no_fault(root: Path):
    assert lines(root) == []


@pytest.fixture(scope="module")
def shared(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that each test leaves as it found it."""
    return Path(shutil.copytree(whole, tmp_path_factory.mktemp("shared") / "run"))


@pytest.mark.parametrize("name", DELIVERED)
def test_one_flipped_bit_anywhere_is_one_line(shared: Path, name: str):
    content = (shared / name).read_bytes()
    for where in (0, len(content) // 2, len(content) - 1):
        flipped = bytearray(content)
        flipped[where] ^= 1
        (shared / name).write_bytes(bytes(flipped))
        found = lines(shared, quick=True)
        assert len(found) == 1
        assert found[0].startswith(f"E-VFY-005 {name}: other bytes than were written: SHA-256 ")
        assert found[0].endswith("Fix: delete it, then iota-py run CONFIG makes it again")
    (shared / name).write_bytes(content)


@pytest.mark.parametrize("name", DELIVERED)
def test_a_truncated_file(shared: Path, name: str):
    content = (shared / name).read_bytes()
    (shared / name).write_bytes(content[:-1])
    found = lines(shared, quick=True)
    (shared / name).write_bytes(content)
    assert [text.split(". Fix")[0] for text in found] == [f"E-VFY-004 {name}: has {len(content) - 1} bytes, {len(content)} were written"]


def test_a_file_of_the_same_size_in_its_place(root: Path):
    path = root / "map/validity.tif"
    path.write_bytes(bytes(path.stat().st_size))
    assert [text[:27] for text in lines(root)] == ["E-VFY-005 map/validity.tif:"]


@pytest.mark.parametrize("name", ["map/validity.tif", "vector/09.gpkg", "models/region_1_run_0/model.skops"])
def test_a_file_that_is_gone(root: Path, name: str):
    (root / name).unlink()
    found = lines(root)
    assert found[0] == f"E-VFY-003 {name}: is missing. Fix: iota-py run CONFIG makes it again"
    others = [text for text in found[1:] if not text.startswith("E-VFY-014 catalog/")]  # what led to it says so too
    assert others == []


@pytest.mark.parametrize(
    "name", ["map/copy.tif", "product/notes.txt", "catalog/old/item.json", "models/region_9_run_0/bundle.json", f"{PACKAGE}/DATA/x"]
)
def test_a_file_too_many(root: Path, name: str):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("{}")
    assert lines(root) == [f"E-VFY-006 {name}: is not of this run's deliveries. Fix: remove it, or keep it in another folder"]


def test_every_fault_is_found_at_once(root: Path):
    (root / "map/validity.tif").unlink()
    (root / "report.html").write_text("other")
    (root / "vector/new.gpkg").write_text("other")
    assert sorted({text[:9] for text in lines(root)}) == ["E-VFY-003", "E-VFY-004", "E-VFY-006"]


def test_the_manifest_is_sealed(root: Path):
    path = root / paths.MANIFEST
    manifest = read_json(path)
    manifest["outputs"] = []
    path.write_text(json_text(manifest))
    assert lines(root)[0].startswith("E-VFY-002 manifest.json: was changed after it was written")
    write_json(path, sealed(manifest))
    path.write_text(path.read_text() + "\n")
    assert lines(root)[0].startswith("E-VFY-002 manifest.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no manifest"),
        ("{", "is not a manifest"),
        ("[]", "is not a manifest"),
        ('{"delivered": [1]}', "is not a manifest"),
    ],
)
def test_without_a_manifest(root: Path, content: str | None, said: str):
    from iota_py.errors import InputError

    (root / paths.MANIFEST).unlink()
    if content is not None:
        (root / paths.MANIFEST).write_text(content)
    with pytest.raises(InputError, match=f"E-VFY-001 .*{said}.*iota-py run CONFIG"):
        verify(root)


def test_codes_that_are_in_no_nomenclature(tmp_path: Path, light_config: Writer):
    config = written(tmp_path, light_config, np.where(CLASSES == 5, 99, CLASSES))
    found = [text for text in lines(config.output) if "map/" in text]
    assert found[0].startswith("E-VFY-009 map/classification.tif: 18 pixels with 99, expected codes of the nomenclature")
    assert len(found) == 1
    assert lines(config.output, quick=True) == []


def test_percents_beyond_a_hundred(root: Path):
    from iota_py.grid.windows import whole as whole_window
    from iota_py.io.raster import write_cog

    path = root / "map/confidence.tif"
    write_cog(path, GRID, "uint8", [(whole_window(GRID.shape), np.full(GRID.shape, 101, np.uint8))], overviews="nearest", nodata=0)
    recorded_again(root, "map/confidence.tif")
    assert [text.split(". Fix")[0] for text in lines(root)] == ["E-VFY-009 map/confidence.tif: 48 pixels with 101, expected 0 to 100"]


def test_another_grid(root: Path):
    from iota_py.io.raster import write_cog

    moved = GRID.translate_pix(1, 0)
    from iota_py.grid.windows import whole as whole_window

    write_cog(
        root / "map/validity.tif", moved, "uint8", [(whole_window(GRID.shape), np.full(GRID.shape, 7, np.uint8))], overviews="nearest"
    )
    recorded_again(root, "map/validity.tif")
    assert [text[:40] for text in lines(root, quick=True)] == ["E-VFY-008 map/validity.tif: grid [[6, 8]"]


def test_a_block_that_does_not_decode(root: Path):
    path = root / "map/classification.tif"
    with rasterio.open(path) as dataset:
        first = int(dataset.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    content = path.read_bytes()
    path.write_bytes(content[:first] + bytes(8) + content[first + 8 :])
    recorded_again(root, "map/classification.tif")
    found = lines(root)
    assert [text[:32] for text in found] == ["E-VFY-007 map/classification.tif"]
    assert lines(root, quick=True) == []


def test_polygons(root: Path):
    import geopandas as gpd

    from iota_py.io.vectors import write_gpkg

    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    frame = gpd.GeoDataFrame({"Classe": [5, 13, 5]}, geometry=[bow, box(0, 0, 1, 1), box(2, 0, 3, 1)], crs=GRID.crs.to_wkt())
    write_gpkg(root / "vector/31.gpkg", frame, "31")
    recorded_again(root, "vector/31.gpkg")
    assert [text.split(". Fix")[0] for text in lines(root)] == [
        "E-VFY-010 vector/31.gpkg: has 3 features, 2 were written",
        "E-VFY-011 vector/31.gpkg: 1 of 3 features without a valid geometry",
    ]


@pytest.mark.parametrize(("name", "content"), [("map/validity.qml", "<qgis>"), ("assessment/metrics.json", '{"a": }')])
def test_texts_that_do_not_parse(root: Path, name: str, content: str):
    (root / name).write_text(content)
    recorded_again(root, name)
    assert [text[: 16 + len(name)] for text in lines(root)] == [f"E-VFY-012 {name}: does"[: 16 + len(name)]]


def test_a_list_of_checksums_that_disagrees(root: Path):
    path = root / PACKAGE / "CHECKSUMS.sha256"
    path.write_text(path.read_text().replace("DATA/OCS_2023.tif\n", "DATA/OCS_2022.tif\n", 1))
    recorded_again(root, f"{PACKAGE}/CHECKSUMS.sha256")
    assert lines(root) == [
        f"E-VFY-013 {PACKAGE}/CHECKSUMS.sha256: disagrees with what was recorded of DATA/OCS_2022.tif, DATA/OCS_2023.tif. Fix: delete the package, "
        "then iota-py run CONFIG makes it again"
    ]


def test_a_catalogue_that_leads_nowhere(root: Path):
    name = "catalog/rasters/OSO_20230101_RASTER_V1-0/OSO_20230101_RASTER_V1-0.json"
    document = read_json(root / name)
    document["assets"]["classification"]["href"] = "../../../product/none.tif"
    document["assets"]["confidence"]["file:checksum"] = "1220" + "00" * 32
    document["assets"]["validity"]["href"] = "https://example.com/a.tif"
    write_json(root / name, document)
    recorded_again(root, name)
    assert [text.split(". Fix")[0] for text in lines(root)] == [
        f"E-VFY-014 {name}: asset classification: leads to product/none.tif, which is not there",
        f"E-VFY-014 {name}: asset confidence: states another checksum than was recorded of {PACKAGE}/DATA/CONFIDENCE_2023.tif",
        f"E-VFY-014 {name}: asset validity: leads out of the run: https://example.com/a.tif",
    ]


def test_a_package_under_another_name(root: Path):
    (root / PACKAGE).rename(root / "product/OSO_2023_RASTER")
    manifest = read_json(root / paths.MANIFEST)
    for entry in manifest["delivered"]:
        entry["path"] = entry["path"].replace(PACKAGE, "product/OSO_2023_RASTER")
    write_json(root / paths.MANIFEST, sealed(manifest))
    assert [text for text in lines(root) if "E-VFY-015" in text] == [
        "E-VFY-015 product/OSO_2023_RASTER: is not the name of a package. Fix: expected one such as OSO_20230101_RASTER_V1-0"
    ]


def test_a_model_whose_description_was_edited(root: Path):
    name = "models/region_1_run_0/bundle.json"
    document = json.loads((root / name).read_text())
    document["seed"] = 2
    (root / name).write_text(json_text(document))
    recorded_again(root, name)
    assert [text for text in lines(root) if "E-VFY-016" in text] == [
        f"E-VFY-016 {name}: the file was changed after it was written. Fix: delete the folder of the model, then iota-py run CONFIG makes it again"
    ]


def test_a_model_that_is_not_the_one_described(root: Path):
    """Bytes and manifest agree, the description does not."""
    name = "models/region_1_run_0/model.skops"
    (root / name).write_bytes(b"another model")
    recorded_again(root, name)
    assert [text for text in lines(root) if "E-VFY-016" in text] == [
        "E-VFY-016 models/region_1_run_0/bundle.json: files: disagrees with what was recorded of model.skops. Fix: delete the folder of the model, "
        "then iota-py run CONFIG makes it again"
    ]


def written(folder: Path, light_config: Writer, classes: np.ndarray) -> RunConfig:
    """A run whose map holds these values, without packages."""
    config = small_run(folder, light_config, "catalogue: false")
    write_map(config, classes)
    mark(config.output, "train/region_1_run_0", ["models/region_1_run_0"])
    from tests.pipeline.small_delivery import write_record

    write_record(config, [])
    return config
