from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from iota_py.config.axes import axes_of, axis_faults, laid_upon, leaves, nested, run_name, value_name, variants_of
from iota_py.config.experiment import Experiment
from iota_py.config.section import NAME


def document(**more: Any) -> Experiment:
    return Experiment.model_validate({"name": "trial", "base": "/base.yaml", "output": "/out", **more})


def names(**more: Any) -> list[str]:
    return [variant.name for variant in variants_of(axes_of(document(**more)))]


def faults(**more: Any) -> list[str]:
    made = document(**more)
    return [fault.line() for fault in axis_faults("e.yaml", made, axes_of(made))]


def test_variants_are_every_combination_of_the_choices_in_order() -> None:
    axes = {"folds": {"random": {}, "blocks": {"samples.split.kind": "blocks"}}, "model": {"forest": None, "boosting": {"model.rounds": 9}}}
    assert names(axes=axes) == ["random-forest", "random-boosting", "blocks-forest", "blocks-boosting"]
    last = variants_of(axes_of(document(axes=axes)))[-1]
    assert last.changes == {"samples": {"split": {"kind": "blocks"}}, "model": {"rounds": 9}}
    assert (last.at("folds"), last.at("model")) == ("blocks", "boosting")


def test_a_list_of_variants_is_an_axis_and_so_is_each_key_of_a_grid() -> None:
    assert names(variants={"a": {}, "b": {"model.trees": 3}}) == ["a", "b"]
    grid = {"model.trees": [50, 100], "samples.split.ratio": [0.5, 0.7]}
    assert names(grid=grid) == ["trees_50-ratio_0.5", "trees_50-ratio_0.7", "trees_100-ratio_0.5", "trees_100-ratio_0.7"]
    assert [axis.name for axis in axes_of(document(grid=grid))] == ["trees", "ratio"]
    assert names(variants={"a": {}, "b": {"model.trees": 3}}, grid={"samples.split.ratio": [0.5, 0.6]})[-1] == "b-ratio_0.6"


def test_several_grids_are_one_axis_of_all_their_points() -> None:
    grids = [{"model.kind": ["random_forest"], "model.trees": [5, 9]}, {"model": [{"kind": "lightgbm", "rounds": 7}]}]
    assert names(grid=grids) == ["kind_random_forest-trees_5", "kind_random_forest-trees_9", "model_kind_lightgbm_rounds_7"]


def test_without_axes_there_is_the_base_alone() -> None:
    assert names(seeds=[1, 2]) == ["base"]
    assert run_name("base", 2) == "base_seed_2"
    assert run_name("base", None) == "base"


def test_keys_of_a_grid_are_told_apart_by_more_of_their_words() -> None:
    keys = {"a.model.trees": [1], "b.model.trees": [2]}
    assert [axis.name for axis in axes_of(document(grid=keys))] == ["a_model_trees", "b_model_trees"]


def test_values_as_words() -> None:
    values = (True, None, 0.05, 1e-5, -2, [1, 2], {"kind": "x y"}, "", "données/été")
    assert [value_name(v) for v in values] == ["true", "none", "0.05", "1e-05", "m2", "1_2", "kind_x-y", "empty", "donn-es-t"]


def test_dotted_keys_are_unfolded_at_the_top_alone() -> None:
    assert nested({"model.trees": 9, "model": {"bins": None}}) == {"model": {"trees": 9, "bins": None}}
    assert nested({"samples": {"relabel": {"a.b": "c"}}}) == {"samples": {"relabel": {"a.b": "c"}}}
    assert list(leaves({"a": {"b": 1, "c": {}}, "d": [1]})) == ["a.b", "a.c", "d"]


def test_names_that_cannot_be_told_apart_are_refused() -> None:
    (same,) = faults(axes={"x": {"a": {}, "a-b": {"tiles": []}}, "y": {"b-c": {}, "c": {"title": "t"}}})
    assert same == "E-EXP-002 e.yaml: two variants are called a-b-c. Fix: name the choices of the axes so that they can be told apart"
    assert faults(grid={"model.trees": [5, 5]})[0].startswith("E-EXP-002 e.yaml: grid.model.trees: trees_5.2 is the same as trees_5")
    assert faults(variants={"Forest": {}, "forest": {"model.trees": 2}})[0].startswith(
        "E-EXP-002 e.yaml: variants.forest: forest is the same as Forest"
    )
    long = faults(variants={"x" * 40: {}, "y" * 62: {"model.trees": 2}})
    assert len(long) == 1
    assert "has 68 characters, 64 at most" in long[0]


def test_keys_that_two_axes_set_or_the_experiment_itself_are_refused() -> None:
    found = faults(axes={"a": {"x": {"model.trees": 3}}, "b": {"y": {"model": {"trees": 4}}}})
    assert found == ["E-EXP-006 e.yaml: axes.b.y.model.trees: the axis `a` sets this key too. Fix: leave it to one of them"]
    found = faults(variants={"a": {"output": "x"}, "b": {"samples.split.seed": 3}}, seeds=[1])
    assert [line.split(": ")[1] for line in found] == ["variants.a.output", "variants.b.samples.split.seed"]
    assert faults(variants={"a": {"samples.split.seed": 3}}) == []


def test_within_names_an_axis() -> None:
    assert faults(variants={"a": {}}, within="fold") == ["E-EXP-005 e.yaml: within: no axis `fold`. Fix: axes: variant"]


@pytest.mark.parametrize(
    "more", [{"seeds": [1, 1]}, {"axes": {"variant": {"a": {}}}, "variants": {"b": {}}}, {"axes": {"a": {}}}, {"seeds": []}]
)
def test_documents_that_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        document(**more)


WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,7}", fullmatch=True)
VALUES = st.one_of(st.integers(-99, 99), st.booleans(), st.none(), st.text(max_size=6), st.floats(allow_nan=False, width=16))


@given(st.dictionaries(WORDS.map(lambda word: f"model.{word}"), st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_grid_spans_its_product_under_names_that_are_folders(grid: dict[str, list[Any]]) -> None:
    made = document(grid=grid)
    variants = variants_of(axes_of(made))
    assert len(variants) == math.prod(map(len, grid.values()))
    assert [variant.name for variant in variants] == [variant.name for variant in variants_of(axes_of(document(grid=grid)))]
    for axis in axes_of(made):
        assert len({choice.name.lower() for choice in axis.choices}) == len(axis.choices)
        assert all(re.match(NAME, choice.name) for choice in axis.choices)
    expected = {tuple(leaves(variant.changes)) for variant in variants}
    assert expected == {tuple(grid)}


@given(
    st.dictionaries(WORDS, st.one_of(VALUES, st.dictionaries(WORDS, VALUES, max_size=2)), max_size=3),
    st.dictionaries(WORDS, VALUES, max_size=3),
)
def test_changes_laid_upon_others_keep_what_they_do_not_name(under: dict[str, Any], over: dict[str, Any]) -> None:
    found = laid_upon(under, over)
    assert {key: found[key] for key in over} == over
    assert {key: value for key, value in found.items() if key not in over} == {
        key: value for key, value in under.items() if key not in over
    }
