from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.assessment.experiment.contrasts import (
    SEED_STEP,
    NotPairedError,
    adjusted,
    by_region,
    confusion,
    contrast,
    effects,
    holm,
    paired_tables,
    spreads,
    wanted_pairs,
)
from iota_py.assessment.experiment.values import Contrast, Cost, Entrant
from iota_py.assessment.paired import Difference


def skill(rows: list[tuple[int, int, int, int, int]], region: str = "all") -> pd.DataFrame:
    """run, polygon, code, mapped, pixels."""
    return pd.DataFrame(rows, columns=["run", "polygon", "code", "mapped", "pixels"]).assign(region=region)


def entrant(name: str, table: pd.DataFrame, group: tuple[str, ...] = (), **choices: str) -> Entrant:
    return Entrant(name, name, group, choices or {"variant": name}, table, "polygons", Cost(), {}, (f"/runs/{name}",))


def folds(of: dict[int, int]) -> pd.DataFrame:
    """Polygons held out once each, all right. of: polygon -> fold."""
    return skill([(fold, polygon, 1 + polygon % 2, 1 + polygon % 2, 10) for polygon, fold in of.items()])


def test_holm_by_hand() -> None:
    """0.01 × 4, 0.02 × 3, 0.03 × 2 (raised to 0.06), 0.2 × 1."""
    assert holm([0.2, 0.01, 0.03, 0.02]) == pytest.approx([0.2, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    found = holm([math.nan, 0.03])
    assert math.isnan(found[0])
    assert found[1] == 0.03
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_makes_a_value_smaller_and_keeps_the_order(values: list[float]) -> None:
    found = holm(values)
    assert all(after >= before and after <= 1 for before, after in zip(values, found, strict=True))
    order = np.argsort(values, kind="stable")
    assert all(np.diff(np.asarray(found)[order]) >= 0) if values else True


def test_the_same_draws_are_paired_run_by_run() -> None:
    a = skill([(0, 1, 1, 1, 5), (1, 2, 1, 2, 5)])
    assert paired_tables(a, a.assign(mapped=2))[1].run.tolist() == [0, 1]


def test_two_kinds_of_folds_are_paired_polygon_by_polygon() -> None:
    random = folds({polygon: polygon % 5 for polygon in range(40)})
    blocks = folds({polygon: polygon // 8 for polygon in range(40)})
    pair = paired_tables(random, blocks)
    assert all(set(table.run) == {0} for table in pair)
    found = contrast(entrant("random", random), entrant("blocks", blocks.assign(mapped=1)), (1, 2))
    assert found.differences["overall_accuracy"].difference == -0.5
    seeds = [pd.concat([table, table.assign(run=table.run + SEED_STEP)]) for table in (random, blocks)]
    assert [set(table.run) for table in paired_tables(*seeds)] == [{0, 1}, {0, 1}]


def test_other_draws_are_not_paired() -> None:
    first = skill([(run, polygon, 1, 1, 3) for run in range(3) for polygon in range(10)])
    second = skill([(run, polygon, 1, 1, 3) for run in range(3) for polygon in range(5, 15)])
    with pytest.raises(NotPairedError):
        paired_tables(first, second)
    found = contrast(entrant("a", first), entrant("b", second), (1,))
    assert (found.reason, found.differences, found.sure) == ("other polygons are held out", {}, False)


def test_scores_and_their_spread_by_hand() -> None:
    """Run 0: 8 of 10 right. Run 1: 4 of 10; two pixels without a class are in no matrix. Deviation: |0.8 - 0.4| / √2."""
    table = skill([(0, 1, 1, 1, 8), (0, 1, 1, 2, 2), (1, 2, 2, 2, 4), (1, 2, 2, 1, 6), (1, 3, 1, 0, 2)])
    found = spreads(table, (1, 2))["overall_accuracy"]
    assert (found.mean, found.n) == (pytest.approx(0.6), 2)
    assert found.std == pytest.approx(0.4 / math.sqrt(2))
    assert confusion(table, (1, 2)).tolist() == [[8, 2], [6, 4]]
    assert math.isnan(spreads(table[table.run == 0], (1, 2))["overall_accuracy"].std)


def test_p_values_are_corrected_for_each_other() -> None:
    def one(p: float) -> Contrast:
        return Contrast("a", "b", {"kappa": Difference("kappa", 0.5, 0.6, 0.1, 0.0, 0.2, p, 9)})

    found = adjusted([one(0.03), one(0.02), Contrast("a", "c", reason="no")], "kappa")
    assert [entry.adjusted for entry in found[:2]] == [pytest.approx(0.04), pytest.approx(0.04)]
    assert [entry.sure for entry in found] == [True, True, False]
    assert math.isnan(found[2].adjusted)


def test_effects_set_each_choice_against_that_of_the_baseline_with_all_else_the_same() -> None:
    tables = folds({polygon: polygon % 5 for polygon in range(20)}), folds({polygon: polygon // 4 for polygon in range(20)})
    every = [
        entrant(f"{fold}-{model}-{zone}", table, (fold,), folds=fold, model=model, zones=zone)
        for fold, table in zip(("random", "blocks"), tables, strict=True)
        for model in ("forest", "boosting")
        for zone in ("global", "per_zone")
    ]
    axes = {"folds": "random", "model": "forest", "zones": "global"}
    baselines = {("random",): "random-forest-global", ("blocks",): "blocks-forest-global"}
    pairs = wanted_pairs(every, axes, baselines)
    made = {(a.name, b.name): Contrast(a.name, b.name) for a, b in pairs}
    assert ("random-forest-global", "random-boosting-per_zone") in made
    assert len(made) == 14  # 3 + 3 against the baselines, of which 2 + 2 are along an axis; 1 + 1 more for each of two axes; 4 of the folds
    found = effects(every, axes, ("folds",), made)
    assert [(one.axis, one.choice, one.group, one.setting) for one in found] == [
        ("model", "boosting", ("random",), ("global",)),
        ("model", "boosting", ("random",), ("per_zone",)),
        ("model", "boosting", ("blocks",), ("global",)),
        ("model", "boosting", ("blocks",), ("per_zone",)),
        ("zones", "per_zone", ("random",), ("forest",)),
        ("zones", "per_zone", ("random",), ("boosting",)),
        ("zones", "per_zone", ("blocks",), ("forest",)),
        ("zones", "per_zone", ("blocks",), ("boosting",)),
        *(("folds", "blocks", (), (model, zone)) for model in ("forest", "boosting") for zone in ("global", "per_zone")),
    ]
    assert all(one.instead == axes[one.axis] for one in found)


def test_regions_are_those_of_the_entrant_that_is_divided() -> None:
    rows = [(0, 1, 1, 1, 4), (0, 2, 1, 2, 4), (0, 3, 2, 2, 8)]
    divided = skill(rows).assign(region=["north", "north", "south"])
    found = by_region([entrant("whole", skill(rows)), entrant("divided", divided.assign(mapped=divided.code))], (1, 2))
    assert found.to_dict() == {"whole": {"north": 0.5, "south": 1.0}, "divided": {"north": 1.0, "south": 1.0}}
