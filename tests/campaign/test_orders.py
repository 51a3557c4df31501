"""From a campaign file to orders and their configurations."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from iota_py.campaign.orders import config_faults, config_of, read_book
from iota_py.config import load_config
from iota_py.errors import ConfigError
from tests.campaign.small import campaign
from tests.conftest import DEMO

TWO = """
changes: {title: "{zone} {year}"}
retries: 3
orders:
  zones:
    west: {tiles: [31TCJ], priority: 2, changes: {model: {kind: random_forest, trees: 7}}}
    east: {tiles: [31TDJ]}
  years: [2024, 2023]
  overrides:
    - {zone: east, year: 2024, skip: true}
    - {year: 2023, priority: 9, gates: {nodata: 0.5}}
    - {zone: west, year: 2023, retries: 0, changes: {model: {kind: random_forest, trees: 8}}}
gates: {nodata: 0.1, drift: {total_variation: 0.2}}
"""


def test_zones_by_years(tmp_path: Path) -> None:
    book = read_book(campaign(tmp_path, TWO, str(DEMO)))
    assert [(one.name, one.place, one.priority, one.retries, one.after, one.position) for one in book.orders] == [
        ("west-2023", "west", 9, 0, None, 0),
        ("east-2023", "east", 9, 3, None, 1),
        ("west-2024", "west", 2, 3, "west-2023", 2),
    ]
    first, _, last = book.orders
    assert first.gates.nodata == 0.5
    assert last.gates.nodata == 0.1
    assert first.gates.drift is not None, "the other gates stay"
    assert first.gates.drift.total_variation == 0.2
    assert (first.changes["title"], first.changes["model"]["trees"], last.changes["model"]["trees"]) == ("west 2023", 8, 7)


def test_tiles_by_years(tmp_path: Path) -> None:
    book = read_book(campaign(tmp_path, "orders: {by: tile, years: [2023], zones: {south: {tiles: [31TCJ, 31TDJ]}}}", str(DEMO)))
    assert [(one.name, one.place, one.changes["tiles"]) for one in book.orders] == [
        ("south-31TCJ-2023", "south-31TCJ", ["31TCJ"]),
        ("south-31TDJ-2023", "south-31TDJ", ["31TDJ"]),
    ]


def test_the_configuration_of_an_order(tmp_path: Path) -> None:
    book = read_book(campaign(tmp_path, f"engine: {{workers: 1}}\n{TWO}", str(DEMO)))
    assert config_faults(book) == []
    config = config_of(book, book.orders[2])
    assert (config.name, config.output) == ("test-west-2024", tmp_path / "out" / "orders" / "west-2024")
    assert (config.period.start, config.period.end, config.period.step) == (dt.date(2024, 1, 1), dt.date(2024, 12, 31), 10)
    assert config.product is not None
    assert (config.product.year, config.product.version, config.tiles, config.engine.workers) == (2024, "1-0", ("31TCJ",), 1)


def test_a_period_over_new_year_is_moved_as_a_whole(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(f"extends: {DEMO}\nperiod: {{start: 2023-10-01, end: 2024-02-29, step: 10}}\n", encoding="utf-8")
    book = read_book(campaign(tmp_path, "orders: {years: [2022]}"))
    period = config_of(book, book.orders[0], load_config(base)).period
    assert (period.start, period.end) == (dt.date(2021, 10, 1), dt.date(2022, 2, 28))


def test_paths_of_changes_are_relative_to_the_campaign(tmp_path: Path) -> None:
    more = 'changes: {inputs: {sentinel2: {path: "s2/{year}"}}}\n'
    book = read_book(campaign(tmp_path, more, str(DEMO)))
    assert config_of(book, book.orders[0]).inputs["sentinel2"].path == tmp_path / "s2" / "2023"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("gate: {}\n", ["E-CPG-001", "gate", "did you mean `gates`?"]),
        ("gates: {drift: {totl_variation: 0.1}}\n", ["E-CPG-001", "gates.drift.totl_variation", "did you mean `total_variation`?"]),
        ("gates: {nodata: 3}\n", ["E-CPG-001", "gates.nodata", "less than or equal to 1", "found `3`"]),
        ("orders: {years: [2023, 2023]}\n", ["E-CPG-001", "orders", "one is given twice"]),
        ("orders: {years: []}\n", ["E-CPG-001", "orders.years"]),
        ("orders: {by: tile, years: [2023]}\n", ["E-CPG-001", "needs the tiles of every zone"]),
        ("orders: {years: [2023], overrides: [{priority: 1}]}\n", ["E-CPG-001", "at least one of zone, tile and year"]),
        ("orders: {years: [2023], overrides: [{year: 2019}]}\n", ["E-CPG-002", "orders.overrides.0", "matches no order"]),
        ("orders: {years: [2023], overrides: [{year: 2023, skip: true}]}\n", ["E-CPG-002", "there is none"]),
        (
            "orders: {years: [2023], overrides: [{year: 2023, gates: {nodta: 1}}]}\n",
            ["E-CPG-002", "orders.overrides.0.gates", "unknown key"],
        ),
        ("orders: {years: [2023], zones: {../x: {}}}\n", ["E-CPG-001", "orders.zones", "expected a name"]),
    ],
)
def test_faults_of_the_document(tmp_path: Path, more: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_book(campaign(tmp_path, more))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_document_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("- 1\n")
    with pytest.raises(ConfigError, match=r"E-CPG-001.*expected keys and values, found list"):
        read_book(path)


def test_faults_of_configurations_are_told_once_with_their_orders(tmp_path: Path) -> None:
    more = "changes: {modl: 1}\norders: {years: [2022, 2023, 2024], zones: {a: {changes: {tiles: []}}}}\n"
    faults = [fault.line() for fault in config_faults(read_book(campaign(tmp_path, more, str(DEMO))))]
    assert len(faults) == 1
    assert faults[0].startswith("E-CPG-003")
    assert "(a-2022 and 2 more orders)" in faults[0]
    assert "unknown key (E-CFG-010)" in faults[0]


def test_delivery_needs_packages(tmp_path: Path) -> None:
    faults = config_faults(read_book(campaign(tmp_path, "deliver: d\nchanges: {product: null}\n", str(DEMO))))
    assert [(fault.code, fault.field) for fault in faults] == [("E-CPG-004", "deliver")]
