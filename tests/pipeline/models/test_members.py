"""The members of a late fusion: their columns, the layers of a run, and what a person may get wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.config import RunConfig, load_config
from iota_py.config.fusion import Fusion
from iota_py.errors import InputError
from iota_py.features.indices import resolve
from iota_py.pipeline.inputs.observed import Observed
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.models.members import Member, column_faults, member_faults, members_of, planned_members, run_layers, seen_column
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import examine, external_digests
from iota_py.pipeline.steps.trust import learning_folds
from tests.conftest import ROOT
from tests.pipeline.plans.test_plan import changed

Writer = Callable[[Path, str], Path]
MAPPED = {"assemble", "mosaic", "assess", "summary", "report"}  # window tasks pass

TERRAIN = """
inputs:
  terrain: {family: raster, path: TERRAIN, raster: {bands: {elevation: 1}}}
"""
SERIES = [("s2", True, ("s2_b4", "s2_b8")), ("s1", True, ("s1_asc_vv",)), ("s1", True, ("s1_des_vv",)), ("dem", False, ("dem_height",))]


def observed(valid: Sequence[Sequence[int]]) -> Observed:
    mask = np.array(valid, np.uint8)
    days = np.zeros(len(mask), np.int32)
    return Observed(np.zeros((len(mask), 1, mask.shape[1]), np.int16), mask, days, days, resolve((), {}, ("x",)))


def test_a_member_has_the_columns_of_its_parts_in_the_order_of_the_run() -> None:
    fusion = Fusion(members={"radar": ("dem", "s1"), "optical": ("s2", "wetness")})
    radar, optical = members_of(fusion, [*SERIES, ("wetness", False, ("wet_1", "wet_2"))])
    assert radar == Member("radar", (1, 2, 3), (1, 2), ("s1_asc_vv", "s1_des_vv", "dem_height"))
    assert optical == Member("optical", (0, 4), (0,), ("s2_b4", "s2_b8", "wet_1", "wet_2"))
    assert members_of(None, SERIES) == ()


def test_a_member_sees_where_a_dated_series_has_an_observation() -> None:
    parts = [observed([[1, 1, 1]]), observed([[0, 1, 0], [0, 1, 0]]), observed([[0, 0, 1]]), observed([[1, 1, 1]])]
    assert Member("radar", (1, 2, 3), (1, 2), ()).seen(parts).tolist() == [False, True, True]
    assert Member("terrain", (3,), (), ()).seen([*parts[:3], observed([[0, 0, 0]])]).tolist() == [True, True, True]
    assert [one is parts[k] for k, one in zip((1, 3), Member("x", (1, 3), (), ()).of(parts))] == [True, True]


def test_folds_hold_whole_polygons_and_every_class_where_it_can() -> None:
    polygon = np.repeat(np.arange(13), 5)
    code = np.where(polygon < 6, 1, np.where(polygon < 12, 2, 9))
    samples = pd.DataFrame({"polygon": polygon, "region": 1, "code": code})
    fold = learning_folds(samples, 3, 7)
    assert all(len(set(fold[polygon == one])) == 1 for one in range(13))
    for one in (1, 2):
        assert sorted(np.bincount(fold[code == one])) == [10, 10, 10]  # two polygons of five pixels in each fold
    assert set(fold[code == 9]) == {-1}  # the only polygon of its class is always learnt from
    assert fold.tolist() == learning_folds(samples.sample(frac=1, random_state=1).sort_index(), 3, 7).tolist()
    assert fold.tolist() != learning_folds(samples, 3, 8).tolist()


@pytest.fixture(scope="module")
def fused(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    """Two members on the one input of the demonstration and its elevation."""
    folder = tmp_path_factory.mktemp("members")
    more = TERRAIN.replace("TERRAIN", str(elevation(folder))) + "fusion: {members: {plants: [sentinel2], relief: [terrain, sentinel2]}}\n"
    config = load_config(light_config(folder, more))
    return config, take_inventory(config)


def elevation(folder: Path) -> Path:
    from iota_py.simulation.demo import UNION
    from iota_py.simulation.elevation import write_elevation
    from iota_py.simulation.scene import make_scene

    write_elevation(folder / "elevation.tif", make_scene(UNION, 1).landscape, 1)
    return folder / "elevation.tif"


def plan_of(config: RunConfig, inventory: Inventory) -> Plan:
    return make_plan(config, inventory, external_digests(config))


def with_fusion(config: RunConfig, **update: object) -> RunConfig:
    assert config.fusion is not None
    return config.model_copy(update={"fusion": config.fusion.model_copy(update=update)})


def test_tasks_and_outputs_of_a_fusion(fused: tuple[RunConfig, Inventory]) -> None:
    config, inventory = fused
    plan = plan_of(config, inventory)
    assert [len(plan.stage(stage)) for stage in ("train", "trust")] == [8, 8]  # two regions, two runs, two members
    tasks = plan.by_id()
    assert tasks["train/region_2_run_1/relief"].outputs == ("models/region_2_run_1/relief",)
    assert tasks["trust/region_2_run_1/relief"].outputs == ("models/region_2_run_1/relief.json",)
    assert {"trust/region_1_run_0/plants", "train/region_1_run_0/plants"} <= set(plan.stage("predict")[0].needs)
    assert "tiles/31TCJ/choice_run_1.tif" in tasks["assemble/31TCJ"].outputs
    assert tasks["mosaic/choice"].outputs == ("map/choice.tif", "map/choice.tif.aux.xml", "map/choice.qml")
    outputs = [name for task in plan.tasks for name in task.outputs]
    assert len(outputs) == len(set(outputs))
    assert run_layers(config) == ("classification", "confidence", "choice")
    kept = plan_of(with_fusion(config, keep_members=True), inventory).by_id()
    names = [f"map/run_1/classification_relief{end}" for end in (".tif", ".tif.aux.xml", ".qml")]
    assert kept["mosaic/classification_relief_run_1"].outputs == tuple(names)
    assert "tiles/31TDJ/classification_plants_run_0.tif" in kept["assemble/31TDJ"].outputs


@pytest.mark.parametrize(
    ("update", "stages"),
    [
        ({"measure": "kappa"}, MAPPED),
        ({"keep_members": True}, MAPPED),
        ({"folds": 4}, {"trust"} | MAPPED),
        ({"members": {"plants": ("sentinel2",), "relief": ("terrain",)}}, {"samples", "train", "trust", "importance_tables"} | MAPPED),
    ],
)
def test_a_change_redoes_what_depends_on_it(fused: tuple[RunConfig, Inventory], update: dict[str, object], stages: set[str]) -> None:
    config, inventory = fused
    assert changed(plan_of(config, inventory), plan_of(with_fusion(config, **update), inventory)) == stages


def test_the_order_of_the_members_is_that_of_the_bits(fused: tuple[RunConfig, Inventory]) -> None:
    config, inventory = fused
    assert config.fusion is not None
    other = with_fusion(config, members=dict(reversed(config.fusion.members.items())))
    assert [one.name for one in planned_members(other, inventory)] == ["relief", "plants"]
    assert {"assemble", "mosaic"} <= changed(plan_of(config, inventory), plan_of(other, inventory))


@pytest.mark.parametrize(
    ("members", "line"),
    [
        ({"a": ("sentinel2", "terrain")}, "E-FUS-001 demo: fusion.members: expected 2 to 8 members, found 1. Fix: name another member"),
        ({f"m{k}": ("sentinel2",) for k in range(9)}, "E-FUS-001 demo: fusion.members: expected 2 to 8 members, found 9"),
        ({"a": ("sentinel2",), "b": ("sentinel1",)}, "E-FUS-002 demo: fusion.members.b: `sentinel1` is no input and no function of user_features. "
         "Fix: known: sentinel2, terrain"),
        ({"a": ("sentinel2", "sentinel2"), "b": ("terrain",)}, "E-FUS-004 demo: fusion.members.a: `sentinel2` is named twice"),
    ],
)  # fmt: skip
def test_faults_of_names(fused: tuple[RunConfig, Inventory], members: dict[str, tuple[str, ...]], line: str) -> None:
    (fault,) = member_faults(with_fusion(fused[0], members=members))
    assert fault.line().startswith(line)


def test_an_input_in_no_member_and_a_member_without_columns(fused: tuple[RunConfig, Inventory]) -> None:
    config, inventory = fused
    (fault,) = column_faults(with_fusion(config, members={"a": ("sentinel2",), "b": ("sentinel2",)}), inventory)
    assert fault.line().startswith("E-FUS-003 demo: fusion.members: `terrain` is in no member. Fix: add it to a member")
    assert column_faults(config, inventory) == []
    bare = inventory.layers[1].__class__("terrain", (), (), resolve((), {}, ()), {}, source="terrain")
    other = inventory.__class__(**{**inventory.__dict__, "layers": (inventory.layers[0], bare)})
    (fault,) = column_faults(with_fusion(config, members={"a": ("sentinel2",), "b": ("terrain",)}), other)
    assert fault.line().startswith("E-FUS-007 demo: fusion.members.b: its parts have no columns")
    assert column_faults(with_fusion(config, members={"a": ("sentinel2",), "b": ("sentinel2",)}), other) == []


def test_functions_of_users_are_parts(fused: tuple[RunConfig, Inventory]) -> None:
    from iota_py.config.schema import UserFeatures

    config = with_fusion(fused[0], members={"a": ("sentinel2",), "b": ("terrain", "texture")})
    call = UserFeatures(file=Path("mine.py"), function="texture")
    assert member_faults(config.model_copy(update={"user_features": (call,)})) == []
    (fault,) = member_faults(config.model_copy(update={"user_features": (call, call)}))
    assert fault.line().startswith("E-FUS-006 demo: user_features: `texture` is the name of several inputs or functions")


def test_faults_come_with_all_the_others_before_any_work(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "fusion: {members: {optical: [sentinel2, sentinel7]}}\n"))
    with pytest.raises(InputError) as caught:
        examine(config)
    assert [fault.code for fault in caught.value.faults] == ["E-FUS-001", "E-FUS-002"]
    assert not (tmp_path / "run").exists()


def test_a_table_of_series_has_nothing_to_fuse(fused: tuple[RunConfig, Inventory]) -> None:
    table = fused[0].samples.model_copy(update={"table": "a table", "polygons": None})
    (fault,) = member_faults(fused[0].model_copy(update={"samples": table}))
    assert fault.line().startswith("E-FUS-005 demo: fusion: a table of series goes with one input: there is nothing to fuse")


def test_the_fused_experiment_is_what_it_says() -> None:
    config = load_config(ROOT / "experiments" / "inputs" / "fused.yaml")
    early = load_config(ROOT / "experiments" / "inputs" / "s2-radar.yaml")
    assert member_faults(config) == []
    assert (config.inputs, config.samples, config.model) == (early.inputs, early.samples, early.model)


def test_no_feature_can_be_called_like_a_column_that_says_what_is_seen() -> None:
    assert not re.fullmatch(r"[a-z0-9_]+", seen_column("optical"))
