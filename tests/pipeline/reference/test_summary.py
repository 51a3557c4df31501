"""Counts of the samples, apart from the run that they come from."""

from __future__ import annotations

import pandas as pd

from iota_py.pipeline.reference.summary import EVERYWHERE, _of_ledger, step_matrix


def rows(*entries: tuple[str, str, str, str, str, int, int, object]) -> pd.DataFrame:
    return pd.DataFrame(entries, columns=["step", "unit", "run", "scope", "name", "code", "polygons", "pixels"])


def test_polygons_then_pixels_and_the_mean_over_runs() -> None:
    table = rows(
        ("drawn", "polygons", "", "all", "all", 5, 7, None),
        ("drawn", "polygons", "", "all", "all", 9, 2, None),
        ("inside", "pixels", "", "all", "all", 5, 7, 70),
        ("learnt", "pixels", "0", "all", "all", 5, 4, 40),
        ("learnt", "pixels", "1", "all", "all", 5, 4, 43),
        ("learnt", "pixels", "1", "tile", "A", 5, 4, 20),
    )
    found = step_matrix(table)
    assert found.columns.tolist() == [("polygons", "drawn"), ("pixels", "inside"), ("pixels", "learnt")]
    assert found.to_numpy().tolist() == [[7, 70, 42], [2, 0, 0]]  # 41.5: half to even
    assert found.index.tolist() == [5, 9]
    # a run without a pixel there counts: 20 pixels in one run of two
    assert step_matrix(table[(table.scope == "tile") | (table.step == "learnt")], "tile", "A").to_numpy().tolist() == [[10]]


def test_the_ledger_of_a_table() -> None:
    ledger = pd.DataFrame(
        [
            ("series", float("nan"), "a", 5, "Colza", 3, 30),
            ("series", float("nan"), "b", 5, "Colza", 1, 10),
            ("learnt", 0.0, "a", 5, "Colza", 2, 20),
        ],
        columns=["step", "run", "region", "code", "alias", "polygons", "pixels"],
    )
    found = _of_ledger(ledger)
    assert step_matrix(found).to_numpy().tolist() == [[40, 20]]
    assert step_matrix(found[found.scope == "region"], "region", "b").to_numpy().tolist() == [[10, 0]]
    assert set(found.run) == {"", "0"}
    assert set(found.name[found.scope == EVERYWHERE]) == {EVERYWHERE}
