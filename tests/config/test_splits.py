"""Sections `samples.split`, `samples.regions` and `assessment`: what they accept, and what they say of the rest."""

from __future__ import annotations

import pytest

from iota_py.config.regions import WeightDistance
from iota_py.config.schema import RunConfig
from iota_py.config.splits import Split

SAMPLES = "{polygons: reference.gpkg}"


def given(split: str) -> dict[str, str]:
    return {SAMPLES: f"{{polygons: reference.gpkg, split: {{{split}}}}}"}


def ruled(rules: str) -> dict[str, str]:
    return {SAMPLES: f"{{polygons: reference.gpkg, regions: {{path: r.gpkg, field: f, {rules}}}}}"}


def test_the_default_is_one_draw_of_polygons(load):
    assert load().samples.split == Split(kind="polygon", runs=1, ratio=0.7, seed=0, folds=None, held_out=())


def test_folds_make_as_many_runs_and_load_again(load):
    config = load(**given("kind: blocks, block: 5000, folds: 4"))
    assert (config.samples.split.runs, config.samples.split.folds) == (4, 4)
    assert RunConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("split", "field"), [("kind: years", "year"), ("kind: years, column: annee", "annee"), ("kind: column, column: fold, folds: 3", "fold"), ("runs: 2", None)]
)  # fmt: skip
def test_the_field_that_a_split_reads(load, split, field):
    assert load(**given(split)).samples.split.field == field


@pytest.mark.parametrize(
    ("split", "line"),
    [
        ("kind: block", "samples.split.kind: input should be 'polygon', 'blocks', 'distance', 'regions', 'tiles', 'years' or 'column'"),
        ("kind: blocks", "samples.split: kind blocks needs `block`, the side in metres"),
        ("block: 100", "samples.split: kind polygon has no blocks"),
        ("kind: blocks, block: 0", "samples.split.block: input should be greater than 0"),
        ("folds: 5, runs: 3", "samples.split: folds: 5 makes 5 runs; leave `runs` out"),
        ("folds: 1", "samples.split.folds: input should be greater than or equal to 2"),
        ("kind: distance, runs: 3", "samples.split: kind distance makes folds: give `folds`"),
        ("kind: tiles, column: x", "samples.split: kind tiles has no use for `column`"),
        ("kind: column", "samples.split: kind column needs `column`, a field of the reference"),
        ("kind: column, column: role, runs: 2", "samples.split: a column that holds roles gives one run"),
        ("held_out: [a]", "samples.split: kind polygon holds nothing out by name; kinds that do: regions, tiles, years, column"),
        ("kind: years, held_out: [2020], folds: 2", "samples.split: `held_out` gives one run, the same every time"),
        ("kind: tiles, held_out: [31TCJ], runs: 2", "samples.split: `held_out` gives one run, the same every time"),
    ],
)
def test_faults_of_a_split(lines, split, line):
    assert any(line in found for found in lines(**given(split)))


def test_rules_of_regions(load):
    rules = "maximum_area: 500, buffer: 2000, weight_distance: {metres: 1000}, borrow: {Mountains: Plain}"
    regions = load(**ruled(rules)).samples.regions
    assert (regions.maximum_area, regions.buffer, regions.borrow) == (500, 2000, {"Mountains": "Plain"})
    assert regions.weight_distance == WeightDistance(law="linear", metres=1000)
    assert load(**ruled("borrow: auto")).samples.regions.borrow == "auto"
    plain = load(**ruled("layer: a")).samples.regions
    assert (plain.maximum_area, plain.borrow, plain.buffer, plain.weight_distance) == (None, None, None, None)


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ("weight_distance: {metres: 5}", "samples.regions: weight_distance is of samples from a buffer: give `buffer`"),
        ("buffer: 9, weight_distance: {law: cubic, metres: 5}", "weight_distance.law: input should be 'linear' or 'exponential'"),
        ("borrow: {A: B, B: C}", "samples.regions: borrow.A: region B borrows itself"),
        ("borrow: {A: A}", "samples.regions: borrow.A: region A borrows itself"),
        ("maximum_area: 0", "samples.regions.maximum_area: input should be greater than 0"),
    ],
)
def test_faults_of_rules(lines, rules, line):
    assert any(line in found for found in lines(**ruled(rules)))


def test_cross_validation_is_asked_for(load):
    assert load().assessment.cross_validation is None
    wanted = load("assessment: {cross_validation: {}}").assessment.cross_validation
    assert (wanted.folds, wanted.block, wanted.kinds) == (5, 5000, ("polygon", "blocks"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kinds: [polygon, polygon]", "assessment.cross_validation: kinds: one is named twice"),
        ("kinds: [tiles]", "assessment.cross_validation.kinds.0: input should be 'polygon' or 'blocks'"),
        ("kinds: []", "assessment.cross_validation.kinds: "),
        ("folds: 1", "assessment.cross_validation.folds: input should be greater than or equal to 2"),
    ],
)
def test_faults_of_cross_validation(lines, text, line):
    assert any(line in found for found in lines(f"assessment: {{cross_validation: {{{text}}}}}"))
