import numpy as np

from iota_py.bench.scale import FULL
from iota_py.bench.workload import feature_names, features_of, learning_samples, part_features, pixels, series_options, target_dates
from iota_py.simulation.series import make_series
from tests.bench.conftest import TINY


def test_the_full_benchmark_has_403_columns_and_a_million_pixels():
    assert len(target_dates(FULL.step)) == 31
    assert len(feature_names(FULL)) == 403
    assert FULL.parts * FULL.part[0] * FULL.part[1] >= 1_000_000
    assert FULL.rounds >= 5


def test_features_have_a_column_for_each_name():
    series = make_series(series_options(TINY, (8, 9)))
    features = features_of(series, TINY.step)
    assert features.shape == (72, len(feature_names(TINY)))
    assert features.dtype == np.int16
    assert features.flags.c_contiguous


def test_samples_have_labels_of_all_classes():
    features, labels = learning_samples(TINY, 300)
    assert features.shape[0] == len(labels) == 300
    assert set(np.unique(labels)) == {1, 2, 3, 4}


def test_pixels_run_over_parts():
    size = TINY.part[0] * TINY.part[1]
    taken = pixels(TINY, size + 5)
    assert len(taken) == size + 5
    assert np.array_equal(taken[:size], part_features(TINY, 0))
    assert np.array_equal(taken[size:], part_features(TINY, 1)[:5])
