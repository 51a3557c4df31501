import numpy as np
import pytest

from iota_py.assessment.transition_rules import implausible_pairs, implausible_table, read_rules
from iota_py.errors import ConfigError
from iota_py.io.documents import read_yaml
from tests.nomenclature.samples import THREE


def rules(*entries: object, **others: object) -> dict:
    return {"rules": list(entries), **others}


def test_classes_groups_and_others():
    document = rules(
        {"from": ["Eau"], "to": [{"group": "crops"}], "why": "water is not drained"},
        {"from": [{"group": "crops"}, 7], "to": ["maize"]},
        {"from": ["blé"], "to": "other"},
    )
    found = read_rules(document, THREE, "r.yaml")
    assert [(r.number, r.before, r.after, r.why) for r in found] == [
        (1, (7,), (1, 2), "water is not drained"), (2, (1, 2, 7), (2,), ""), (3, (1,), (2, 7), ""),
    ]  # fmt: skip
    assert np.argwhere(found[1].pairs()).tolist() == [[1, 2], [7, 2]]  # never of a class to itself
    assert np.argwhere(implausible_pairs(found)).tolist() == [[1, 2], [1, 7], [7, 1], [7, 2]]
    assert not implausible_pairs(()).any()


def test_pixels_of_each_rule():
    found = read_rules(rules({"from": ["Eau"], "to": "other"}, {"from": [7, 1], "to": [2], "why": "w"}), THREE, "r.yaml")
    joint = np.zeros((256, 256), np.int64)
    joint[7, 1], joint[7, 2], joint[1, 2], joint[7, 7] = 4, 5, 1, 100
    table = implausible_table(joint, found, THREE, 0.5)
    assert table.pixels.tolist() == [9, 6]  # 7 > 2 counts for both
    assert table.hectares.tolist() == [4.5, 3.0]
    assert table["from"].tolist() == ["Eau", "Ble Eau"]
    assert table.largest.tolist() == ["Eau > Mais: 5", "Eau > Mais: 5"]
    assert implausible_table(np.zeros_like(joint), found, THREE, 0.5).largest.tolist() == ["", ""]


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (
            [],
            "E-CMP-009 r.yaml: rules: expected name, nomenclature and a list of rules {from: [classes], to: [classes], why: text}. Fix: see",
        ),
        (rules(), "E-CMP-009 r.yaml: rules: expected name"),
        (rules({"from": [1], "to": [2]}, years=1), "E-CMP-009 r.yaml: rules: expected name"),
        (rules({"from": [1]}), "E-CMP-010 r.yaml: rules[0]: expected {from: [classes], to: [classes], why: text}, found {'from': [1]}"),
        (rules({"from": 1, "to": [2]}), "E-CMP-010 r.yaml: rules[0].from: expected a list of classes, found 1"),
        (rules({"from": "other", "to": [2]}), "E-CMP-010 r.yaml: rules[0].from: expected a list of classes, found 'other'"),
        (rules({"from": [1], "to": [2], "why": 3}), "E-CMP-010 r.yaml: rules[0]: expected"),
        (
            rules({"from": [1], "to": ["Riz"]}),
            "E-CMP-011 r.yaml: rules[0].to: no class or group `Riz` in three. Fix: name classes (Ble, Mais, Eau, …) or {group: name}",
        ),
        (
            rules({"from": [{"group": "wood"}], "to": [1]}),
            "E-CMP-011 r.yaml: rules[0].from: no class or group `{'group': 'wood'}` in three",
        ),
        (
            rules({"from": [1], "to": ["Ble"]}),
            "E-CMP-012 r.yaml: rules[0]: means no change: both sides are one class. Fix: name another class under `to`",
        ),
        (
            rules({"from": [1], "to": [2]}, nomenclature="OSO-23"),
            "E-CMP-015 r.yaml: nomenclature: these rules are for OSO-23, not for three. Fix: give the rules of the nomenclature of the maps",
        ),
    ],
)
def test_wrong_rules(document, line):
    with pytest.raises(ConfigError) as caught:
        read_rules(document, THREE, "r.yaml")
    (fault,) = caught.value.faults
    assert fault.line().startswith(line)


def test_every_wrong_rule_at_once():
    with pytest.raises(ConfigError) as caught:
        read_rules(rules("x", {"from": ["a"], "to": ["b"]}), THREE, "r.yaml")
    assert [fault.field for fault in caught.value.faults] == ["rules[0]", "rules[1].from", "rules[1].to"]


def test_the_rules_of_oso_23(project, oso):
    """Some changes of which one can say beforehand whether they are implausible from one year to the next."""
    path = project / "configs/transitions/oso-23.yaml"
    found = read_rules(read_yaml(path), oso, str(path))
    assert all(rule.why for rule in found)
    odd, code = implausible_pairs(found), {c.alias: c.code for c in oso.classes}
    implausible = ["UrbainDens Mais", "Routes Prairie", "CerealPail Feuillus", "Feuillus Coniferes", "Eau Colza", "Prairie GlaceNeige"]
    plausible = ["Mais Colza", "Mais UrbainDiff", "Feuillus Landes", "Landes Feuillus", "Eau Riz", "Riz Eau", "Eau PlageDune", "GlaceNeige SurfMin",
                 "Prairie CerealPail", "Vignes CerealPail"]  # fmt: skip
    for pairs, expected in ((implausible, True), (plausible, False)):
        for pair in pairs:
            old, new = (code[alias] for alias in pair.split())
            assert odd[old, new] == expected, pair
