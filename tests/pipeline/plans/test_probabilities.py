"""Held-out probabilities in a plan: what is added, what is redone, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.config.assessment import Assessment
from iota_py.config.fusion import Fusion
from iota_py.config.map_layers import MapLayers
from iota_py.errors import InputError
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans.map_layers import map_faults
from iota_py.pipeline.plans.probabilities import probability_faults
from iota_py.pipeline.plans.product import known_layers
from iota_py.pipeline.preflight import examine, external_digests

Writer = Callable[[Path, str], Path]
Settings = tuple[RunConfig, Inventory]


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def asking(config: RunConfig, wish: dict[str, Any], set_size: bool = False, **update: Any) -> RunConfig:
    assessment = Assessment.model_validate({**config.assessment.model_dump(), **wish})
    return config.model_copy(update={"assessment": assessment, "map": MapLayers(set_size=True) if set_size else None, **update})


def plan_of(settings: Settings, wish: dict[str, Any], set_size: bool = False) -> Plan:
    config = asking(settings[0], wish, set_size)
    return make_plan(config, settings[1], external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks} for plan in (before, after))
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


STAGES = {"tested", "answered", "conformal"}


def test_scores_redo_no_model_and_no_map(settings: Settings) -> None:
    none = plan_of(settings, {})
    assert changed(none, plan_of(settings, {"probabilities": True})) == {*STAGES, "probability_scores", "report"}
    assert changed(none, plan_of(settings, {"confusions": True})) == {*STAGES, "confusions", "report"}
    assert not {task.stage for task in none.tasks} & {*STAGES, "probability_scores", "confusions"}


def test_windows_wait_for_the_thresholds_where_sets_are_mapped(settings: Settings) -> None:
    plan = plan_of(settings, {}, set_size=True)
    assert all("conformal" in task.needs for task in plan.stage("predict"))
    assert plan.by_id()["layers/set_size"].outputs == (paths.SET_SIZE, "map/set_size.qml")
    assert plan.stage("probability_scores"), "coverage is measured even where only the layer is asked for"
    without = plan_of(settings, {"probabilities": True})
    assert not any("conformal" in task.needs for task in without.stage("predict"))
    assert "set_size" in known_layers(asking(settings[0], {}, True))


def test_the_coverage_decides_the_sets_and_no_answer(settings: Settings) -> None:
    usual = plan_of(settings, {"probabilities": True}, True)
    other = plan_of(settings, {"probabilities": {"conformal": {"coverage": 0.95}}}, True)
    found = changed(usual, other)
    assert {"conformal", "assemble", "layers", "probability_scores"} <= found
    assert not found & {"tested", "answered", "train"}
    assert changed(usual, plan_of(settings, {"probabilities": {"bins": 10}}, True)) == {"probability_scores", "report"}


def test_a_map_without_sets_is_the_one_that_it_was(settings: Settings) -> None:
    config = settings[0].model_copy(update={"map": MapLayers(uncertainty=("entropy",))})
    plan = make_plan(config, settings[1], external_digests(config))
    assert "set_size" not in plan.stage("predict")[0].params["map"]


def lines(settings: Settings, wish: dict[str, Any], inventory: Inventory | None = None, set_size: bool = False, **update: Any) -> list[str]:
    return [fault.line() for fault in probability_faults(asking(settings[0], wish, set_size, **update), inventory)]


def test_what_can_be_done_has_no_fault(settings: Settings) -> None:
    assert lines(settings, {"probabilities": True, "confusions": {"bands": ["ndvi", "b8"]}}, settings[1], True) == []
    assert lines(settings, {}) == []


def test_runs_without_a_map_of_the_classes_of_pixels(settings: Settings) -> None:
    samples = settings[0].samples
    tables = {
        "a number": {"samples": samples.model_copy(update={"target": "height"})},
        "segments": {"objects": object()},
        "a table of samples": {"samples": samples.model_copy(update={"table": object()})},
    }
    for what, update in tables.items():
        assert lines(settings, {"probabilities": True}, **update) == [
            "E-CNF-001 demo: assessment.probabilities: probabilities are tested where the classes of pixels are mapped from polygons, and this "
            f"run is about {what}. Fix: leave it out"
        ]


def test_a_late_fusion_has_no_probabilities(settings: Settings) -> None:
    fusion = Fusion.model_validate({"members": {"a": ["sentinel2"], "b": ["sentinel2"]}})
    assert lines(settings, {"confusions": True}, fusion=fusion) == [
        "E-CNF-002 demo: assessment.confusions: not with `fusion`: its labels are combined, and have no probabilities. Fix: leave it out"
    ]
    (fault,) = map_faults(asking(settings[0], {}, True, fusion=fusion), settings[1], None)
    assert fault.line().startswith("E-MAP-002 demo: map.set_size: not with `fusion`")


def test_no_polygons_on_the_map(settings: Settings) -> None:
    nowhere = settings[0].samples.model_copy(update={"polygons": None, "sources": ()})
    assert lines(settings, {}, set_size=True, samples=nowhere) == [
        "E-CNF-003 demo: map.set_size: it takes validation polygons in the year that is mapped, and there are none. "
        "Fix: give samples.polygons, or leave it out"
    ]


def test_series_of_a_band_that_is_not_there(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "assessment: {confusions: {bands: [ndvi, evi]}}"))
    with pytest.raises(InputError, match=r"E-CNF-004 demo: assessment\.confusions\.bands: no series of `evi`; there are b2, b3, .*ndvi"):
        examine(config)
    assert not config.output.exists()


def test_settings_that_make_no_sense(light_config: Writer, tmp_path: Path) -> None:
    for text in (
        "probabilities: {conformal: {coverage: 1}}",
        "confusions: {bands: [ndvi, ndvi]}",
        "probabilities: {conformal: {by: [tile]}}",
    ):
        with pytest.raises(Exception, match=r"assessment\.(probabilities|confusions)"):
            load_config(light_config(tmp_path, f"assessment: {{{text}}}"))
    assert load_config(light_config(tmp_path, "assessment: {probabilities: false}")).assessment.probabilities is None
