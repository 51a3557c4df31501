"""Where models apply, in a plan: its tasks, what they need, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.config.applicability import Applicability
from iota_py.config.assessment import Assessment
from iota_py.config.fusion import Fusion
from iota_py.config.map_layers import MapLayers
from iota_py.errors import ConfigError
from iota_py.pipeline.inventory import Inventory, load_nomenclature, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.applicability import applicability_faults
from iota_py.pipeline.plans.map_layers import map_faults
from iota_py.pipeline.preflight import external_digests

Writer = Callable[[Path, str], Path]
Settings = tuple[RunConfig, Inventory]


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def changed_config(settings: Settings, wish: Any, **update: Any) -> RunConfig:
    return settings[0].model_copy(update={"map": MapLayers.model_validate({"applicability": wish}), **update})


def plan_of(settings: Settings, wish: Any, **update: Any) -> Plan:
    config = changed_config(settings, wish, **update)
    return make_plan(config, settings[1], external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks} for plan in (before, after))
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_true_stands_for_the_defaults() -> None:
    assert MapLayers.model_validate({"applicability": True}).applicability == Applicability()
    assert MapLayers.model_validate({"applicability": False}).applicability is None
    assert MapLayers.model_validate({"applicability": {"cells": 3}}).applicability == Applicability(cells=3)


def test_tasks_and_what_they_need(settings: Settings) -> None:
    none, plan = plan_of(settings, False), plan_of(settings, True)
    tasks = plan.by_id()
    of_the_map = {"predict", "assemble", "mosaic", "mosaic_parts", "assess", "summary", "report"}
    assert changed(none, plan) == {"spaces", "layers", "held_out", "applicability"} | of_the_map
    assert {f"region_{region}_run_{run}" for region in (1, 2) for run in (0, 1)} == {t.id.split("/")[1] for t in plan.stage("spaces")}
    space = tasks["spaces/region_1_run_1"]
    assert "train/region_1_run_1" in space.needs
    assert {need for need in space.needs if need.startswith("samples/")}, "it reads the learning samples"
    assert space.outputs == ("models/applicability/region_1_run_1",)
    assert {t.id for t in plan.stage("spaces")} <= set(plan.stage("predict")[0].needs)
    assert [name.rpartition("_")[2] for name in plan.stage("predict")[0].outputs][1:] == ["applicability.tif"]
    assert tasks["layers/applicability"].outputs[:2] == ("map/dissimilarity.tif", "map/applicability.tif")
    assert {"layers/applicability", "mosaic/delivered", "polygons", "spaces/region_1_run_0", "held_out/31TCJ"} <= set(
        tasks["applicability"].needs
    )
    assert "applicability" in tasks["report"].needs


def test_what_decides_the_bytes(settings: Settings) -> None:
    usual = plan_of(settings, True)
    assert {"spaces", "assemble", "layers"} <= changed(usual, plan_of(settings, {"cells": 4}))
    assert changed(usual, plan_of(settings, {"pixels": 100})) == {"applicability", "report"}
    crossed = Assessment.model_validate({"cross_validation": {"folds": 3}})
    assert "spaces" in changed(usual, plan_of(settings, True, assessment=crossed)), "as many folds as the cross-validation"


def test_nothing_is_refused_without_need(settings: Settings) -> None:
    crossed = Assessment.model_validate({"cross_validation": {"block": 2000}})
    assert applicability_faults(changed_config(settings, True)) == []
    assert applicability_faults(changed_config(settings, {"folds": "blocks"}, assessment=crossed)) == []
    assert applicability_faults(settings[0]) == []


def test_members_of_a_fusion(settings: Settings) -> None:
    fusion = Fusion.model_validate({"members": {"a": ["sentinel2"], "b": ["sentinel2"]}})
    config = changed_config(settings, True, fusion=fusion)
    assert [fault.line() for fault in applicability_faults(config)] == [
        "E-AOA-001 demo: map.applicability: not with `fusion`: its members each have a space of their own, and none is that of the map. "
        "Fix: leave one of them out"
    ]
    assert map_faults(config, settings[1], load_nomenclature(config)) == [], "said once"


def test_models_of_another_run(settings: Settings, light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, f"model: {{from: {tmp_path}}}\nmap: {{applicability: true}}\n"))
    assert [fault.line() for fault in applicability_faults(config)] == [
        "E-AOA-002 demo: map.applicability: where models apply is told by the samples that they learnt, and models of another run come without "
        "them. Fix: leave it out, or train models here"
    ]


@pytest.mark.parametrize("section", [{}, {"cross_validation": {"kinds": ["polygon"]}}])
def test_blocks_of_no_cross_validation(settings: Settings, section: dict[str, Any]) -> None:
    config = changed_config(settings, {"folds": "blocks"}, assessment=Assessment.model_validate(section))
    assert [fault.line() for fault in applicability_faults(config)] == [
        "E-AOA-003 demo: map.applicability.folds: blocks are those of assessment.cross_validation, which makes none. "
        "Fix: ask for its kind blocks, or use folds: polygon"
    ]


def test_blocks_without_polygons_of_the_map(settings: Settings) -> None:
    crossed = Assessment.model_validate({"cross_validation": {}})
    samples = settings[0].samples.model_copy(update={"polygons": None})
    config = changed_config(settings, {"folds": "blocks"}, assessment=crossed, samples=samples)
    assert [fault.line() for fault in applicability_faults(config)] == [
        "E-AOA-004 demo: map.applicability.folds: samples of other years, of annual classes and of tables lie in no polygon of the map. "
        "Fix: use folds: polygon"
    ]


def test_numbers_out_of_range(light_config: Writer, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"map\.applicability\.components"):
        load_config(light_config(tmp_path, "map: {applicability: {components: 64}}\n"))
