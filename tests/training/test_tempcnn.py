"""The temporal network fitted by PyTorch, against its own answers."""

from __future__ import annotations

import numpy as np
import pytest

from iota_py.prediction.loading import load_engine
from iota_py.temporal import normalised
from iota_py.training.fit import fit
from iota_py.training.options import TempCNNOptions

torch = pytest.importorskip("torch", reason="torch is not installed (pip install 'iota-py[torch]')")

from iota_py.training import tempcnn  # noqa: E402

DAYS = [f"2018{month:02d}01" for month in range(1, 9)]
NAMES = tuple(f"s2_{band}_{day}" for day in DAYS for band in ("b4", "b8"))
OPTIONS = TempCNNOptions(filters=8, width=3, dense=16, epochs=20, dropout=0.2, learning_rate=5e-3, batch=64)


def seasons(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that differ by when they are green: early or late; band 4 is noise."""
    rng = np.random.default_rng(2)
    labels = rng.choice(np.array([5, 60], np.uint8), n)
    month = np.arange(8)
    green = 2000 + 3000 * np.exp(-((month - np.where(labels == 5, 2, 5)[:, None]) ** 2) / 4) + rng.normal(0, 300, (n, 8))
    return np.stack([rng.normal(900, 200, (n, 8)), green], axis=2).reshape(n, 16).astype(np.int16), labels


def test_plain_numbers_give_the_scores_of_pytorch(monkeypatch):
    kept = {}
    plain = tempcnn._plain
    monkeypatch.setattr(
        tempcnn, "_plain", lambda network, *rest: kept.setdefault("model", plain(kept.setdefault("network", network), *rest))
    )
    features, labels = seasons()
    model = fit("tempcnn", OPTIONS, features, labels, NAMES, 3)
    network, own = kept["network"].eval(), model.estimator
    series, static = normalised(features, own.columns, own.static, own.low, own.high)
    with torch.no_grad():
        expected = torch.softmax(tempcnn._forward(network, torch.from_numpy(series.copy()), torch.from_numpy(static)), 1).numpy()
    np.testing.assert_allclose(own.predict_proba(features), expected, atol=1e-5)
    assert (load_engine(model).predict(features).labels == labels).mean() > 0.97


def test_the_state_of_pytorch_is_as_before():
    torch.manual_seed(7)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    features, labels = seasons(60)
    fit("tempcnn", OPTIONS, features, labels, NAMES, 3)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_no_batch_of_one():
    sizes = [len(rows) for rows in tempcnn._batches(129, TempCNNOptions(epochs=1, batch=128), 0)]
    assert sizes == [65, 64]
