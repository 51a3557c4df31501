"""Ready features as 16-bit integers: scales by hand, missing values, and no loss of accuracy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.ensemble import RandomForestClassifier

from iota_py.errors import InputError
from iota_py.samples.feature_table import BELOW, Storage, chosen_columns, feature_name, fit_storage, numbers, stored

NAN = np.nan


def test_the_learning_range_fills_sixty_thousand_steps() -> None:
    storage = fit_storage(np.array([[0.0], [0.5], [1.0]]), {}, "median")
    assert storage.scale.tolist() == [60_000]
    assert storage.shift.tolist() == [-30_000]
    values = np.array([[0.0], [0.5], [1.0], [0.25], [1.04], [7.0], [-7.0], [NAN]])
    # 1.04 × 60000 - 30000 = 32400; what lies further out is cut; a missing value is the median, 0.5
    assert stored(values, storage).ravel().tolist() == [-30_000, 0, 30_000, -15_000, 32_400, 32_767, -32_767, 0]


def test_halves_go_to_the_even_neighbour_and_declared_scales_are_kept() -> None:
    storage = fit_storage(np.array([[1.0], [2.0]]), {0: (10.0, 0.5)}, "median")
    assert stored(np.array([[0.0], [0.1], [0.2]]), storage).ravel().tolist() == [0, 2, 2]  # 0.5, 1.5, 2.5
    assert storage.fill.tolist() == [16]  # the median 1.5 is 15.5


def test_a_value_below_all_stands_for_what_is_missing() -> None:
    storage = fit_storage(np.array([[-1e9, 4.0], [1e9, 4.0], [NAN, NAN]]), {}, "below")
    assert stored(np.array([[NAN, NAN], [-1e12, 4.0]]), storage).tolist() == [[BELOW, BELOW], [-32_767, 0]]


def test_columns_without_a_learning_value_or_with_one_alone() -> None:
    storage = fit_storage(np.array([[NAN, 3.0], [NAN, 3.0]]), {}, "median")
    assert stored(np.array([[NAN, 3.0], [5.0, 4.0]]), storage).tolist() == [[0, 0], [5, 1]]


def test_what_is_fitted_on_learning_rows_does_not_see_the_others() -> None:
    values = np.array([[1.0], [2.0], [3.0], [1000.0]])
    storage = fit_storage(values[:3], {}, "median")
    assert Storage.from_document(storage.document()).document() == storage.document()
    assert stored(values, storage).ravel().tolist() == [-30_000, 0, 30_000, 32_767]


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(2, 30), st.just(1)), elements=st.floats(-1e6, 1e6, allow_subnormal=False)),
)
@example(np.array([[2.3e-308], [0.0]]))
def test_order_is_kept_and_the_error_is_half_a_step_at_most(values: np.ndarray) -> None:
    storage = fit_storage(values, {}, "median")
    codes = stored(values, storage).astype(float)
    order = np.argsort(values[:, 0], kind="stable")
    assert (np.diff(codes[order, 0]) >= 0).all()
    step = 1 / storage.scale[0]
    np.testing.assert_allclose((codes - storage.shift) / storage.scale, values, atol=0.5 * step * (1 + 1e-6) + 1e-9 * np.abs(values).max())


def test_a_forest_on_stored_values_is_as_good_as_on_floats() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 900)
    values = rng.normal(labels[:, None] * [0.9, 0.0, 1e-5], [1.0, 1e4, 1e-5], (900, 3))
    learning = np.arange(900) < 600
    codes = stored(values, fit_storage(values[learning], {}, "median"))
    scores = []
    for features in (values, codes):
        forest = RandomForestClassifier(100, random_state=0).fit(features[learning], labels[learning])
        scores.append(forest.score(features[~learning], labels[~learning]))
    assert scores[0] > 0.6
    assert abs(scores[0] - scores[1]) <= 0.01  # of 300 samples: three may change sides


FRAME = pd.DataFrame({"id": ["a", "b"], "NDVI_S1": [0.1, None], "NDVI_S2": [np.inf, 3], "soil": ["x", "y"]})


def test_columns_by_name_and_by_star() -> None:
    assert chosen_columns(FRAME, ["NDVI_S2", "NDVI_*"], "t.csv") == ("NDVI_S2", "NDVI_S1")
    assert [feature_name(name) for name in ("NDVI_S1", "S2-L2A-B02", " Slope (%)")] == ["ndvi_s1", "s2_l2a_b02", "slope"]
    np.testing.assert_array_equal(numbers(FRAME, ["NDVI_S1", "NDVI_S2"]), [[0.1, NAN], [NAN, 3]])


def test_columns_that_are_not_there_or_hold_no_numbers() -> None:
    with pytest.raises(InputError) as caught:
        chosen_columns(FRAME, ["EVI_*", "soil"], "t.csv")
    first, second = str(caught.value).splitlines()
    assert first.startswith("E-TBL-001 t.csv: samples.table.columns: no column is like `EVI_*` (columns: id, NDVI_S1, NDVI_S2, soil)")
    assert second.startswith("E-TBL-005 t.csv: soil: expected numbers, found `x` in 2 rows")
