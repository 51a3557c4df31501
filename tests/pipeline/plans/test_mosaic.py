"""The tasks of the mosaic: one for each part that a tile reaches, needing these tiles and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iota_py.config import RunConfig, load_config
from iota_py.grid import parts
from iota_py.grid.lattice import expanded
from iota_py.pipeline.disk import disk_estimate
from iota_py.pipeline.inventory import Inventory, take_inventory
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.preflight import external_digests

Writer = Callable[[Path, str], Path]
TILED = {"assemble/31TCJ", "footprint/31TCJ"}, {"assemble/31TDJ", "footprint/31TDJ"}


@pytest.fixture(scope="module")
def settings(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Inventory]:
    config = load_config(light_config(tmp_path_factory.mktemp("plan"), ""))
    return config, take_inventory(config)


def plan_of(settings: tuple[RunConfig, Inventory]) -> Plan:
    return make_plan(*settings, external_digests(settings[0]))


def test_a_small_map_is_one_part(settings: tuple[RunConfig, Inventory]) -> None:
    (part,) = plan_of(settings).stage("mosaic_parts")
    assert part.params["window"] == [0, 0, *settings[1].grid.shape]
    assert len(part.outputs) == 7, "two layers of two runs, and three that are delivered"
    assert part.transient


def test_a_part_needs_the_tiles_that_reach_it(settings: tuple[RunConfig, Inventory], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 112)
    found = plan_of(settings).stage("mosaic_parts")
    assert [task.id for task in found][:2] == ["mosaic_parts/r000000_c000000", "mosaic_parts/r000000_c000112"]
    west, east = ({task.params["window"][1] for task in found if needs <= set(task.needs)} for needs in TILED)
    assert 0 in west - east
    assert 336 in east - west
    assert west & east, "the tiles overlap"
    delivered = plan_of(settings).by_id()["mosaic/delivered"]
    assert {task.id for task in found} <= set(delivered.needs)
    assert delivered.params["parts"] == [task.params["window"] for task in found]


def test_another_size_of_parts_is_another_task_and_the_same_map(
    settings: tuple[RunConfig, Inventory], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan_of(settings).by_id()
    monkeypatch.setattr(parts, "PART", 112)
    after = plan_of(settings).by_id()
    assert before["mosaic/delivered"].key == after["mosaic/delivered"].key
    assert before["mosaic_parts/r000000_c000000"].key != after["mosaic_parts/r000000_c000000"].key


def test_where_no_tile_is_nothing_is_planned(settings: tuple[RunConfig, Inventory]) -> None:
    """Two tiles in the middle of a map of 100,000 pixels on a side."""
    config, inventory = settings
    grid = expanded(inventory.grid, -50_000, -50_000, 100_000, 100_000)
    wide = replace(inventory, lattice=grid)
    assert [task.params["window"][:2] for task in plan_of((config, wide)).stage("mosaic_parts")] == [[49152, 49152]]
    assert disk_estimate(wide, config) < 1.1 * disk_estimate(inventory, config), "where tiles overlap both are counted"
