"""Errors that a user makes: one clear line each, an exit code, no traceback, nothing half written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tests.conftest import ROOT, Command

Writer = Callable[[Path, str], Path]
DATA = ROOT / "data_samples"

FAULTS = {
    "unknown key": ("period: {stp: 5}", 1, ["E-CFG-010", "period.stp", "did you mean `step`?"]),
    "wrong type": ("model: {trees: many}", 1, ["E-CFG-012", "model.trees", "many"]),
    "bad date": ("period: {start: 2023-02-30}", 1, ["E-CFG-013", "period.start", "`2023-02-30` is not a date"]),
    "tab": ("period:\n\tstep: 5", 1, ["E-YML-003", "line 3, column 1", "spaces, not tabs"]),
    "duplicate key": ("period: {step: 5}\nperiod: {step: 6}", 1, ["E-YML-003", "`period` is given twice (lines 2 and 3)"]),
    "missing folder": ("inputs: {sentinel2: {path: /nowhere/at/all}}", 1, ["E-PRD-002", "/nowhere/at/all", "no such folder"]),
    "empty folder": (f"inputs: {{sentinel2: {{path: {ROOT / 'configs'}}}}}", 1, ["E-PRD-009", "no acquisition found"]),
    "unknown family": ("inputs: {sentinel2: {family: theia-s2}}", 1, ["E-PRD-001", "unknown family `theia-s2`", "theia-s2-l2a"]),
    "unknown band": ("inputs: {sentinel2: {bands: [B2, B1]}}", 1, ["E-CFG-014", "has no band B1"]),
    "unknown index": ("features: {sentinel2: {indices: [NVDI]}}", 1, ["E-FEA-001", "unknown index NVDI", "NDVI"]),
    "wrong label field": ("samples: {label: klass}", 1, ["E-SAM-001", "field `klass` is not in the file (fields: code"]),
    "label not in the nomenclature": (
        f"nomenclature: {ROOT / 'configs/nomenclatures/oso-17.yaml'}", 1, ["E-SAM-003", "not in nomenclature OSO-17: 10, 13, 15"],
    ),
    "missing polygons": ("samples: {polygons: nowhere.gpkg}", 1, ["E-VEC-001", "nowhere.gpkg"]),
    "wrong region field": ("samples: {regions: {field: zone}}", 1, ["E-REG-001", "field `zone` is not in the file (fields: region"]),
    "no date in the period": (
        "period: {start: 2019-01-01, end: 2019-12-31}", 1, ["E-PRD-013", "fewer than 1 usable acquisitions (tile 31TCJ 0, 31TDJ 0)", "outside the period"],
    ),
    "a tile that is not there": ("tiles: [31TCJ, 30TYP]", 1, ["E-PRD-011", "no acquisition of tile 30TYP", "tiles found: 31TCJ, 31TDJ"]),
    "a tile with a path in its name": ("tiles: ['../../x']", 1, ["E-CFG-012", "tiles.0"]),
    "undefined variable": ("samples: {polygons: '${IOTA_PY_NOT_SET}/r.gpkg'}", 1, ["E-CFG-004", "IOTA_PY_NOT_SET is not set"]),
    "selection without its number": ("samples: {selection: {strategy: constant, number: null}}", 1, ["E-CFG-013", "strategy constant needs `number`"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_the_configuration(fault: str, light_config: Writer, tmp_path: Path, command: Command) -> None:
    more, code, words = FAULTS[fault]
    config = light_config(tmp_path, more)
    done = command("run", str(config))
    assert done.returncode == code, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, "one fault, one line"
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists(), "nothing is written before everything was looked at"


def test_all_faults_at_once(light_config: Writer, tmp_path: Path, command: Command) -> None:
    config = light_config(
        tmp_path, "tiles: [31TCJ]\nsamples: {label: klass}\ninputs: {sentinel2: {path: /nowhere}}\nnomenclature: none.yaml"
    )
    done = command("check", str(config))
    assert done.returncode == 1
    for code in ("E-YML-001", "E-PRD-002"):
        assert code in done.stderr
    assert "2 faults" in done.stderr
    assert "nothing was started" in done.stderr


def test_a_missing_configuration(command: Command) -> None:
    done = command("run", "nowhere.yaml")
    assert done.returncode == 1
    assert done.stderr.strip() == "E-YML-001 nowhere.yaml: no such file. Fix: check the path"


def test_polygons_outside_every_tile(light_config: Writer, tmp_path: Path, command: Command) -> None:
    away = gpd.GeoDataFrame({"code": [2, 5]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)], crs="EPSG:4326")
    away.to_file(tmp_path / "away.gpkg")
    done = command("run", str(light_config(tmp_path, f"samples: {{polygons: {tmp_path / 'away.gpkg'}}}")))
    assert done.returncode == 1
    assert "E-SAM-006" in done.stderr
    assert "none inside the tiles" in done.stderr


def test_another_run_in_the_output(light_config: Writer, tmp_path: Path, command: Command) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/config.yaml").write_text("name: other\n")
    done = command("run", str(light_config(tmp_path, "")))
    assert done.returncode == 1
    assert "E-RUN-014" in done.stderr
    assert "the folder holds run `other`" in done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["run"], ["run", "--nonsense", "x.yaml"]])
def test_a_mistyped_command(words: list[str], command: Command) -> None:
    done = command(*words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_help_has_examples(command: Command) -> None:
    for name in ("check", "plan", "run", "report", "ui", "demo-data"):
        done = command(name, "--help")
        assert done.returncode == 0
        assert f"Example: iota-py {name}" in done.stdout
    assert "Exit codes" in command("--help").stdout


def test_plan_shows_tasks_and_needs(light_config: Writer, tmp_path: Path, command: Command) -> None:
    done = command("plan", str(light_config(tmp_path, "")))
    assert done.returncode == 0, done.stderr
    assert "18" in next(line for line in done.stdout.splitlines() if line.startswith("map")), "nine windows of each of two tiles"
    assert "memory" in done.stdout
    assert not (tmp_path / "run").exists()


def linked_products(folder: Path) -> Path:
    """The demonstration's products, linked: a test may replace some."""
    folder.mkdir()
    for product in (DATA / "sentinel2").iterdir():
        (folder / product.name).symlink_to(product)
    return folder


def replace(folder: Path, name: str) -> Path:
    """Turn a linked product into a copy of its own."""
    (folder / name).unlink()
    shutil.copytree(DATA / "sentinel2" / name, folder / name)
    return folder / name


def test_bad_acquisitions_are_skipped_and_reported(light_config: Writer, tmp_path: Path, command: Command) -> None:
    products = linked_products(tmp_path / "products")
    names = sorted(p.name for p in (DATA / "sentinel2").iterdir() if p.is_dir() and "T31TCJ_C_V3-1" in p.name)
    no_band, cut, not_xml = (replace(products, name) for name in names[:3])
    next(no_band.glob("*FRE_B8A.tif")).unlink()
    band = next(cut.glob("*FRE_B4.tif"))
    band.write_bytes(band.read_bytes()[: band.stat().st_size // 2])
    next(not_xml.glob("*MTD_ALL.xml")).write_text("<not closed>")
    done = command("run", str(light_config(tmp_path, f"inputs: {{sentinel2: {{path: {products}}}}}")))
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "run/report.html").read_text()
    assert "missing B8A" in report
    assert "cannot be read near" in report
    assert "ParseError" in report
    assert "acquisition(s) cannot be read and are set aside" in done.stdout
    again = command("run", str(tmp_path / "config.yaml"))
    assert again.returncode == 0
    assert "nothing to do" in again.stdout


def test_too_many_bad_acquisitions_stop_the_run(light_config: Writer, tmp_path: Path, command: Command) -> None:
    products = linked_products(tmp_path / "products")
    for name in sorted(p.name for p in (DATA / "sentinel2").iterdir() if p.is_dir() and "T31TCJ" in p.name)[:8]:
        for mask in list(replace(products, name).rglob("*CLM_R?.tif")):
            mask.unlink()
    done = command("run", str(light_config(tmp_path, f"inputs: {{sentinel2: {{path: {products}}}}}")))
    assert done.returncode == 1
    assert "E-PRD-012" in done.stderr
    assert "8 of 20 acquisitions of tile 31TCJ cannot be used" in done.stderr
