"""Which stages a change of selection, copies, augmentation, annual classes and years redoes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from iota_py.grid.windows import whole
from iota_py.io.raster import write_raster
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import examine, external_digests
from iota_py.pipeline.stages import STAGES
from tests.pipeline.small_years import GRID, classes, configured, write_land

LEARNT = {"learning", "train"}
MAPPED = {"assemble", "mosaic", "assess", "summary", "report", "importance_tables"}
REGIONS = "  regions: {path: regions.gpkg, field: name}\n"
OWN = "samples:\n  polygons: reference_2023.gpkg\n"
YEAR = '{year: 2021, polygons: reference_2021.gpkg, inputs: {images: {path: "2021"}}}'
OTHER = '{year: 2022, polygons: reference_2022.gpkg, inputs: {images: {path: "2022"}}}'
DRAWN = '  annual: {classes: [6, 10], method: last_map, inputs: {images: {path: "2022"}}, map: map.tif, number: %d}\n'


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_land(tmp_path_factory.mktemp("land"), 2021, 2022, 2023)
    write_raster(folder / "map.tif", GRID, "uint8", [(whole(GRID.shape), classes(2022))])
    (folder / "counts.csv").write_text("class,number\n6,20\n10,20\n16,20\n23,20\n", encoding="utf-8")
    return folder


def plan_of(land: Path, more: str) -> Plan:
    config = configured(land, land / "run", more)
    return make_plan(config, examine(config), external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    """Identifiers of the tasks that are new or have another key; those of windows pass."""
    keys: list[Mapping[str, str]] = [{task.id: task.key for task in plan.tasks if not task.transient} for plan in (before, after)]
    return {name for name in keys[1] if keys[0].get(name) != keys[1][name]}


def stages(names: set[str]) -> set[str]:
    return {name.split("/")[0] for name in names}


@pytest.mark.parametrize(
    ("before", "after", "redone"),
    [
        ("", "  selection: {sampler: periodic}\n", {"selection", "samples", "train"} | MAPPED),
        (
            "  selection: {sampler: periodic}\n",
            "  selection: {sampler: periodic, jitter: true}\n",
            {"selection", "samples", "train"} | MAPPED,
        ),
        ("", "  selection: {maximum_per_polygon: 20}\n", {"selection", "samples", "train"} | MAPPED),
        (REGIONS, REGIONS + "  selection: {regions: {West: {strategy: smallest}}}\n", {"selection", "samples", "train"} | MAPPED),
        ("", "  augmentation: {method: jitter, target: balance}\n", LEARNT | MAPPED),
        (
            "  augmentation: {method: jitter, target: balance}\n",
            "  augmentation: {method: jitter, target: balance, jitter: 0.2}\n",
            LEARNT | MAPPED,
        ),
        (
            REGIONS + "  copies: [{from: West, to: East, number: 3}]\n",
            REGIONS + "  copies: [{from: West, to: East, number: 4}]\n",
            LEARNT | MAPPED,
        ),
        (DRAWN % 20, DRAWN % 30, {"drawn", "annual"} | LEARNT | MAPPED),
        ("", DRAWN % 20, {"selection", "drawn", "annual", "samples"} | LEARNT | MAPPED),
        (
            "",
            f"  years: [{YEAR}]\n",
            {"polygons", "footprint", "candidates", "split", "selection", "samples", "year_scores"} | LEARNT | MAPPED,
        ),
    ],
)
def test_what_is_redone(land: Path, before: str, after: str, redone: set[str]) -> None:
    assert stages(changed(plan_of(land, OWN + before), plan_of(land, OWN + after))) == redone


def test_one_more_year_leaves_the_samples_of_the_others_alone(land: Path) -> None:
    one, two = plan_of(land, OWN + f"  years: [{YEAR}]\n"), plan_of(land, OWN + f"  years: [{YEAR}, {OTHER}]\n")
    redone = changed(one, two)
    assert {name for name in redone if name.split("/")[0] in ("polygons", "split", "selection", "samples")} == {
        "polygons/season_year_2022", "split/season_year_2022", "selection/season_year_2022", "samples/season_year_2022/tile",
    }  # fmt: skip
    assert stages(redone) >= LEARNT


def test_a_table_counts_by_its_content(land: Path, tmp_path: Path) -> None:
    text = OWN + "  selection: {strategy: byclass, table: %s}\n"
    plain = plan_of(land, text % "counts.csv")
    shutil.copy(land / "counts.csv", tmp_path / "moved.csv")
    assert changed(plain, plan_of(land, text % (tmp_path / "moved.csv"))) == set()
    (tmp_path / "moved.csv").write_text("class,number\n6,21\n10,20\n16,20\n23,20\n", encoding="utf-8")
    assert stages(changed(plain, plan_of(land, text % (tmp_path / "moved.csv")))) == {"selection", "samples", "train"} | MAPPED


def test_a_map_counts_by_its_content(land: Path, tmp_path: Path) -> None:
    plain = plan_of(land, OWN + DRAWN % 20)
    write_raster(tmp_path / "moved.tif", GRID, "uint8", [(whole(GRID.shape), classes(2022))])
    there = OWN + DRAWN.replace("map.tif", str(tmp_path / "moved.tif")) % 20
    assert changed(plain, plan_of(land, there)) == set()
    write_raster(tmp_path / "moved.tif", GRID, "uint8", [(whole(GRID.shape), classes(2021))])
    assert {"drawn", "annual"} <= stages(changed(plain, plan_of(land, there)))


@pytest.mark.parametrize("more", [f"  years: [{YEAR}, {OTHER}]\n", DRAWN % 20, REGIONS + f"  years: [{YEAR}]\n"])
def test_tasks_need_only_tasks_of_earlier_stages(land: Path, more: str) -> None:
    plan = plan_of(land, OWN + more)
    order = {task.id: STAGES.index(task.stage) for task in plan.tasks}
    assert all(order[need] < order[task.id] for task in plan.tasks for need in task.needs)
    outputs = [name for task in plan.tasks for name in task.outputs]
    assert len(outputs) == len(set(outputs))


def test_years_are_worked_on_in_their_own_folder(land: Path) -> None:
    plan = plan_of(land, f"samples: {{years: [{YEAR}]}}\n")
    for task in plan.tasks:
        if "/season_year_2021" in task.id:
            assert task.step == "season"
            assert (task.params["stage"], task.params["season"]) == (task.stage, "year_2021")
            assert all(name.startswith("seasons/year_2021/") for name in task.outputs)
    assert {task.id for task in plan.tasks if task.stage in ("polygons", "split", "selection", "samples", "years")} == {
        "polygons/season_year_2021", "split/season_year_2021", "selection/season_year_2021", "samples/season_year_2021/tile", "years",
    }  # fmt: skip
