import numpy as np
import pytest

from iota_py.errors import ConfigError
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.nomenclature.aggregation import by_alias, by_rules, to_upper, unknown_codes
from tests.nomenclature.samples import THREE

TWO = Nomenclature(
    "two", (LandCoverClass(10, "Cultures", {"en": "crops"}, (1, 1, 1)), LandCoverClass(20, "Eau", {"en": "water"}, (2, 2, 2)))
)
# Every class of OSO-23 and where it goes, written by hand from the table of both nomenclatures.
OSO = {
    1: 41, 2: 42, 3: 43, 4: 44, 5: 12, 6: 12, 7: 12, 8: 11, 9: 11, 10: 11, 11: 11, 12: 11, 13: 211, 14: 221, 15: 222, 16: 31, 17: 32,
    18: 34, 19: 36, 20: 45, 21: 46, 22: 53, 23: 51,
}  # fmt: skip


def oso(project, size: int) -> Nomenclature:
    path = project / f"configs/nomenclatures/oso-{size}.yaml"
    return Nomenclature.from_document(read_yaml(path), str(path))


def rules(*entries: object, **others: object) -> dict:
    return {"rules": list(entries), **others}


def test_oso_23_to_17(project):
    path = project / "configs/nomenclatures/oso-23-to-17.yaml"
    found = by_rules(read_yaml(path), oso(project, 23), oso(project, 17), str(path))
    assert found.codes == OSO
    same = {c.alias for c in found.source.classes} & {c.alias for c in found.target.classes}
    assert len(same) == 15
    assert all(found.source[old].alias == found.target[new].alias for old, new in OSO.items() if found.source[old].alias in same)


def test_oso_23_to_its_upper_level(project):
    found = to_upper(oso(project, 23), "oso-23.yaml")
    groups = [1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10]
    assert [found.codes[code] for code in range(1, 24)] == groups
    table = found.table()
    assert (table.dtype, table.shape, table[0], table[24:].any()) == (np.uint8, (256,), 0, False)
    assert table[1:24].tolist() == groups


def test_labels_of_rules_are_codes_aliases_and_names():
    found = by_rules(rules({"from": [1, "maïs"], "to": "crops"}, {"from": ["Eau"], "to": 20}), THREE, TWO, "r.yaml")
    assert found.codes == {1: 10, 2: 10, 7: 20}


def test_classes_of_one_alias():
    assert by_alias(THREE.subset([7]), TWO).codes == {7: 20}
    with pytest.raises(ConfigError) as caught:
        by_alias(THREE, TWO)
    assert str(caught.value) == (
        "E-AGG-004 three: rules: classes of three that go nowhere in two: 1 Ble, 2 Mais. "
        "Fix: give a file of rules (--rules) that names each class, such as oso-23-to-17.yaml"
    )


CROPS, WATER = {"from": ["Ble", "Mais"], "to": "Cultures"}, {"from": ["Eau"], "to": "Eau"}


@pytest.mark.parametrize(
    ("document", "start"),
    [
        (None, "E-AGG-001 r.yaml: rules: expected name, from, to and a list of rules. Fix: see configs/"),
        (rules(), "E-AGG-001 r.yaml: rules: expected name, from, to and a list of rules"),
        (rules(CROPS, WATER, more=1), "E-AGG-001 r.yaml: rules: expected name, from, to and a list of rules"),
        (rules(CROPS, {"from": "Eau", "to": "Eau"}), "E-AGG-001 r.yaml: rules[1]: expected {from: [classes], to: class}, found {"),
        (rules({"from": ["Ble"], "to": "Ete"}, WATER), "E-AGG-002 r.yaml: rules[0].to: no class `Ete` in two"),
        (rules({"from": ["Ble", "Riz"], "to": 10}, WATER), "E-AGG-002 r.yaml: rules[0].from: no class `Riz` in three"),
        (rules(CROPS, {"from": ["Eau", "Ble"], "to": 20}), "E-AGG-003 r.yaml: rules[1].from: class `Ble` already goes to Cultures"),
        (rules(CROPS), "E-AGG-004 r.yaml: rules: classes of three that go nowhere in two: 7 Eau. Fix: give a file of rules"),
        (rules(CROPS, WATER, **{"from": "OSO-23"}), "E-AGG-010 r.yaml: from: these rules are for OSO-23, not for three. Fix: give"),
        (rules(CROPS, WATER, to="OSO-17"), "E-AGG-010 r.yaml: to: these rules are for OSO-17, not for two. Fix: give"),
    ],
)
def test_wrong_rules(document, start):
    with pytest.raises(ConfigError) as caught:
        by_rules(document, THREE, TWO, "r.yaml")
    (fault,) = caught.value.faults
    assert fault.line().startswith(start)


def test_every_wrong_rule_at_once():
    with pytest.raises(ConfigError) as caught:
        by_rules(rules("x", {"from": [3], "to": 10}, {"from": [1], "to": 3}), THREE, TWO, "r.yaml")
    assert [fault.field for fault in caught.value.faults] == ["rules[0]", "rules[1].from", "rules[2].to"]


def test_a_class_without_a_group_has_no_upper_level():
    with pytest.raises(ConfigError) as caught:
        to_upper(TWO, "two.yaml")
    assert str(caught.value) == (
        "E-AGG-008 two.yaml: group: classes without a group: Cultures, Eau. "
        "Fix: give each class its `group`, or aggregate to another nomenclature"
    )


def test_codes_that_a_nomenclature_does_not_have():
    counts = np.bincount([0, 0, 1, 3, 255, 7], minlength=256)
    assert unknown_codes(counts, THREE) == [3, 255]
