"""The section `map` in a plan: what depends on it, and what is refused before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config import RunConfig, load_config
from iota_py.config.fusion import Fusion
from iota_py.config.map_layers import MapLayers
from iota_py.errors import InputError
from iota_py.pipeline.inventory import Inventory, load_nomenclature, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.map_layers import map_faults
from iota_py.pipeline.plans.target_faults import check_target
from iota_py.pipeline.preflight import external_digests

Writer = Callable[[Path, str], Path]
Settings = tuple[RunConfig, Inventory]
BORDERS: dict[str, Any] = {"boundary_fusion": {"interior": 100, "exterior": 100}}


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def plan_of(settings: Settings, wish: dict[str, Any] | None) -> Plan:
    config = settings[0].model_copy(update={"map": None if wish is None else MapLayers.model_validate(wish)})
    return make_plan(config, settings[1], external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks} for plan in (before, after))
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def test_only_what_is_asked_for_is_planned(settings: Settings) -> None:
    none, empty = plan_of(settings, None), plan_of(settings, {})
    assert changed(none, empty) == {"summary", "report"}, "the fused map has scores of its own"
    assert not none.stage("layers")
    wish = {"probabilities": True, "uncertainty": ["ratio", "entropy"], "boundary_fusion": {"compare": True}}
    made = {task.id for task in plan_of(settings, wish).stage("layers")}
    assert made == {"layers/probabilities", "layers/uncertainty_ratio", "layers/uncertainty_entropy", "layers/boundary"}
    assert {"train", "samples", "split", "selection"} & changed(none, plan_of(settings, wish)) == set(), "models stay"


def test_what_decides_the_bytes(settings: Settings) -> None:
    wide, narrow = plan_of(settings, BORDERS), plan_of(settings, {"boundary_fusion": {"interior": 100, "exterior": 90}})
    assert {"assemble", "mosaic", "assess"} <= changed(wide, narrow)
    majority = [plan_of(settings, {"smoothing": {"kind": "majority", "window": side}}) for side in (3, 5)]
    assert "assemble" in changed(*majority)


def test_windows_have_a_second_file_only_where_probabilities_are_kept(settings: Settings) -> None:
    outputs = {
        key: len(plan_of(settings, wish).stage("predict")[0].outputs) for key, wish in {"p": {"probabilities": True}, "b": BORDERS}.items()
    }
    assert outputs == {"p": 2, "b": 1}
    needs = plan_of(settings, BORDERS).stage("predict")[0].needs
    assert {f"train/region_{region}_run_{run}" for region in (1, 2) for run in (0, 1)} <= set(needs)


def faults(settings: Settings, wish: dict[str, Any], inventory: Inventory | None = None, **update: Any) -> list[str]:
    config = settings[0].model_copy(update={"map": MapLayers.model_validate(wish), **update})
    return [fault.line() for fault in map_faults(config, inventory or settings[1], load_nomenclature(settings[0]))]


def test_what_can_be_done_has_no_fault(settings: Settings) -> None:
    assert faults(settings, {**BORDERS, "smoothing": {"kind": "bayesian", "variance": {23: 5}}, "probabilities": True}) == []


def test_a_run_without_a_map_of_classes(settings: Settings) -> None:
    assert faults(settings, {}, inputs={}) == [
        "E-MAP-001 demo: map: only a map of the classes of pixels has these layers, and this run makes none. Fix: leave it out"
    ]


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ({"probabilities": True}, "probabilities"),
        ({"uncertainty": ["margin"]}, "uncertainty"),
        (BORDERS, "boundary_fusion"),
        ({"smoothing": {"kind": "majority"}}, "smoothing"),
    ],
)
def test_late_fusion_has_no_probabilities(settings: Settings, wish: dict[str, Any], key: str) -> None:
    fusion = Fusion.model_validate({"members": {"a": ["sentinel2"], "b": ["sentinel2"]}})
    assert faults(settings, wish, fusion=fusion) == [
        f"E-MAP-002 demo: map.{key}: not with `fusion`: the labels of its members are combined, and have no probabilities. "
        "Fix: leave one of them out"
    ]


def test_borders_need_two_regions(settings: Settings) -> None:
    samples = settings[0].samples.model_copy(update={"regions": None})
    assert faults(settings, BORDERS, samples=samples) == [
        "E-MAP-003 demo: map.boundary_fusion: there are no regions, so no borders between them. Fix: give samples.regions, or leave it out"
    ]
    one = replace(settings[1], regions=((2, "plain"),))
    assert faults(settings, BORDERS, one) == [
        "E-MAP-003 demo: map.boundary_fusion: the tiles touch one region, plain: there is no border. Fix: leave it out"
    ]


def test_borders_need_metres(settings: Settings) -> None:
    degrees = GeoBox((6, 8), Affine(0.1, 0, 3, 0, -0.1, 44), "EPSG:4326")
    tiles = tuple(replace(tile, geobox=degrees) for tile in settings[1].tiles)
    assert faults(settings, BORDERS, replace(settings[1], tiles=tiles)) == [
        "E-MAP-004 demo: map.boundary_fusion: its limits are in metres, and the grid of tile 31TCJ, 31TDJ is not. "
        "Fix: give products in a projected CRS, or leave it out"
    ]


def test_a_variance_of_no_class(settings: Settings) -> None:
    (line,) = faults(settings, {"smoothing": {"kind": "bayesian", "variance": {99: 3, 23: 1}}})
    assert line.startswith("E-MAP-005 demo: map.smoothing.variance: no class has code 99; codes are 1, 2, 3, ")


def test_the_fusion_of_draws_decides_the_map_and_nothing_before(settings: Settings) -> None:
    usual, first = plan_of(settings, {}), plan_of(settings, {"undecided": "first"})
    assert changed(usual, first) & {"assemble", "train", "split"} == set()
    assert "mosaic" in changed(usual, first)
    belief = plan_of(settings, {"vote": "dempster-shafer"})
    assert [task.id for task in belief.stage("weigh")] == ["weigh/run_0", "weigh/run_1"]
    assert {"weigh/run_0", "weigh/run_1"} <= set(belief.by_id()["mosaic/delivered"].needs)
    accuracy = plan_of(settings, {"vote": "dempster-shafer", "weight": "accuracy"})
    assert changed(belief, accuracy) & {"weigh", "assemble"} == set()
    assert "mosaic" in changed(belief, accuracy)
    assert "split" in changed(usual, plan_of(settings, {"vote_kept": 0.2}))


def test_what_makes_no_sense_in_the_fusion_of_draws(settings: Settings) -> None:
    samples = settings[0].samples
    one = samples.model_copy(update={"split": samples.split.model_copy(update={"runs": 1})})
    assert faults(settings, {"undecided": "none"}, samples=one) == [
        "E-MAP-006 demo: map.undecided: one draw has nothing to be fused with. Fix: ask for several samples.split.runs, or leave it out"
    ]
    assert faults(settings, {"weight": "kappa"}) == [
        "E-MAP-006 demo: map.weight: the majority weighs nothing. Fix: set vote to dempster-shafer, or leave it out"
    ]
    nowhere = samples.model_copy(update={"polygons": None, "sources": ()})
    assert faults(settings, {"vote_kept": 0.2}, samples=nowhere) == [
        "E-MAP-007 demo: map.vote_kept: it needs polygons on the map, and there are none. Fix: give samples.polygons, or leave it out"
    ]
    blocks = samples.model_copy(update={"split": samples.split.model_copy(update={"kind": "blocks", "block": 600.0})})
    assert faults(settings, {"vote_kept": 0.2}, samples=blocks) == [
        "E-MAP-008 demo: map.vote_kept: single polygons among those of a split by blocks would not be apart from it. "
        "Fix: set samples.split.kind to polygon, or leave it out"
    ]
    assert faults(settings, {"vote": "dempster-shafer", "weight": "kappa", "vote_kept": 0.2}) == []


def test_a_number_has_no_classes(settings: Settings) -> None:
    samples = settings[0].samples.model_copy(update={"target": "height"})
    config = settings[0].model_copy(update={"map": MapLayers(), "samples": samples})
    with pytest.raises(InputError) as raised:
        check_target(config)
    assert any("map: not with samples.target" in fault.line() for fault in raised.value.faults)
