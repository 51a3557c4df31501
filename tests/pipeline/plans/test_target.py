"""The plan of a run that predicts a number: what its keys hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.train import make_train_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.stages import STAGES
from tests.end_to_end.covers import write_covers

Writer = Callable[[Path, str], Path]
MAPPED = {"value_tiles", "value_maps", "value_scores", "value_summary", "importance_tables", "value_report"}
LEARNT = {"regress"} | MAPPED
ALL = {"polygons", "candidates", "split", "selection", "samples"} | LEARNT


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    folder = tmp_path_factory.mktemp("plan")
    covers = write_covers(folder / "covers.gpkg")
    config = load_config(light_config(folder, f"samples: {{polygons: {covers}, target: {{field: cover}}}}\n"))
    return config, take_inventory(config)


def plan_of(config: RunConfig, inventory: Inventory | None = None) -> Plan:
    return make_plan(config, inventory or take_inventory(config), external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    """Stages of which a task that stays has another key."""
    a, b = ({task.id: task.key for task in plan.tasks if not task.transient} for plan in (before, after))
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_stages_in_order_and_each_output_once(settings: tuple[RunConfig, Inventory]) -> None:
    plan = plan_of(*settings)
    assert [stage for stage in STAGES if plan.stage(stage)] == [
        "polygons", "footprint", "candidates", "split", "selection", "samples", "regress", "values", "value_tiles", "value_parts",
        "value_maps", "value_scores", "value_summary", "importance_tables", "value_report",
    ]  # fmt: skip
    seen: set[str] = set()
    for task in plan.tasks:
        assert set(task.needs) <= seen
        seen.add(task.id)
    outputs = [name for task in plan.tasks for name in task.outputs]
    assert len(outputs) == len(set(outputs))


@pytest.mark.parametrize(
    ("update", "stages"),
    [
        ({"bins": 3}, ALL),
        ({"bins": (20.0, 30.0)}, ALL),
        ({"unit": "%"}, LEARNT),
        ({"scale": 100.0}, LEARNT),
    ],
)
def test_a_change_redoes_what_depends_on_it(settings: tuple[RunConfig, Inventory], update: dict[str, object], stages: set[str]) -> None:
    config, inventory = settings
    target = config.samples.target.model_copy(update=update)
    other = config.model_copy(update={"samples": config.samples.model_copy(update={"target": target})})
    assert changed(plan_of(config, inventory), plan_of(other)) == stages


def test_other_numbers_redo_all_and_a_nomenclature_nothing(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    config, inventory = settings
    before = plan_of(config, inventory)
    assert changed(before, plan_of(config.model_copy(update={"nomenclature": None}))) == set()
    engine = config.engine.model_copy(update={"window": 33})
    assert changed(before, plan_of(config.model_copy(update={"engine": engine}))) == set()
    copied = tmp_path / "covers.gpkg"
    copied.write_bytes(config.samples.polygons.read_bytes())
    elsewhere = config.model_copy(update={"samples": config.samples.model_copy(update={"polygons": copied})})
    assert changed(before, plan_of(elsewhere)) == set()
    copied.write_bytes(copied.read_bytes() + b"\0")
    assert changed(before, plan_of(elsewhere)) == ALL


def test_train_does_the_same_tasks_up_to_the_models(settings: tuple[RunConfig, Inventory]) -> None:
    config, inventory = settings
    whole = plan_of(config, inventory).by_id()
    trained = make_train_plan(config, inventory, external_digests(config)).by_id()
    assert {name for name in trained if name not in whole} == {
        *(f"value_answers/{tile.name}" for tile in inventory.tiles),
        "value_sample_summary",
    }
    assert all(trained[name].key == whole[name].key for name in trained.keys() & whole.keys())
