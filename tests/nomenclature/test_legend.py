from iota_py.io.documents import read_yaml
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.nomenclature.legend import legend_groups
from tests.nomenclature.samples import THREE


def test_classes_stand_under_their_groups():
    assert [(g.heading, [c.alias for c in g.classes]) for g in legend_groups(THREE)] == [("crops", ["Ble", "Mais"]), ("water", ["Eau"])]
    assert [g.heading for g in legend_groups(THREE, "fr")] == ["cultures", "water"]


def test_classes_without_groups_have_no_heading():
    bare = Nomenclature("bare", (LandCoverClass(1, "a", {"en": "a"}, (0, 0, 0)), LandCoverClass(2, "b", {"en": "b"}, (0, 0, 0))))
    (group,) = legend_groups(bare)
    assert (group.heading, len(group.classes)) == ("", 2)


def test_the_legend_of_oso_in_french(project):
    path = project / "configs/nomenclatures/oso-23.yaml"
    groups = legend_groups(Nomenclature.from_document(read_yaml(path), str(path)), "fr")
    assert [(g.heading, len(g.classes)) for g in groups] == [
        ("bâti", 3), ("routes", 1), ("cultures annuelles", 8), ("prairies", 1), ("cultures pérennes", 2), ("forêts", 2),
        ("végétation naturelle basse", 2), ("surfaces minérales", 2), ("glaciers", 1), ("eau", 1),
    ]  # fmt: skip
