import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iota_py.errors import ConfigError, InputError
from iota_py.samples import augmentation as module
from iota_py.samples.augmentation import Augmentation, additions, missing, require_library

PROPERTY = settings(max_examples=15, deadline=None, derandomize=True)
METHODS = ("replicate", "jitter", "smote")
COUNTS = {5: 40, 6: 7, 10: 0, 23: 15}


@pytest.mark.parametrize(
    ("augmentation", "expected"),
    [
        (Augmentation("jitter", "minimum", 20), {6: 13, 23: 5}),  # a class without a sample has nothing to be made from
        (Augmentation("jitter", "balance"), {6: 33, 23: 25}),
        (Augmentation("jitter", "byclass", table={5: 50, 6: 3, 10: 9}), {5: 10}),
    ],
)
def test_numbers_to_add(augmentation, expected):
    assert missing(COUNTS, augmentation) == expected
    assert missing({}, augmentation) == {}


def samples(*sizes: int, features: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes 5, 6, … of these sizes, mixed, with features about a hundred times their code."""
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(5, 5 + len(sizes)), sizes)).astype(np.uint8)
    noise = np.random.default_rng(seed + 1).integers(-40, 40, (len(labels), features))
    return (labels[:, None] * 100 + noise).astype(np.int16), labels


def test_replicates_are_shared_out_evenly():
    features, labels = samples(10, 3)
    parents, made = additions(features, labels, Augmentation("replicate", "minimum", 10), 0, 1)
    assert len(parents) == 7
    assert np.array_equal(made, features[parents])
    counts = np.bincount(parents, minlength=13)[labels == 6]
    assert sorted(counts.tolist()) == [2, 2, 3]
    assert (labels[parents] == 6).all()


def test_noise_has_the_share_asked_for_of_the_deviation_of_the_class():
    """Class 6 is two samples, 0 and 2000 (deviation 1414.2), and class 5 reaches beyond them, so that no noise is cut off."""
    features = np.array([[-9000, 7], [9000, 7], [0, 7], [2000, 7]], np.int16)
    labels = np.array([5, 5, 6, 6], np.uint8)
    parents, made = additions(features, labels, Augmentation("jitter", "byclass", table={6: 4002}, jitter=0.5), 0, 1)
    noise = made[:, 0].astype(int) - features[parents, 0]
    assert noise.std() == pytest.approx(0.5 * 1414.2, rel=0.04)
    assert abs(noise.mean()) < 40
    assert (made[:, 1] == 7).all()


def test_noise_of_a_single_sample_is_none():
    features, labels = samples(3, 1)
    parents, made = additions(features, labels, Augmentation("jitter", "balance"), 0, 1)
    assert np.array_equal(made, features[parents])


def test_smote_lies_between_samples_of_the_class():
    """All of class 6 lies on one line: so does all that is made of it."""
    steps = np.array([0, 10, 20, 30, 40, 50])
    features = np.concatenate([np.full((20, 2), 3000), np.stack([100 + 10 * steps, 500 + 20 * steps], axis=1)]).astype(np.int16)
    labels = np.repeat([5, 6], [20, 6]).astype(np.uint8)
    parents, made = additions(features, labels, Augmentation("smote", "balance", neighbours=2), 1, 1)
    assert len(made) == 14
    assert np.abs((made[:, 0] - 100) * 2 - (made[:, 1] - 500)).max() <= 2  # whole numbers
    assert len(np.unique(made, axis=0)) > 10
    nearest = np.abs(features[20:, 0].astype(int) - made[:, :1]).min(axis=1)
    assert np.array_equal(np.abs(features[parents, 0].astype(int) - made[:, 0]), nearest)


def test_smote_takes_as_many_neighbours_as_there_are():
    features, labels = samples(8, 2)
    parents, made = additions(features, labels, Augmentation("smote", "balance", neighbours=5), 1, 1)
    assert len(made) == 6
    own = features[labels == 6]
    assert (made >= own.min(axis=0)).all()
    assert (made <= own.max(axis=0)).all()
    assert (labels[parents] == 6).all()


def test_smote_of_one_sample_is_refused():
    with pytest.raises(InputError) as caught:
        additions(*samples(8, 1), Augmentation("smote", "balance"), 0, 1)
    assert str(caught.value) == (
        "E-AUG-002 samples: augmentation.method: smote: class 6 has one learning sample only. Fix: use method: jitter or replicate, add polygons, "
        "or leave the region out of samples.augmentation.regions"
    )


@pytest.mark.parametrize("method", METHODS)
@PROPERTY
@given(sizes=st.lists(st.integers(2, 12), min_size=1, max_size=4), seed=st.integers(0, 1000), number=st.integers(1, 25))
def test_every_class_reaches_its_number_and_the_draw_repeats(method, sizes, seed, number):
    features, labels = samples(*sizes, seed=seed)
    augmentation = Augmentation(method, "minimum", number)
    parents, made = additions(features, labels, augmentation, seed, 2)
    assert made.dtype == np.int16
    assert made.shape == (len(parents), features.shape[1])
    for code, size in zip(range(5, 5 + len(sizes)), sizes):
        assert (labels[parents] == code).sum() == max(0, number - size)
    assert np.array_equal(labels[parents], np.sort(labels[parents]))
    if len(made):
        assert (made >= features.min(axis=0)).all()
        assert (made <= features.max(axis=0)).all()
    again = additions(features, labels, augmentation, seed, 2)
    assert np.array_equal(parents, again[0])
    assert np.array_equal(made, again[1])


@pytest.mark.parametrize("method", METHODS)
def test_what_is_made_of_a_class_does_not_depend_on_the_others(method):
    """But for the range that features are kept in."""
    features, labels = samples(6, 9)
    features[np.flatnonzero(labels == 6)[:2]] = [[20000], [-20000]]
    more = np.concatenate([features, np.full((8, 4), 300, np.int16)])
    augmentation = Augmentation(method, "byclass", table={5: 12}, jitter=0.01)
    parents, made = additions(features, labels, augmentation, 7, 1)
    others = additions(more, np.concatenate([labels, np.full(8, 23, np.uint8)]), augmentation, 7, 1)
    assert np.array_equal(parents, others[0])
    assert np.array_equal(made, others[1])
    elsewhere = additions(features, labels, augmentation, 7, 2)
    assert not (np.array_equal(parents, elsewhere[0]) and np.array_equal(made, elsewhere[1])) or method == "replicate"


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="unknown target best"):
        missing({5: 1}, Augmentation("jitter", "best"))
    with pytest.raises(ValueError, match="unknown method best"):
        additions(*samples(2, 4), Augmentation("best", "balance"), 0, 1)


def test_a_missing_library_is_said(monkeypatch):
    require_library("smote")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    require_library("jitter")
    with pytest.raises(ConfigError) as caught:
        require_library("smote")
    assert str(caught.value) == (
        "E-AUG-001 config: samples.augmentation.method: smote needs imbalanced-learn, not installed. "
        "Fix: pip install 'iota-py[balance]', or method: jitter"
    )
