"""The plan is a pure function, and its keys change with what decides the bytes, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.grid.windows import Window
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans import learning as learning_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.stages import ROOMS, STAGES
from iota_py.training.trainers import Trainer

Writer = Callable[[Path, str], Path]


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def keys(plan: Plan) -> dict[str, str]:
    return {task.id: task.key for task in plan.tasks if not task.transient}


def changed(before: Plan, after: Plan) -> set[str]:
    """Stages of which a task has another key."""
    a, b = keys(before), keys(after)
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def plan_of(config: RunConfig, inventory: Inventory | None = None) -> Plan:
    return make_plan(config, inventory or take_inventory(config), external_digests(config))


def test_every_task_needs_only_earlier_ones(settings: tuple[RunConfig, Inventory]) -> None:
    plan = plan_of(*settings)
    seen: set[str] = set()
    for task in plan.tasks:
        assert set(task.needs) <= seen
        seen.add(task.id)
    assert [s for s in STAGES if plan.stage(s)] == [
        "polygons", "footprint", "candidates", "split", "selection", "samples", "train", "predict", "assemble", "mosaic_parts", "mosaic",
        "legend", "assess", "summary", "importance_tables", "report",
    ]  # fmt: skip


def test_outputs_are_made_by_one_task_each(settings: tuple[RunConfig, Inventory]) -> None:
    outputs = [name for task in plan_of(*settings).tasks for name in task.outputs]
    assert len(outputs) == len(set(outputs))


def test_same_settings_same_keys(settings: tuple[RunConfig, Inventory]) -> None:
    assert keys(plan_of(*settings)) == keys(plan_of(*settings))


def test_engine_windows_output_and_tracking_change_no_key(settings: tuple[RunConfig, Inventory], tmp_path: Path) -> None:
    config, inventory = settings
    engine = config.engine.model_copy(update={"workers": 7, "window": 33, "kind": "dask"})
    tracking = config.tracking.model_copy(update={"experiment": "other"})
    other = config.model_copy(update={"engine": engine, "tracking": tracking, "output": tmp_path})
    assert changed(plan_of(config, inventory), plan_of(other)) == set()


DOWNSTREAM = {"predict", "assemble", "mosaic", "assess", "summary", "importance_tables", "report"} - {"predict"}  # window tasks pass


@pytest.mark.parametrize(
    ("section", "update", "stages"),
    [
        ("model", {"trees": 9}, {"train"} | DOWNSTREAM),
        ("samples.split", {"ratio": 0.5}, {"split", "selection", "samples", "train"} | DOWNSTREAM),
        ("samples", {"minimum_validity": 3}, {"split", "selection", "samples", "train"} | DOWNSTREAM),
        ("period", {"step": 50}, {"samples", "train"} | DOWNSTREAM),
    ],
)
def test_a_change_redoes_what_depends_on_it(
    settings: tuple[RunConfig, Inventory], section: str, update: dict[str, object], stages: set[str]
) -> None:
    config, inventory = settings
    if section == "samples.split":
        samples = config.samples.model_copy(update={"split": config.samples.split.model_copy(update=update)})
        other = config.model_copy(update={"samples": samples})
    else:
        other = config.model_copy(update={section: getattr(config, section).model_copy(update=update)})
    assert changed(plan_of(config, inventory), plan_of(other)) == stages


@pytest.mark.parametrize("other", [Trainer("scikit-learn", "2.0.0"), Trainer("intel", "1.0.0")])
def test_the_library_that_fits_and_its_version_redo_the_models(
    settings: tuple[RunConfig, Inventory], monkeypatch: pytest.MonkeyPatch, other: Trainer
) -> None:
    plans = []
    for trainer in (Trainer("scikit-learn", "1.0.0"), other):
        monkeypatch.setattr(learning_plan, "choose_trainer", lambda model, trainer=trainer: trainer)
        plans.append(plan_of(*settings))
    assert changed(*plans) == {"train"} | DOWNSTREAM


def test_which_library_is_wished_for_changes_no_model(settings: tuple[RunConfig, Inventory], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_plan, "choose_trainer", lambda model: Trainer("scikit-learn", "1.0.0"))
    config, inventory = settings
    other = config.model_copy(update={"model": config.model.model_copy(update={"trainer": "auto"})})
    assert changed(plan_of(config, inventory), plan_of(other)) == {"report"}  # which prints the configuration


def test_windows_cover_each_tile_once(settings: tuple[RunConfig, Inventory]) -> None:
    for tile in settings[1].tiles:
        assert sum(window.pixels for window in tile.windows) == tile.geobox.shape[0] * tile.geobox.shape[1]


@pytest.mark.parametrize("stage", STAGES)
def test_the_rooms_of_a_step_exist(stage: str) -> None:
    """A key is made from the source of these places: one that is misspelt would never change it."""
    root = Path(learning_plan.__file__).parents[2]
    assert all((root / room).exists() for room in ROOMS[stage])


def test_a_plan_knows_its_stages_and_tasks(settings: tuple[RunConfig, Inventory]) -> None:
    plan = plan_of(*settings)
    assert [task for stage in STAGES for task in plan.stage(stage)] == list(plan.tasks)
    assert plan.stage("package") == ()
    assert list(plan.by_id().items()) == [(task.id, task) for task in plan.tasks]
    assert plan.by_id() is plan.by_id()


def window_keys(plan: Plan) -> set[str]:
    return {task.key for task in plan.stage("predict")}


def without_an_observation(inventory: Inventory) -> Inventory:
    """The last tile has an observation less."""
    *tiles, last = inventory.tiles
    series = {name: replace(one, observations=one.observations[:-1]) for name, one in last.series.items()}
    return replace(inventory, tiles=(*tiles, replace(last, series=series)))


def test_keys_of_windows_follow_models_footprints_series_features_and_grids(settings: tuple[RunConfig, Inventory]) -> None:
    """Windows are of a key that is made once for each tile, and still take in what each of these decides."""
    config, inventory = settings
    before = window_keys(plan_of(config, inventory))
    assert len(before) == sum(len(tile.windows) for tile in inventory.tiles)
    trees = config.model_copy(update={"model": config.model.model_copy(update={"trees": 9})})
    assert not before & window_keys(plan_of(trees, inventory))
    assert not before & window_keys(plan_of(config, replace(inventory, one_lattice=False)))
    step = config.model_copy(update={"period": config.period.model_copy(update={"step": 50})})
    assert not before & window_keys(plan_of(step))
    less = plan_of(config, without_an_observation(inventory))
    assert not before & {task.key for task in less.stage("predict") if task.params["tile"] == inventory.tiles[-1].name}


def test_windows_of_a_tile_share_needs_and_parameters(settings: tuple[RunConfig, Inventory]) -> None:
    plan, inventory = plan_of(*settings), settings[1]
    for tile in inventory.tiles:
        tasks = [task for task in plan.stage("predict") if task.params["tile"] == tile.name]
        assert len({id(task.needs) for task in tasks}) == len({id(task.params["series"]) for task in tasks}) == 1
        whole = plan.by_id()[f"assemble/{tile.name}"]
        assert [task.params["window"] for task in tasks] == whole.params["windows"]
        assert [Window(*task.params["window"]) for task in tasks] == list(tile.windows)
