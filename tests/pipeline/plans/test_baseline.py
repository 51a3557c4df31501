"""A run against its baseline: what is planned, refused, compared and said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.io.tables import read_table, write_table
from iota_py.pipeline import paths
from iota_py.pipeline.plans.baseline import baseline_faults, baseline_files
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.baseline import write_baseline
from iota_py.pipeline.workspace import Workspace

Write = Callable[[Path, str], Path]


@pytest.fixture(scope="module")
def compared(light_run: RunConfig, light_config: Write, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A light run of fewer trees, in two languages, with the light run as its baseline."""
    more = f"model: {{kind: random_forest, trees: 2, max_depth: 3}}\nlanguages: [en, fr]\nassessment: {{baseline: {light_run.output}}}\n"
    config = load_config(light_config(tmp_path_factory.mktemp("compared"), more))
    run(config)
    return Workspace(config.output, "")


def document(ws: Workspace) -> dict[str, object]:
    return json.loads(ws.path(paths.BASELINE).read_text(encoding="utf-8"))


def test_a_run_of_fewer_trees_against_the_light_one(compared: Workspace, light_run: RunConfig) -> None:
    found = document(compared)
    assert found["comparable"]
    before, after = (read_table(root / paths.POLYGON_SCORES) for root in (light_run.output, compared.root))
    assert found["polygons"] == found["held_out"] == after.polygon.nunique()
    overall = found["measures"][0]
    by_run = [t[t.code == t.mapped].groupby("run").pixels.sum() / t.groupby("run").pixels.sum() for t in (before, after)]
    assert overall["baseline"] == pytest.approx(by_run[0].mean())
    assert overall["other"] == pytest.approx(by_run[1].mean())
    assert overall["low"] < overall["difference"] < overall["high"] < 0
    assert found["map"]["compared"]
    assert 0 < found["map"]["share"] < 1
    assert [row["key"] for row in found["settings"]] == ["model.trees", "model.max_depth"]
    assert [(row["baseline"], row["other"]) for row in found["settings"]] == [("8", "2"), ("10", "3")]
    moved = [row["moved"] for row in found["classes"]]
    assert moved == sorted(moved, reverse=True)
    table = pd.read_csv(compared.path(paths.BASELINE_TABLE))
    assert set(table.level) == {"all", "class", "region"}
    assert len(table) == 3 + len(found["classes"]) + len(found["regions"])


def test_the_page_begins_with_the_verdict_in_both_languages(compared: Workspace) -> None:
    english, french = (compared.path(name).read_text(encoding="utf-8") for name in ("report.html", "report.fr.html"))
    header = english[: english.index("<nav")]
    assert "worse than run: overall accuracy −0." in header
    assert "No baseline is named" not in header
    assert english.index('id="baseline"') < english.index('id="map"')
    assert "moins bon que run : précision globale −0," in french[: french.index("<nav")]
    assert '<html lang="fr">' in french


def test_without_the_key_one_line_says_how_to_name_one(light_run: RunConfig) -> None:
    page = (light_run.output / paths.REPORT).read_text(encoding="utf-8")
    assert "No baseline is named: <code>assessment.baseline: &lt;folder of another run&gt;</code> says" in page
    assert 'id="baseline"' not in page
    assert not (light_run.output / paths.BASELINE).exists()
    assert baseline_files(light_run) == {}
    assert baseline_faults(light_run) == []


def against(ws: Workspace, folder: Path, root: Path) -> dict[str, object]:
    """The document of the same run against another folder, written elsewhere."""
    shutil.copytree(ws.root, root, ignore=shutil.ignore_patterns("tiles", ".state", "models", "*.html"))
    text = (root / paths.CONFIG).read_text(encoding="utf-8")
    (root / paths.CONFIG).write_text(text.replace(str(ws.config.assessment.baseline), str(folder)), encoding="utf-8")
    other = Workspace(root, "")
    write_baseline(other, {"name": folder.name})
    return document(other)


def copied(light_run: RunConfig, tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    shutil.copytree(light_run.output, folder, ignore=shutil.ignore_patterns("tiles", ".state", "models", "*.html"))
    return folder


def test_another_nomenclature_is_said(compared: Workspace, light_run: RunConfig, tmp_path: Path) -> None:
    folder = copied(light_run, tmp_path)
    text = (folder / paths.METRICS).read_text(encoding="utf-8")
    (folder / paths.METRICS).write_text(text.replace('"alias": "Colza"', '"alias": "Rape"'), encoding="utf-8")
    found = against(compared, folder, tmp_path / "mine")
    assert not found["comparable"]
    assert found["reason"] == "it has another nomenclature (code 5 is Rape there, Colza here)"
    assert found["map"]["compared"]  # the map has the nomenclature of its run


def test_polygons_that_are_others_are_left_out_or_refused(compared: Workspace, light_run: RunConfig, tmp_path: Path) -> None:
    folder = copied(light_run, tmp_path)
    scores = read_table(folder / paths.POLYGON_SCORES)
    first = scores.polygon[scores.code != 23].min()
    write_table(folder / paths.POLYGON_SCORES, scores.assign(code=scores.code.where(scores.polygon != first, 23)))
    found = against(compared, folder, tmp_path / "mine")
    assert found["comparable"]
    assert found["polygons"] == found["held_out"] - 1
    assert found["notes"] == ["1 polygons with another class or outline in the baseline are left out"]
    write_table(folder / paths.POLYGON_SCORES, scores.assign(polygon=scores.polygon + 100_000))
    shutil.rmtree(tmp_path / "mine")
    found = against(compared, folder, tmp_path / "mine")
    assert found["reason"] == "no polygon is held out in both, in the same draw"


def test_a_baseline_without_scores_by_polygon_or_map_is_said(compared: Workspace, light_run: RunConfig, tmp_path: Path) -> None:
    folder = copied(light_run, tmp_path)
    (folder / paths.POLYGON_SCORES).unlink()
    (folder / paths.map_layer("classification")).unlink()
    found = against(compared, folder, tmp_path / "mine")
    assert found["reason"] == "it has no scores by polygon (assessment/polygon_scores.parquet): run it again"
    assert found["map"] == {"compared": False, "reason": "a run without a map of classes (no map/classification.tif)"}


FIX = "Fix: name the folder of a finished run, or leave assessment.baseline out"


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("nowhere", "E-RPT-001 {place}: assessment.baseline: no such folder. {fix}"),
        ("empty", "E-RPT-001 {place}: assessment.baseline: no finished run here (no config.yaml). {fix}"),
        ("run", "E-RPT-002 demo: assessment.baseline: a run is not its own baseline. Fix: name the folder of another run"),
    ],
)  # fmt: skip
def test_baselines_that_are_refused(light_config: Write, tmp_path: Path, folder: str, line: str) -> None:
    (tmp_path / "empty").mkdir()
    config = load_config(light_config(tmp_path, f"assessment: {{baseline: {folder}}}\n"))
    assert [fault.line() for fault in baseline_faults(config)] == [line.format(place=tmp_path / folder, fix=FIX)]


def test_numbers_have_no_baseline(light_run: RunConfig, tmp_path: Path) -> None:
    samples = light_run.samples.model_copy(update={"target": object()})
    assessment = light_run.assessment.model_copy(update={"baseline": tmp_path})
    config = light_run.model_copy(update={"samples": samples, "assessment": assessment})
    assert [fault.code for fault in baseline_faults(config)] == ["E-RPT-003"]
