"""Profiles and drift in the plan: only where asked for, beside tasks that stay as they are; and wishes that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from iota_py.config import RunConfig
from iota_py.config.assessment import Assessment
from iota_py.config.drift import Drift, Profile
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import make_plan
from iota_py.pipeline.plans.drift import drift_faults
from iota_py.pipeline.plans.drift_look import asked_for_drift
from iota_py.pipeline.plans.train import make_train_plan
from iota_py.pipeline.preflight import external_digests
from tests.pipeline.small_years import configured, write_land

SETTINGS = "samples: {polygons: reference_2023.gpkg, label: code, regions: {path: regions.gpkg, field: name}}\n"


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    folder = write_land(tmp_path_factory.mktemp("plan"), 2023)
    config = configured(folder, folder / "run", SETTINGS)
    return config, take_inventory(config)


def wishing(config: RunConfig, **wish: object) -> RunConfig:
    return config.model_copy(update={"assessment": Assessment.model_validate(wish)})


def keys(config: RunConfig, inventory: Inventory, make: object = make_plan) -> dict[str, str]:
    return {task.id: task.key for task in make(config, inventory, external_digests(config)).tasks}  # type: ignore[operator]


def test_a_profile_is_made_where_asked_for_and_changes_no_other_key(land: tuple[RunConfig, Inventory]) -> None:
    config, inventory = land
    before, after = keys(config, inventory), keys(wishing(config, profile=True), inventory)
    assert set(after) - set(before) == {"profile_pixels/tile", "profile/region_1", "profile/region_2"}
    assert {name for name in before if before[name] != after[name]} == {"report"}  # which shows the settings
    assert set(keys(config, inventory)) == set(keys(wishing(config, drift=True), inventory))  # there are no other models to compare with


def test_train_and_run_make_the_same_profile(land: tuple[RunConfig, Inventory]) -> None:
    config, inventory = land
    wish = wishing(config, profile=True)
    whole, train = keys(wish, inventory), keys(wish, inventory, make_train_plan)
    assert {name: train[name] for name in train if name.startswith("profile")} == {n: whole[n] for n in whole if n.startswith("profile")}


@pytest.mark.parametrize(
    ("wish", "tasks"),
    [
        ({"pixels": 100}, {"profile_pixels/tile", "profile/region_1", "profile/region_2"}),
        ({"seed": 1}, {"profile_pixels/tile", "profile/region_1", "profile/region_2"}),
    ],
)
def test_other_pixels_are_another_profile(land: tuple[RunConfig, Inventory], wish: dict[str, int], tasks: set[str]) -> None:
    config, inventory = land
    before, after = keys(wishing(config, profile=True), inventory), keys(wishing(config, profile=wish), inventory)
    assert {name for name in before if before[name] != after[name]} == tasks | {"report"}


def test_wishes_in_short() -> None:
    assert Assessment.model_validate({"profile": True, "drift": True}) == Assessment(profile=Profile(), drift=Drift())
    assert Assessment.model_validate({"profile": False, "drift": False}) == Assessment()


def test_the_command_asks_for_drift_and_never_stops(land: tuple[RunConfig, Inventory]) -> None:
    config, _ = land
    assert asked_for_drift(config).assessment.drift == Drift()
    assert asked_for_drift(wishing(config, drift={"stop": True, "pixels": 7})).assessment.drift == Drift(pixels=7)


def test_faults(land: tuple[RunConfig, Inventory]) -> None:
    config, inventory = land
    assert drift_faults(config, inventory, None) == []
    (fault,) = drift_faults(wishing(config, drift=True), inventory, None)
    assert fault.line() == (
        "E-DRF-001 small: assessment.drift: there is no other year to compare with: no models of another run are named. "
        "Fix: name them under model.from, or leave it out"
    )
    fused = wishing(config, profile=True).model_copy(update={"fusion": object()})
    (fault,) = drift_faults(fused, inventory, None)
    assert fault.line().startswith("E-DRF-005 small: assessment.profile: not with fusion: no other run can use such models")
    missing = wishing(config, drift=True).model_copy(update={"reuse": str(Path("/nowhere"))})
    assert drift_faults(missing, inventory, None) == []  # E-REU-001 says it
