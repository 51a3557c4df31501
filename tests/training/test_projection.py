"""Components fitted on learning samples: by hand, against scikit-learn, and the same bytes each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from iota_py.errors import InputError, TaskError
from iota_py.projection import projection_arrays
from iota_py.training.bundle import load, save
from iota_py.training.fit import fit
from iota_py.training.options import RandomForestOptions
from iota_py.training.projection import fit_components, keep


def landscape(samples: int = 700, seed: int = 4) -> np.ndarray:
    """Reflectances of 12 columns that vary together: three hidden causes and noise."""
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(samples, 3)) * [900, 400, 150]
    values = 3000 + causes @ rng.normal(size=(3, 12)) + rng.normal(0, 60, (samples, 12))
    return np.clip(values, -32768, 32767).astype(np.int16)


def test_two_columns_by_hand():
    """Columns (0, 2, 4) and (10, 30, 20): standard deviations 2 and 10, correlation 0.5, so the eigenvalues are 1.5 and 0.5."""
    made = fit_components(np.array([[0, 10], [2, 30], [4, 20]], np.int16), {"all": [0, 1]}, 2)
    (group,) = made.groups
    np.testing.assert_allclose(group.mean, [2, 20])
    np.testing.assert_allclose(group.scale, [2, 10])
    half = 0.5**0.5
    np.testing.assert_allclose(group.vectors, [[half, half], [half, -half]], atol=1e-12)
    np.testing.assert_allclose(group.shares, [0.75, 0.25])
    scores = made.scores(np.array([[4, 30], [0, 30]], np.int16))
    np.testing.assert_allclose(scores, [[2 * half, 0], [0, -2 * half]], atol=1e-12)
    assert made.names == ("pca_all_1", "pca_all_2")


def test_factor_brings_the_largest_score_near_the_middle_of_int16():
    made = fit_components(np.array([[0, 10], [2, 30], [4, 20]], np.int16), {"all": [0, 1]}, 2)
    # Scores of the three samples: (-1, -1), (0, 1), (1, 0) turned: the largest is 2/√2 = 1.414, so 2**13 (2**14 would pass 16384).
    assert made.factor == 2.0**13
    assert np.abs(made.apply(np.array([[0, 10]], np.int16))).max() == round(2**13 * 2**0.5)


@pytest.mark.parametrize("columns", [range(12), range(3, 9)])
def test_same_components_as_scikit_learn(columns):
    values = landscape()
    chosen = values[:, list(columns)].astype(np.float64)
    standard = (chosen - chosen.mean(axis=0)) / chosen.std(axis=0, ddof=1)
    reference = PCA(n_components=4, svd_solver="full").fit(standard)
    signs = np.sign(reference.components_[np.arange(4), np.abs(reference.components_).argmax(axis=1)])
    made = fit_components(values, {"part": list(columns)}, 4)
    np.testing.assert_allclose(made.groups[0].vectors, reference.components_ * signs[:, None], atol=1e-9)
    np.testing.assert_allclose(made.groups[0].shares, reference.explained_variance_ratio_, atol=1e-12)
    np.testing.assert_allclose(made.scores(values), reference.transform(standard) * signs, atol=1e-9)


def test_whole_numbers_are_within_half_a_count_of_the_scores():
    """What int16 takes away: at most 0.5 / factor, here against scores whose standard deviation is about 3."""
    values = landscape(2000)
    made = fit_components(values, {"all": list(range(12))}, 6)
    scores, stored = made.scores(values), made.apply(values)
    error = np.abs(stored / made.factor - scores)
    assert error.max() <= 0.5 / made.factor
    assert 8192 <= np.abs(stored).max() <= 16384
    assert error.max() < 1e-3 * scores[:, 0].std()
    restored = stored / made.factor @ made.groups[0].vectors * made.groups[0].scale + made.groups[0].mean
    exact = scores @ made.groups[0].vectors * made.groups[0].scale + made.groups[0].mean
    assert np.abs(restored - exact).max() < 1.0, "less than one count of reflectance"


@pytest.mark.parametrize(("components", "expected"), [(1, 1), (5, 5), (40, 12), (0.6, None), (0.999, None)])
def test_how_many_components(components, expected):
    made = fit_components(landscape(), {"all": list(range(12))}, components)
    shares = made.groups[0].shares
    if expected is not None:
        assert len(shares) == expected
    else:
        assert shares.sum() >= components > shares[:-1].sum()


def test_a_share_that_is_just_reached_is_enough():
    """The first of two components explains three quarters: 0.75 takes it alone, more than that takes both."""
    samples = np.array([[0, 10], [2, 30], [4, 20]], np.int16)
    assert len(fit_components(samples, {"all": [0, 1]}, 0.75).names) == 1
    assert len(fit_components(samples, {"all": [0, 1]}, 0.76).names) == 2


def test_constant_columns_and_groups_of_them():
    values = landscape()
    values[:, [2, 5]] = 77
    made = fit_components(values, {"mixed": [0, 1, 2], "still": [5], "rest": [6, 7]}, 3)
    assert made.names == ("pca_mixed_1", "pca_mixed_2", "pca_rest_1", "pca_rest_2")
    assert made.groups[0].scale[2] == 1.0
    np.testing.assert_allclose(made.groups[0].vectors[:, 2], 0, atol=1e-12)


def test_too_little_to_learn_from_is_said():
    with pytest.raises(TaskError, match=r"E-RED-001 samples: reduction: components need at least two learning samples, found 1"):
        fit_components(np.ones((1, 3), np.int16), {"all": [0, 1, 2]}, 1)
    with pytest.raises(TaskError, match=r"E-RED-002 samples: reduction: all 3 columns are constant over 5 learning samples"):
        fit_components(np.ones((5, 3), np.int16), {"all": [0, 1, 2]}, 1)


def test_same_bytes_whatever_the_threads_and_the_order_of_the_samples():
    values = landscape(3000)
    groups = {"a": [0, 1, 2, 3, 4], "b": [5, 6, 7, 8, 9, 10, 11]}

    def content(samples: np.ndarray, threads: int) -> dict[str, bytes]:
        with threadpool_limits(threads):
            return {name: array.tobytes() for name, array in projection_arrays(fit_components(samples, groups, 3)).items()}

    assert content(values, 1) == content(values, 2) == content(values[::-1], 2)


def test_sums_over_several_blocks_of_rows(monkeypatch):
    values = landscape(1000)
    whole = fit_components(values, {"all": list(range(12))}, 3)
    monkeypatch.setattr("iota_py.moments._ROWS", 64)
    parts = fit_components(values, {"all": list(range(12))}, 3)
    assert {k: v.tobytes() for k, v in projection_arrays(parts).items()} == {k: v.tobytes() for k, v in projection_arrays(whole).items()}


def test_columns_kept_stand_in_the_order_of_the_features():
    subset = keep(("a", "b", "c", "d"), ["d", "b"])
    assert subset.names == ("b", "d")
    assert subset.columns.tolist() == [1, 3]


@pytest.mark.parametrize("kind", ["components", "subset"])
def test_a_bundle_holds_the_projection(kind, tmp_path):
    """Written, read and written again: the same bytes, and the same columns made of features."""
    values = landscape(200)
    names = tuple(f"c{k}" for k in range(12))
    projection = fit_components(values, {"a": range(6), "b": range(6, 12)}, 2) if kind == "components" else keep(names, ["c3", "c7"])
    labels = np.where(values[:, 3] > 3000, 2, 1).astype(np.uint8)
    fitted = fit("random_forest", RandomForestOptions(trees=3), projection.apply(values), labels, projection.names, 1)
    fitted = replace(fitted, names=names, projection=projection)
    save(fitted, tmp_path / "one")
    loaded = load(tmp_path / "one", names)
    assert loaded.names == names
    assert loaded.projection.apply(values).tobytes() == projection.apply(values).tobytes()
    save(loaded, tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "projection.npz" in files
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)
    save(replace(fitted, projection=None, names=projection.names), tmp_path / "two")
    assert not (tmp_path / "two" / "projection.npz").exists(), "that of the former model is gone"


def test_a_changed_projection_is_not_used(tmp_path):
    values = landscape(50)
    projection = fit_components(values, {"a": range(12)}, 2)
    fitted = fit(
        "random_forest", RandomForestOptions(trees=2), projection.apply(values), np.arange(50, dtype=np.uint8) % 2 + 1, projection.names, 1
    )
    save(replace(fitted, names=tuple("abcdefghijkl"), projection=projection), tmp_path)
    path = tmp_path / "projection.npz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"E-MOD-001 .*projection\.npz: expected SHA-256"):
        load(tmp_path)
