import pandas as pd
import pytest

from iota_py.errors import InputError
from iota_py.samples.relabel import relabel_table, some, unknown_targets, unused_entries
from tests.samples.reference import CLASSES


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=object)


def test_a_table_gives_each_label_a_class():
    found = relabel_table(table(**{"from": ["wheat ", "10"], "to": ["5", " eau"], "note": ["", "x"]}), "t.csv")
    assert found == {"wheat": "5", "10": "eau"}


def test_columns_must_have_their_names():
    with pytest.raises(InputError) as caught:
        relabel_table(table(old=["a"], to=["5"]), "t.csv")
    assert str(caught.value) == "E-SAM-020 t.csv: samples.relabel: no column from (columns: old, to). Fix: expected columns from, to"


def test_empty_cells_and_labels_that_stand_twice_are_named():
    with pytest.raises(InputError) as caught:
        relabel_table(table(**{"from": ["a", "", "b", "a"], "to": ["5", "5", " ", "1"]}), "t.csv")
    assert str(caught.value).splitlines() == [
        "E-SAM-021 t.csv: from, to: expected a label and a class, found an empty cell (line 3, 4)",
        "E-SAM-021 t.csv: from: labels that stand twice: a. Fix: keep one line for each",
    ]


def test_classes_must_be_those_of_the_nomenclature():
    assert unknown_targets({"a": "5", "b": "Rapeseed", "c": "zone batie"}, CLASSES, "t.csv") == []
    (fault,) = unknown_targets({"a": "6", "b": "5", "c": "wood"}, CLASSES, "t.csv")
    assert fault.line() == (
        "E-SAM-022 t.csv: samples.relabel: classes that are not in nomenclature small: 6 (for a), wood (for c). "
        "Fix: the nomenclature holds 1 Urbain, 5 Colza, 23 Eau"
    )


def test_entries_that_nothing_matches():
    values = pd.Series(["wheat", "rye ", None, "oat"])
    assert unused_entries({"wheat": "5", "rye": "5", "Oat": "5", "oat": "5"}, values, ("oat",)) == ["Oat", "oat"]
    assert unused_entries({"10": "5", "7": "1"}, pd.Series([10.0, 5.0]), ()) == ["7"]


def test_long_lists_are_cut():
    assert some(range(8)) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert some(range(9)) == "0, 1, 2, 3, 4, 5, 6, 7, …"
