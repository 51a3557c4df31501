"""A part of a run done again: the same bytes, or what differs is named; and nothing in the folder of the run is touched."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig
from iota_py.errors import InputError
from iota_py.io.publish import json_text, read_json, write_json
from iota_py.pipeline.delivered import sealed
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.reproduction import TIMED, Wish, reproduce
from iota_py.pipeline.run import run
from iota_py.pipeline.state import State
from tests.pipeline.small_years import configured, write_land

SETTINGS = """
samples: {polygons: reference_2023.gpkg, label: code, regions: {path: regions.gpkg, field: name}, split: {runs: 2}}
engine: {workers: 1, window: 20}
map: {probabilities: true}
vector: {formats: [gpkg, parquet, shapefile]}
product: {year: 2023}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    """A finished run with all that is delivered; not to be changed."""
    land = write_land(tmp_path_factory.mktemp("land"), 2023)
    config = configured(land, land / "run", SETTINGS)
    summary = run(config)
    write_manifest(config, summary.inventory, summary.plan, summary.started)
    return config


@pytest.fixture
def spoilt(finished: RunConfig, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(finished.output, tmp_path / "run", copy_function=shutil.copy2)
    return tmp_path / "run"


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*") if p.is_file()}


def test_all_of_a_run_is_made_again_and_the_run_is_left_alone(finished: RunConfig) -> None:
    before = state_of(finished.output)
    watched: list[str] = []
    found = reproduce(finished.output, Wish(every=True), watch=watched.append)
    assert found.faults == ()
    assert found.changes == ()
    assert state_of(finished.output) == before
    markers = {p.relative_to(finished.output / ".state").with_suffix("").as_posix() for p in (finished.output / ".state").rglob("*/*.json")}
    markers |= {p.stem for p in (finished.output / ".state").glob("*.json")} - {"timings", "progress"}
    done = {one.task for one in found.compared}
    assert markers - done == set(TIMED) & markers
    windows = {name for name in done if name.startswith("predict/")}
    assert len(windows) == 4, "the windows of the map are gone, and are made again all the same"
    assert sorted(watched) == sorted(done)
    listed = {file["path"] for file in read_json(finished.output / "manifest.json")["outputs"]}
    assert sum(one.files for one in found.compared) >= len(listed) - 2


def test_a_draw_has_windows_and_every_stage_and_is_that_of_its_seed(finished: RunConfig) -> None:
    first, same, other = (reproduce(finished.output, Wish(tasks=6, seed=seed)) for seed in (0, 0, 1))
    assert first.faults == other.faults == ()
    names = [{one.task for one in found.compared} for found in (first, same, other)]
    assert names[0] == names[1] != names[2]
    assert any(name.startswith(("predict/", "mosaic_parts/")) for name in names[0])
    shared = reproduce(finished.output, Wish(share=0.01))
    assert {one.stage for one in shared.compared} == set(shared.possible)
    assert "predict" in shared.possible


@pytest.mark.parametrize(
    ("name", "task"),
    [("map/classification.tif", "mosaic/delivered"), ("samples/split.csv", "split"), ("vector/map.gpkg", "vector/map")],
)
def test_a_marker_that_tells_of_other_bytes_is_found(spoilt: Path, name: str, task: str) -> None:
    """A run that recorded other bytes than its settings give: by a library with a fault, by another processor, by hand."""
    state = State(spoilt)
    entry = (state.read(task) or {})["files"][name]
    state.amend(task, {name: {**entry, "sha256": "0" * 64}})
    found = reproduce(spoilt, Wish(every=True))
    wrong = [fault for fault in found.faults if fault.field == name]
    assert [fault.code for fault in wrong] == ["E-REP-002"]
    assert wrong[0].where == task
    assert "000000000000… in the run" in wrong[0].message


def test_an_output_made_from_other_files_than_those_that_are_there_is_found(spoilt: Path, command: Callable[..., object]) -> None:
    path = spoilt / "samples/split.csv"
    text = path.read_text()
    path.write_text(text.replace(",1", ",2", 1) if ",1" in text else text.replace("1", "2", 1))
    found = reproduce(spoilt, Wish(every=True))
    stages = {fault.where.split("/")[0] for fault in found.faults}
    assert "split" not in stages, "the split itself is made again as it was"
    assert {fault.code for fault in found.faults} <= {"E-REP-002", "E-REP-003"}
    assert stages & {"selection", "train", "samples"}, "but what was made from it is not what this one gives"


def test_what_is_another_here_than_then_is_said(spoilt: Path) -> None:
    manifest = read_json(spoilt / "manifest.json")
    manifest["environment"]["packages"]["numpy"] = "1.0.0"
    manifest["environment"]["cpu_flags"] = [*manifest["environment"]["cpu_flags"], "zzz9"]
    manifest["code"]["train"] = "0" * 64
    manifest["lock_sha256"] = "0" * 64
    write_json(spoilt / "manifest.json", sealed(manifest))
    found = reproduce(spoilt, Wish(tasks=1))
    said = "\n".join(found.changes)
    assert "numpy 2" in said
    assert "1.0.0 then" in said
    assert "this processor lacks zzz9" in said
    assert "the code of these stages has changed: train" in said
    assert "the lock file of the libraries is another" in said
    assert found.faults == ()


def test_what_cannot_be_done_again_is_said(spoilt: Path) -> None:
    (spoilt / "samples/polygons.gpkg").unlink()
    found = reproduce(spoilt, Wish(every=True))
    lost = [fault for fault in found.faults if fault.code == "E-REP-003"]
    assert lost
    assert "could not be made again: E-" in lost[0].line()


def test_where_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"E-REP-001 .*no finished run here"):
        reproduce(tmp_path, Wish())
    (tmp_path / ".state").mkdir()
    (tmp_path / "config.yaml").write_text("name: x\n")
    with pytest.raises(InputError, match=r"E-REP-001 .*not a configuration that this version"):
        reproduce(tmp_path, Wish())


def test_a_run_without_markers_of_today(spoilt: Path) -> None:
    shutil.rmtree(spoilt / ".state")
    (spoilt / ".state").mkdir()
    with pytest.raises(InputError, match="E-REP-004"):
        reproduce(spoilt, Wish())


def test_the_command(finished: RunConfig, spoilt: Path, command: Callable[..., object]) -> None:
    done = command("reproduce", str(finished.output), "--tasks", "3", "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert "tasks made again" in done.stdout
    assert "all as recorded" in done.stdout
    manifest = next((spoilt / ".state").rglob("split.json"))
    content = read_json(manifest)
    entry = next(iter(content["files"].values()))
    entry["sha256"] = "1" * 64
    del content["seal"]
    manifest.write_text(json_text(content))
    done = command("reproduce", str(spoilt), "--all")
    assert done.returncode == 2
    assert "E-REP-002 split: samples/split.csv" in done.stderr
    assert not [name for name in os.listdir("/tmp") if name.startswith("iota_py_") and (Path("/tmp") / name / ".state").exists()]


def test_no_output_holds_the_day_on_which_it_was_made(finished: RunConfig) -> None:
    """But the report, the manifest and the log: a rerun a day later gives the same bytes."""
    day = dt.datetime.fromtimestamp((finished.output / "samples/split.csv").stat().st_mtime, dt.UTC)
    forms = [day.strftime(form).encode() for form in ("%Y-%m-%d", "%Y:%m:%d", "%Y%m%d", "%d/%m/%Y", "%d %b %Y", "%b %d %Y", "%d.%m.%Y")]
    state = State(finished.output)
    markers = (
        state.read(p.relative_to(finished.output / ".state").with_suffix("").as_posix()) for p in finished.output.rglob(".state/**/*.json")
    )
    names = {name for marker in markers if marker is not None for name in marker["files"] if not name.startswith("report")}
    assert len(names) > 60
    zipped = 0
    for name in sorted(names):
        path = finished.output / name
        content = path.read_bytes()
        assert not [form for form in forms if form in content], name
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}, name
                assert not [form for form in forms for entry in archive.namelist() if form in archive.read(entry)], name
                zipped += 1
    assert zipped >= 3, "models and the zipped shapefile"


def test_the_manifest_records_what_bytes_depend_on(finished: RunConfig) -> None:
    manifest = read_json(finished.output / "manifest.json")
    here = manifest["environment"]
    assert {"python", "gdal", "proj", "geos", "machine", "cpu", "cpu_vendor", "cpu_family", "cpu_flags", "packages"} <= set(here)
    assert {"numpy", "scipy", "scikit-learn", "lightgbm", "numba", "rasterio", "pyogrio", "pyarrow", "shapely", "skops"} <= {
        name for name, number in here["packages"].items() if number
    }
    assert manifest["seeds"] == {"run_0": finished.samples.split.seed, "run_1": finished.samples.split.seed + 1}
    assert manifest["engine"]["workers"] == 1
    assert len(manifest["lock_sha256"]) == 64
    assert {"train", "predict", "mosaic"} <= set(manifest["code"])
