"""Sections `samples.selection`, `copies`, `augmentation`, `annual` and `years`: what is taken, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from iota_py.config.schema import RunConfig, dump

PLACE = "E-CFG-013 run.yaml: samples"


def samples(text: str) -> dict[str, str]:
    return {"samples: {polygons: reference.gpkg}": f"samples:\n  polygons: reference.gpkg\n{text}"}


def test_a_region_has_its_own_choice_or_that_of_all(load) -> None:
    config = load(
        **samples("  selection: {strategy: constant, number: 9, regions: {Hills: {sampler: periodic, jitter: true, minimum: 3}}}\n")
    )
    selection = config.samples.selection
    assert (selection.choice("Plain").strategy, selection.choice("Plain").number) == ("constant", 9)
    assert (selection.choice("Hills").strategy, selection.choice("Hills").minimum) == ("all", 3)


def test_paths_are_those_of_the_configuration(load, tmp_path: Path) -> None:
    config = load(
        **samples(
            "  selection: {strategy: byclass, table: counts.csv, regions: {a.b: {strategy: byclass, table: other.csv}}}\n"
            "  augmentation: {method: jitter, target: byclass, table: more.csv}\n"
            "  annual: {classes: [Mais], method: last_map, map: map.tif, validity: seen.tif, threshold: 3, number: 5}\n"
            "  years: [{year: 2021, polygons: old.gpkg, inputs: {s2: {path: old}}}]\n"
        )
    )
    chosen, annual, (year,) = config.samples.selection, config.samples.annual, config.samples.years
    paths = [chosen.table, chosen.regions["a.b"].table, config.samples.augmentation.table, annual.map, annual.validity]
    paths += [year.polygons, year.inputs["s2"].path]
    assert paths == [tmp_path / n for n in ("counts.csv", "other.csv", "more.csv", "map.tif", "seen.tif", "old.gpkg", "old")]


def test_the_resolved_configuration_loads_again(load) -> None:
    config = load(
        **samples(
            "  copies: [{from: Plain, to: Hills, classes: [5, Mais], percent: 20}]\n"
            "  selection: {strategy: byclass, table: {5: 10}}\n"
            "  augmentation: {method: smote, target: minimum, number: 50}\n"
        )
    )
    assert dump(config)["samples"]["copies"] == [{"from": "Plain", "to": "Hills", "classes": [5, "Mais"], "number": None, "percent": 20.0}]
    assert RunConfig.model_validate(dump(config)) == config


def test_years_may_be_all_that_is_learnt_from(load) -> None:
    config = load(**{"samples: {polygons: reference.gpkg}": "samples: {years: [{year: 2021, polygons: old.gpkg}]}"})
    assert config.samples.managed
    assert config.samples.places == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("selection: {jitter: true}", f"{PLACE}.selection: sampler random has no use for `jitter`"),
        ("selection: {strategy: constant}", f"{PLACE}.selection: strategy constant needs `number`"),
        ("selection: {regions: {a: {percent: 3}}}", f"{PLACE}.selection.regions.a: strategy all has no use for `percent`"),
        (
            "selection: {strategy: byclass, table: {Colza: 3}}",
            "E-CFG-012 run.yaml: samples.selection.table.Colza: input should be a valid integer, unable to parse string as an integer, "
            "found `Colza`",
        ),
        (
            "selection: {strategy: byclass, table: 3}",
            "E-CFG-012 run.yaml: samples.selection.table: input should be a valid section of keys and values; or input is not a valid path, "
            "found `3`",
        ),
        ("copies: [{from: a, to: a}]", f"{PLACE}.copies.0: region a cannot copy from itself"),
        ("copies: [{from: a, to: b, number: 3, percent: 5}]", f"{PLACE}.copies.0: give either `number` or `percent`"),
        (
            "copies: [{from: a, too: b}]",
            "E-CFG-011 run.yaml: samples.copies.0.to: this key is required and missing. Fix: add `to:` there\n"
            "E-CFG-010 run.yaml: samples.copies.0.too: unknown key. Fix: did you mean `to`?",
        ),
        ("augmentation: {method: jitter, target: minimum}", f"{PLACE}.augmentation: target minimum needs `number`"),
        ("augmentation: {method: jitter, target: balance, number: 4}", f"{PLACE}.augmentation: target balance has no use for `number`"),
        ("augmentation: {method: smote, target: balance, jitter: 0.3}", f"{PLACE}.augmentation: method smote has no use for `jitter`"),
        (
            "augmentation: {method: jitter, target: balance, neighbours: 3}",
            f"{PLACE}.augmentation: method jitter has no use for `neighbours`",
        ),
        ("annual: {classes: [5], method: last_map}", f"{PLACE}.annual: method last_map needs `map`"),
        ("annual: {classes: [5], method: previous_year, number: 3}", f"{PLACE}.annual: method previous_year has no use for `number`"),
        (
            "annual: {classes: [5], method: last_map, map: m.tif, number: 3, threshold: 3}",
            f"{PLACE}.annual: `validity` and `threshold` go together",
        ),
        (
            "annual: {classes: [5], method: previous_year, validity: v.tif, threshold: 3}",
            f"{PLACE}.annual: method previous_year has no use for `validity`",
        ),
        ("years: [{year: 2021, polygons: a.gpkg}, {year: 2021, polygons: b.gpkg}]", f"{PLACE}: years: a year is given twice"),
    ],
)
def test_faults(lines, text: str, line: str) -> None:
    assert lines(**samples(f"  {text}\n")) == line.splitlines()


def test_what_does_not_go_with_a_table(lines) -> None:
    table = "samples: {table: {path: t.parquet, bands: {B4: b4}}, years: [{year: 2021, polygons: a.gpkg}]}"
    found = lines(**{"samples: {polygons: reference.gpkg}": table})
    assert found[-1] == f"{PLACE}: a table goes with neither `years` nor `annual`"


def test_annual_classes_are_of_polygons(lines) -> None:
    text = "samples: {years: [{year: 2021, polygons: a.gpkg}], annual: {classes: [5], method: previous_year}}"
    assert lines(**{"samples: {polygons: reference.gpkg}": text}) == [f"{PLACE}: `annual` is about classes of `polygons`: give them"]
