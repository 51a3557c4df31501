"""Which held-out pixels are looked at, and what each stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from iota_py.pipeline.steps.tested import polygon_weights


def pixels(sizes: list[int], code: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"region": 1, "code": code, "polygon": np.repeat(np.arange(len(sizes)), sizes)})


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 60), st.integers(0, 5))
def test_no_polygon_is_left_out_and_each_stands_for_its_pixels(sizes: list[int], most: int, seed: int) -> None:
    table = pixels(sizes)
    weight = polygon_weights(table, np.ones(len(table), bool), most, seed)
    assert (weight > 0).sum() == min(len(table), max(most, len(sizes)))
    np.testing.assert_allclose(pd.Series(weight).groupby(table.polygon).sum(), sizes)


def test_small_polygons_are_taken_whole_before_large_ones_give_more() -> None:
    """Polygons of 1, 3 and 50 pixels, 10 wanted: 1, 3 and 6."""
    table = pixels([1, 3, 50])
    weight = polygon_weights(table, np.ones(54, bool), 10, 4)
    assert (weight > 0)[:4].all()
    assert set(weight[weight > 0].tolist()) == {1.0, 50 / 6}


def test_only_rows_asked_for_and_a_stream_for_each_class() -> None:
    table = pd.concat([pixels([20, 20]), pixels([20, 20], 5).assign(polygon=lambda one: one.polygon + 2)], ignore_index=True)
    rows = np.arange(80) % 2 == 0
    weight = polygon_weights(table, rows, 8, 1)
    assert not weight[~rows].any()
    assert weight.sum() == 40
    alone = polygon_weights(table[:40], rows[:40], 8, 1)
    np.testing.assert_array_equal(alone, weight[:40])
    assert ((weight[:40] > 0) != (weight[40:] > 0)).any()
