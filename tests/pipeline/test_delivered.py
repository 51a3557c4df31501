"""The list of what was handed over, and keeping it up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig
from iota_py.io.publish import read_json, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import is_delivered, manifest_is_current, outputs_of, renew, sealed
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.task import Task
from iota_py.pipeline.verification.verify import verify
from tests.pipeline.small_delivery import MAKERS, deliver, small_run

Writer = Callable[[Path, str], Path]
PLAN = Plan(tuple(Task(name, "", "", {}, (), (), "") for name in (*MAKERS, "report", "package", "catalogue")))


@pytest.fixture
def config(tmp_path: Path, light_config: Writer) -> RunConfig:
    found = small_run(tmp_path, light_config)
    deliver(found)
    return found


def test_entries(config: RunConfig):
    found = {one["path"]: one for one in read_json(config.output / paths.MANIFEST)["delivered"]}
    assert list(found) == sorted(found)
    assert "config.yaml" not in found
    raster, percent = found["map/classification.tif"], found["product/OSO_20230101_RASTER_V1-0/DATA/CONFIDENCE_2023.tif"]
    assert (raster["facts"]["dtype"], raster["codes"][:2], len(raster["codes"])) == ("uint8", [1, 2], 23)
    assert raster["sha256"] == sha256(config.output / "map/classification.tif")
    assert percent["range"] == [0, 100]
    assert found["vector/31.gpkg"]["facts"]["features"] == 2
    assert {"facts", "codes", "range"}.isdisjoint(found["report.html"])
    assert found["map/validity.tif"].keys() == {"path", "bytes", "sha256", "facts"}


@pytest.mark.parametrize(
    ("name", "found"),
    [("map/a.tif", True), ("report.html", True), ("models/x/bundle.json", True), ("samples/split.csv", False), ("tiles/a.tif", False)],
)
def test_what_is_handed_over(name: str, found: bool):
    assert is_delivered(name) is found


def test_the_seal_is_of_all_the_rest():
    found = sealed({"a": 1, "digest": "old"})
    assert sealed(found) == found
    assert sealed({"a": 2})["digest"] != found["digest"]


def test_a_manifest_of_other_files_is_not_current(config: RunConfig):
    root = config.output
    assert manifest_is_current(root, PLAN)
    (root / paths.STATE / "report.json").unlink()
    assert not manifest_is_current(root, PLAN)
    (root / paths.MANIFEST).write_text("{")
    assert not manifest_is_current(root, PLAN)


def test_a_report_that_was_written_again_is_recorded(config: RunConfig):
    root = config.output
    (root / paths.REPORT).write_text("<!doctype html>\n<p>another</p>\n")
    assert [fault.code for fault in verify(root).faults] == ["E-VFY-004"]
    renew(root, "report", paths.REPORT)
    assert verify(root).faults == ()
    assert manifest_is_current(root, PLAN)
    assert {one.path: one.digest for one in outputs_of(root, PLAN)}["report.html"] == sha256(root / paths.REPORT)


def test_a_run_without_marker_and_manifest_stays_so(config: RunConfig):
    root = config.output
    (root / paths.STATE / "report.json").unlink()
    (root / paths.MANIFEST).unlink()
    renew(root, "report", paths.REPORT)
    assert not (root / paths.MANIFEST).exists()
