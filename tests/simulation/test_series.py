import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.simulation.series import FIRST_DAY, Departures, SeriesOptions, make_series

STILL = Departures(gain=0.0, shift=0.0, pixel=0.0, date=0.0, noise=0.0)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 20), st.integers(1, 30), st.integers(1, 6), st.integers(1, 40), st.integers(1, 40))
def test_shapes_types_and_ranges(classes, dates, bands, rows, cols):
    series = make_series(SeriesOptions(classes=classes, dates=dates, bands=bands, shape=(rows, cols)))
    assert (series.values.shape, series.values.dtype) == ((dates, bands, rows * cols), np.int16)
    assert (series.valid.shape, series.valid.dtype) == ((dates, rows * cols), np.uint8)
    assert (series.days.shape, series.days.dtype) == ((dates,), np.int32)
    assert (series.labels.shape, series.labels.dtype) == ((rows * cols,), np.uint8)
    assert set(np.unique(series.valid)) <= {0, 1}
    assert series.labels.min() >= 1
    assert series.labels.max() <= classes
    assert (np.diff(series.days) > 0).all()
    assert series.days[0] >= FIRST_DAY
    assert series.days[-1] < FIRST_DAY + 365
    assert series.values.min() >= 1
    assert series.values.max() <= 15000


def test_equal_seeds_give_equal_arrays_and_others_do_not():
    options = SeriesOptions(dates=6, shape=(32, 32))
    first, again, other = make_series(options), make_series(options), make_series(SeriesOptions(dates=6, shape=(32, 32), seed=2))
    for name in ("values", "valid", "days", "labels"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.values, other.values)
    assert not np.array_equal(first.days, other.days)


def test_parts_share_dates_and_classes_but_not_objects():
    options = SeriesOptions(classes=4, dates=5, shape=(40, 40), spacing=8, masked=0.01, label_noise=0.0, departures=STILL)
    first, second = make_series(options, 0), make_series(options, 1)
    assert np.array_equal(first.days, second.days)
    assert not np.array_equal(first.labels, second.labels)
    clear = [s.valid.all(axis=0) for s in (first, second)]
    for label in range(1, 5):
        profiles = [np.unique(s.values[:, :, (s.labels == label) & c], axis=2) for s, c in zip((first, second), clear)]
        assert profiles[0].shape[2] == 1, "without departures a class has one profile"
        assert np.array_equal(*profiles)


def test_a_sample_is_of_distinct_pixels_of_the_same_land():
    options = SeriesOptions(classes=5, dates=4, shape=(30, 30), masked=0.01, label_noise=0.0, departures=STILL)
    full, drawn = make_series(options), make_series(options, sample=700)
    assert drawn.values.shape[2] == drawn.valid.shape[1] == len(drawn.labels) == 700
    counts, counts_full = (np.bincount(s.labels, minlength=6) for s in (drawn, full))
    assert (counts <= counts_full).all(), "no pixel is drawn twice"
    assert np.array_equal(make_series(options, sample=900).labels, full.labels), "all of them, in order"


def test_clouds_are_as_frequent_as_asked_and_coherent():
    series = make_series(SeriesOptions(shape=(128, 128)))
    masked = 1 - series.valid.mean()
    assert masked == pytest.approx(0.36, abs=0.005)
    image = series.valid.reshape(-1, 128, 128)
    partly = image[(image.mean(axis=(1, 2)) > 0.2) & (image.mean(axis=(1, 2)) < 0.8)]
    assert len(partly) > 5
    assert (partly[:, :, 1:] == partly[:, :, :-1]).mean() > 0.9, "neighbours are mostly alike"
    shares = 1 - image.mean(axis=(1, 2))
    assert shares.min() < 0.02
    assert shares.max() > 0.9


def test_clouds_brighten_what_they_hide():
    options = SeriesOptions(dates=8, shape=(64, 64), departures=STILL)
    series = make_series(options)
    hidden, seen = (series.values.transpose(0, 2, 1)[series.valid == flag].mean() for flag in (0, 1))
    assert hidden > seen + 2000


def test_labels_are_coherent_but_for_the_noise():
    clean = make_series(SeriesOptions(dates=1, shape=(128, 128), label_noise=0.0)).labels.reshape(128, 128)
    noisy = make_series(SeriesOptions(dates=1, shape=(128, 128), label_noise=0.05)).labels.reshape(128, 128)
    assert (clean[:, 1:] == clean[:, :-1]).mean() > 0.9
    assert (clean != noisy).mean() == pytest.approx(0.05 * 18 / 19, abs=0.006)
    assert len(np.unique(clean)) == 19


def test_departures_widen_classes():
    def spread(departures):
        series = make_series(SeriesOptions(classes=1, dates=3, bands=2, shape=(64, 64), masked=0.01, departures=departures))
        clear = series.valid.all(axis=0)
        return series.values[:, :, clear].std(axis=2).mean()

    assert spread(STILL) < 0.5
    assert spread(Departures(0.0, 0.0, 0.0, 0.0, 100.0)) == pytest.approx(100.0, rel=0.05)
    assert spread(Departures(0.0, 0.0, 0.0, 300.0, 400.0)) == pytest.approx(500.0, rel=0.05)


@pytest.mark.parametrize(
    "bad", [{"classes": 0}, {"classes": 256}, {"dates": 366}, {"bands": 0}, {"shape": (0, 5)}, {"masked": 1.0}, {"spacing": 0}]
)
def test_refuses_what_cannot_be(bad):
    with pytest.raises(ValueError, match="expected"):
        SeriesOptions(**bad)
