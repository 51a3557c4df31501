"""The plan is a pure function, and its keys change with what decides the bytes, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
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
