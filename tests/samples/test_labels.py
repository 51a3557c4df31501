import numpy as np
import pytest

from iota_py.errors import InputError
from iota_py.samples.labels import read_labels
from tests.samples.reference import CLASSES, box, frame


def labels(values, ignore=(), relabel=None):
    return read_labels(frame([box(0, 0)] * len(values), list(values)), "label", CLASSES, ignore, "ref.gpkg", relabel).tolist()


def test_labels_by_code_alias_name_and_accents():
    assert labels(["5", "Colza", "rapeseed", "RAPESEED ", "zone bâtie", "Zone Batie", "eau"]) == [5, 5, 5, 5, 1, 1, 23]
    assert labels([5, 23]) == [5, 23]
    assert labels([5.0, 23.0]) == [5, 23]
    assert labels(np.array([5, 23], np.float32)) == [5, 23]
    assert labels(np.array([5, 23], np.int16)) == [5, 23]


def test_labels_to_ignore_have_code_0():
    assert labels(["Colza", "unknown", "x"], ("unknown", "x")) == [5, 0, 0]
    assert labels([5, 99], (99,)) == [5, 0]
    assert labels([5, 99], ("99",)) == [5, 0]
    assert labels([5.0, 99.0], (99,)) == [5, 0]


def test_a_missing_field_lists_those_there_are():
    polygons = frame([box(0, 0)]).assign(CODE_GROUP=1, surface=2.0)
    with pytest.raises(InputError, match=r"E-SAM-001 ref\.gpkg: samples\.label: field `code` .*\(fields: label, CODE_GROUP, surface\)"):
        read_labels(polygons, "code", CLASSES, (), "ref.gpkg")


def test_labels_that_the_nomenclature_lacks_are_listed():
    with pytest.raises(InputError) as caught:
        labels([5.0, 7.0, 8.5, 7.0])
    assert str(caught.value) == (
        "E-SAM-003 ref.gpkg: label: labels that are not in nomenclature small: 7, 8.5. Fix: add them to the nomenclature "
        "(it holds 1 Urbain, 5 Colza, 23 Eau), or list them under samples.ignore"
    )
    with pytest.raises(InputError, match=r"k0, k1, k2, k3, k4, k5, k6, k7, …\."):
        labels([f"k{i}" for i in range(10)])


def test_rows_without_a_label_are_listed_with_the_other_faults():
    with pytest.raises(InputError) as caught:
        labels(["5", None, "wood", None])
    assert [fault.code for fault in caught.value.faults] == ["E-SAM-002", "E-SAM-003"]
    assert "2 rows have no label (rows 1, 3)" in str(caught.value)


def test_labels_are_given_another_class_before_they_are_read():
    assert labels(["wheat", "5", "lake "], relabel={"wheat": "Colza", "lake": "23"}) == [5, 5, 23]
    assert labels([10, 5, 7], relabel={"10": "eau", "5": "1", "7": "5"}) == [23, 1, 5]  # once, never twice
    assert labels([10.0, 5.0], relabel={"10": "23"}) == [23, 5]
    assert labels(["x", "5"], ("x",), {"x": "5"}) == [0, 5]  # what is ignored is ignored
    with pytest.raises(InputError, match=r"E-SAM-003 .*not in nomenclature small: rye"):
        labels(["wheat", "rye"], relabel={"wheat": "5"})
