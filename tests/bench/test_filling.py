import numpy as np
import pytest

from iota_py.bench import filling
from iota_py.bench.filling import compare_with_interp, fill_in_numpy, measure_filling
from iota_py.bench.workload import index_plan, series_options
from iota_py.pipeline.inputs.reading import optical_features
from iota_py.simulation.series import FIRST_DAY, PixelSeries, make_series
from tests.bench.conftest import TINY

TARGETS = np.arange(FIRST_DAY, FIRST_DAY + 365, 30, dtype=np.int32)


@pytest.fixture
def series() -> PixelSeries:
    return make_series(series_options(TINY, (20, 30)))


def test_a_row_is_within_one_digital_number(tiny):
    measure = measure_filling(tiny, 35)
    assert measure.identity.holds
    assert 0.1 < measure.identity.difference <= 1.0, "both sides round: a difference of 0 would mean that nothing was compared"
    assert measure.identity.pixels == 50
    assert measure.clock == "cpu"
    assert "to 37" in measure.note


def test_numpy_gives_what_the_kernels_give(series):
    ours = optical_features(series.values, series.valid, series.days, TARGETS, index_plan())
    numpy = fill_in_numpy(series, TARGETS, index_plan(), chunk=256)
    assert numpy.shape == ours.T.shape
    assert np.abs(numpy.astype(int) - ours.T).max() <= 1
    assert (numpy != ours.T).mean() < 0.01


def test_numpy_by_hand():
    values = np.zeros((3, 10, 2), np.int16)
    values[:, 0, 0] = 100, 999, 300
    series = PixelSeries(values, np.array([[1, 0], [0, 0], [1, 0]], np.uint8), np.array([10, 20, 30], np.int32), np.ones(2, np.uint8))
    filled = fill_in_numpy(series, np.array([5, 10, 15, 25, 40], np.int32), index_plan())[:50].reshape(5, 10, 2)
    assert filled[:, 0, 0].tolist() == [100, 100, 150, 250, 300]
    assert not filled[:, :, 1].any(), "never usable: zero"


def test_wrong_columns_are_found_out(series):
    columns = optical_features(series.values, series.valid, series.days, TARGETS, index_plan())
    chosen = np.arange(0, 600, 60)
    right = compare_with_interp(columns[chosen], series, TARGETS, index_plan(), chosen)
    assert right.holds
    spoilt = columns[chosen].copy()
    spoilt[3, 17] += 3
    wrong = compare_with_interp(spoilt, series, TARGETS, index_plan(), chosen)
    assert not wrong.holds
    assert wrong.difference >= 2.5


def test_a_row_of_wrong_kernels_is_not_identical(tiny, monkeypatch):
    right = filling.optical_features
    monkeypatch.setattr(filling, "optical_features", lambda *words: right(*words) + np.int16(2))
    assert not measure_filling(tiny, 35).identity.holds
