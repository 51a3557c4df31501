"""Tasks and keys of divided regions, rules of regions, splits and cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import examine, external_digests
from tests.pipeline.plans.test_plan import DOWNSTREAM, changed, keys, plan_of

Writer = Callable[[Path, str], Path]
LEARNT = {"selection", "samples", "train", *DOWNSTREAM}


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def planned(settings: tuple[RunConfig, Inventory], light_config: Writer, folder: Path, more: str) -> Plan:
    return plan_of(load_config(light_config(folder, more)), settings[1])


@pytest.mark.parametrize(
    ("more", "stages"),
    [
        ("samples: {regions: {buffer: 500}}", LEARNT),
        ("samples: {regions: {buffer: 500, weight_distance: {metres: 100}}}", LEARNT),
        ("samples: {regions: {borrow: auto}}", LEARNT),
        ("samples: {split: {kind: blocks, block: 500}}", LEARNT | {"split"}),
        ("samples: {split: {folds: 2}}", LEARNT | {"split"}),
        ("samples: {split: {kind: column, column: code, folds: 2}}", LEARNT | {"polygons", "candidates", "split"}),
        ("samples: {regions: {maximum_area: 1000}}", {"report"}),  # which prints it; what it decides is the number of parts
        ("assessment: {cross_validation: {}}", {"crossval", "gap", "report"}),
    ],
)
def test_what_a_rule_redoes(settings, light_config, tmp_path, more, stages) -> None:
    assert changed(plan_of(*settings), planned(settings, light_config, tmp_path, more)) == stages


def test_a_divided_region_has_a_model_for_each_part(settings) -> None:
    config, inventory = settings
    divided = plan_of(config, replace(inventory, parts=((2, 3),)))
    outputs = [name for task in divided.stage("train") for name in task.outputs]
    own = [paths.model(1, run) for run in (0, 1)]
    assert sorted(outputs) == sorted([*own, *(paths.model_part(2, run, part, 3) for run in (0, 1) for part in range(3))])
    assert changed(plan_of(config, inventory), divided) == LEARNT
    needs = {need for task in divided.stage("predict") for need in task.needs}
    assert {f"train/region_2_run_{run}/part_{part}" for run in (0, 1) for part in range(3)} <= needs


def test_the_parts_are_counted_before_the_plan_is_made(light_config, tmp_path) -> None:
    config = load_config(light_config(tmp_path, "samples: {regions: {maximum_area: 100}}"))
    inventory = examine(config)
    assert [region for region, _ in inventory.parts] == [1, 2]
    assert all(count > 1 for _, count in inventory.parts)
    assert examine(load_config(light_config(tmp_path, "samples: {regions: {maximum_area: 1e6}}"))).parts == ()


def test_folds_matched_in_distance_look_at_footprints(settings, light_config, tmp_path) -> None:
    plan = planned(settings, light_config, tmp_path, "samples: {split: {kind: distance, folds: 2}}")
    (split,) = plan.stage("split")
    assert {"footprint/31TCJ", "footprint/31TDJ"} <= set(split.needs)
    assert split.outputs == (paths.SPLIT, paths.DISTANCE)


def test_cross_validation_has_a_task_for_each_fold(settings, light_config, tmp_path) -> None:
    plan = planned(settings, light_config, tmp_path, "assessment: {cross_validation: {folds: 3, block: 700}}")
    assert len(plan.stage("crossval")) == 2 * 2 * 3
    (gap,) = plan.stage("gap")
    assert set(gap.needs) == {task.id for task in plan.stage("crossval")}
    wider = planned(settings, light_config, tmp_path, "assessment: {cross_validation: {folds: 3, block: 900}}")
    moved = {name for name, key in keys(plan).items() if keys(wider)[name] != key}
    assert moved == {task.id for task in plan.stage("crossval") if "_blocks_" in task.id} | {"gap", "report"}
    other = planned(settings, light_config, tmp_path, "assessment: {cross_validation: {folds: 3, block: 700}}\nmodel: {trees: 3}")
    assert changed(plan, other) == {"crossval", "gap", "train", *DOWNSTREAM}


def test_borrowing_regions_have_one_more_output(settings, light_config, tmp_path) -> None:
    config = load_config(light_config(tmp_path, "samples: {regions: {borrow: {'1': '2'}}}"))
    (selection,) = make_plan(config, settings[1], external_digests(config)).stage("selection")
    assert paths.BORROWED in selection.outputs
