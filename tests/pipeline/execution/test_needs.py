"""What a task reads is what it says it needs: with nothing else to be seen, every kind of run has the same bytes as ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.pipeline.inventory import Inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.run import run
from iota_py.pipeline.stages import STAGES
from tests.end_to_end.products import digests
from tests.end_to_end.test_drift import FIRST, second
from tests.end_to_end.test_late_fusion import FUSION, write_radar
from tests.end_to_end.test_regression import configuration as regression
from tests.pipeline.execution.isolated import run_isolated
from tests.pipeline.reference.test_years import YEARS
from tests.pipeline.small_years import configured, write_land

pytestmark = pytest.mark.slow
Writer = Callable[[Path, str], Path]

ALL = "samples: {selection: {strategy: all, number: null}}\n"
PRODUCT = 'product: {year: 2023, version: "1-0", producer: iota_py, licence: CC0-1.0}\n'
WAYS = {
    "what the demonstration asks for": (
        "assessment: {probabilities: true, confusions: true}\nmap: {uncertainty: [entropy], applicability: true, set_size: true}\n"
        "regularisation: {minimum_size: 0.1 ha, resolution: 20}\nvector: {formats: [gpkg]}\n" + PRODUCT
    ),
    "probabilities, smoothed, calibrated": (
        "map: {probabilities: true, smoothing: {kind: bayesian}}\nmodel: {kind: random_forest, trees: 8, max_depth: 10}\n"
    ),
    "folds, cleaning and importance": (
        "assessment: {cross_validation: {folds: 3}, profile: true}\n"
        "samples: {cleaning: {methods: [cross_validation]}}\nimportance: {permutation: true, repeats: 2}\n"
    ),
    "segments": ALL + "features: {sentinel2: {bands: [B4, B8], indices: [NDVI]}}\nobjects: {size: 30}\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_tasks_say_what_they_read(way: str, light_config: Writer, tmp_path: Path) -> None:
    both(lambda folder: load_config(light_config(folder, WAYS[way])), tmp_path)


def test_of_numbers(light_config: Writer, tmp_path: Path) -> None:
    both(lambda folder: load_config(regression(light_config, folder, "model: {kind: extra_trees, trees: 10}\n")), tmp_path)


def test_of_other_years(tmp_path: Path) -> None:
    land = write_land(tmp_path, 2021, 2022, 2023)
    both(lambda folder: configured(land, folder / "run", "samples:\n" + YEARS), tmp_path)


def test_of_two_members(light_config: Writer, tmp_path: Path) -> None:
    radar = write_radar(tmp_path / "radar", {"31TCJ": 1000, "31TDJ": 170})
    more = f"inputs: {{sentinel1: {{family: s1tiling, path: {radar}}}}}\n{FUSION}"
    both(lambda folder: load_config(light_config(folder, more)), tmp_path)


def test_of_the_models_of_another_year(tmp_path: Path) -> None:
    land = write_land(tmp_path, 2022, 2023)
    run(configured(land, tmp_path / "first", FIRST))
    more = second(land, "second", "assessment: {drift: true}\n")
    both(lambda folder: configured(land, folder / "run", more), tmp_path)


def both(configuration: Callable[[Path], RunConfig], folder: Path) -> None:
    """A run as ever and one whose tasks see what they need only: the same bytes."""
    runs = []
    for name, do in (("plain", run), ("isolated", run_isolated)):
        runs.append(configuration(folder / name))
        do(runs[-1])
    expected, found = (digests(config.output) for config in runs)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_a_task_that_does_not_say_so_is_found_out(light_config: Writer, tmp_path: Path) -> None:
    """The engine above is one that can refuse: windows that do not say that they need models find none."""

    def careless(config: RunConfig, inventory: Inventory) -> Plan:
        plan = make_plan(config, inventory, external_digests(config))
        tasks = [one for one in plan.tasks if STAGES.index(one.stage) <= STAGES.index("assemble")]
        return Plan(tuple(replace(one, needs=_without(one.needs)) if one.stage in ("predict", "assemble") else one for one in tasks))

    config = load_config(light_config(tmp_path, "engine: {workers: 1}\n"))
    with pytest.raises(InputError, match=r"E-MOD-001 .*region_1_run_0/bundle\.json: missing"):
        run_isolated(config, careless)


def _without(needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(need for need in needs if not need.startswith("train/"))
