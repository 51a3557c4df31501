"""Canonical skops archives."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier
from skops.io.exceptions import UntrustedTypesFoundException

from iota_py.training.archive import dump, npy_bytes, restore, zip_bytes


def test_zip_has_one_date_and_the_order_given():
    data = zip_bytes([("b", b"2"), ("a", b"1" * 1000)])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["b", "a"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("a") == b"1" * 1000


def test_gaps_between_the_fields_of_records_are_zeroed():
    kind = np.dtype({"names": ["a", "b"], "formats": ["u1", "<i4"], "offsets": [0, 4], "itemsize": 8})
    noisy = np.frombuffer(bytes(range(16)), kind)
    clean = npy_bytes(noisy)
    assert clean.endswith(bytes([0, 0, 0, 0, 4, 5, 6, 7, 8, 0, 0, 0, 12, 13, 14, 15]))
    np.testing.assert_array_equal(np.load(io.BytesIO(clean)), noisy)
    assert np.load(io.BytesIO(npy_bytes(np.float64(3.5)))).shape == ()


def test_bytes_ignore_what_scikit_learn_leaves_in_leaves():
    tree = DecisionTreeClassifier(random_state=0).fit([[0.0], [1.0], [2.0]], [1, 2, 1])
    first = dump(tree)
    state = tree.tree_.__getstate__()
    state["nodes"]["missing_go_to_left"][state["nodes"]["left_child"] < 0] = 1
    tree.tree_.__setstate__(state)
    assert tree.tree_.__getstate__()["nodes"]["missing_go_to_left"].any()
    assert dump(tree) == first
    with pytest.raises(UntrustedTypesFoundException, match="Tree"):
        restore(first)
    assert restore(first, ["sklearn.tree._tree.Tree"]).predict([[0.0], [1.0], [2.0]]).tolist() == [1, 2, 1]
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == [f"{k}.npy" for k in range(1, len(archive.namelist()))] + ["schema.json"]
