from xml.etree import ElementTree as ET

import numpy as np
import pytest

from iota_py.errors import ConfigError
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import LandCoverClass, Nomenclature, label_text, ramp_style

# code of 17, code of 23, alias, French, English, colour; as published for the OSO product
OSO = """
11 -  | Ete        | culture d'été          | summer crops                    | 255 85 0
12 -  | Hiver      | culture d'hiver        | winter crops                    | 255 255 127
-  5  | Colza      | colza                  | rapeseed                        | 255 255 0
-  6  | CerealPail | céréales à paille      | straw cereals                   | 208 255 0
-  7  | Proteagine | protéagineux           | protein crops                   | 161 214 0
-  8  | Soja       | soja                   | soy                             | 255 171 68
-  9  | Tournesol  | tournesol              | sunflower                       | 214 214 0
-  10 | Mais       | maïs                   | maize                           | 255 85 0
-  11 | Riz        | riz                    | rice                            | 197 255 255
-  12 | TuberRacin | tubercules/racines     | roots and tubers                | 170 170 97
31 16 | Feuillus   | forêts de feuillus     | broad-leaved forest             | 0 156 0
32 17 | Coniferes  | forêts de conifères    | coniferous forest               | 0 50 0
34 18 | Pelouse    | pelouses               | natural grassland               | 170 255 0
36 19 | Landes     | landes ligneuses       | woody moorland                  | 85 170 127
41 1  | UrbainDens | urbain dense           | continuous urban fabric         | 255 0 255
42 2  | UrbainDiff | urbain diffus          | discontinuous urban fabric      | 255 85 255
43 3  | ZoneIndCom | zones ind. et com.     | industrial and commercial units | 255 170 255
44 4  | Routes     | surfaces routes        | road surfaces                   | 0 255 255
45 20 | SurfMin    | surfaces minérales     | bare rock                       | 255 0 0
46 21 | PlageDune  | plages et dunes        | beaches and dunes               | 255 184 2
51 23 | Eau        | eau                    | water bodies                    | 0 0 255
53 22 | GlaceNeige | glaciers ou neiges ét. | glaciers and perpetual snow     | 190 190 190
211 13 | Prairie   | prairies               | grassland                       | 170 170 0
221 14 | Vergers   | vergers                | orchards                        | 170 170 255
222 15 | Vignes    | vignes                 | vineyards                       | 85 0 0
"""
GROUPS = {
    "urban": (1, 2, 3), "roads": (4,), "annual crops": (5, 6, 7, 8, 9, 10, 11, 12), "grassland": (13,), "perennial crops": (14, 15),
    "forest": (16, 17), "natural low vegetation": (18, 19), "mineral surfaces": (20, 21), "glaciers": (22,), "water": (23,),
}  # fmt: skip


def published(column: int) -> dict[int, tuple[str, str, str, tuple[int, ...]]]:
    found = {}
    for line in OSO.strip().splitlines():
        codes, alias, french, english, colour = (part.strip() for part in line.split("|"))
        code = codes.split()[column]
        if code != "-":
            found[int(code)] = (alias, french, english, tuple(map(int, colour.split())))
    return found


def oso(project, size: int) -> Nomenclature:
    path = project / "configs" / "nomenclatures" / f"oso-{size}.yaml"
    return Nomenclature.from_document(read_yaml(path), str(path))


def small(*classes: tuple[int, str]) -> Nomenclature:
    return Nomenclature("small", tuple(LandCoverClass(code, alias, {"en": alias.lower()}, (code, 0, 255)) for code, alias in classes))


def entry(**changes) -> dict:
    return {"code": 1, "alias": "Eau", "name": {"en": "water"}, "colour": [0, 0, 255], **changes}


@pytest.mark.parametrize(("size", "column"), [(17, 0), (23, 1)])
def test_oso_is_as_published(project, size, column):
    nomenclature, expected = oso(project, size), published(column)
    assert len(expected) == size
    assert nomenclature.name == f"OSO-{size}"
    assert {c.code: (c.alias, c.names["fr"], c.names["en"], c.colour) for c in nomenclature.classes} == expected
    assert nomenclature.codes == tuple(sorted(expected))


def test_groups_of_oso_23(project):
    nomenclature = oso(project, 23)
    assert {c.code: c.group for c in nomenclature.classes} == {code: group for group, codes in GROUPS.items() for code in codes}


def test_groups_of_oso_17_are_those_of_23_for_the_same_alias(project):
    of_23 = {c.alias: c.group for c in oso(project, 23).classes}
    for c in oso(project, 17).classes:
        assert c.group == of_23.get(c.alias, "annual crops"), c.alias


@pytest.mark.parametrize("size", [17, 23])
def test_qgis_style_holds_each_class(project, size):
    nomenclature = oso(project, size)
    text = nomenclature.qgis_style("fr")
    assert text.startswith("<!DOCTYPE qgis>\n<qgis ")
    renderer = ET.fromstring(text.removeprefix("<!DOCTYPE qgis>\n")).find("pipe/rasterrenderer")
    assert (renderer.get("type"), renderer.get("band")) == ("paletted", "1")
    entries = [(e.get("value"), e.get("color"), e.get("label")) for e in renderer.iter("paletteEntry")]
    assert entries == [(str(c.code), c.hex_colour, c.names["fr"]) for c in nomenclature.classes]


def test_ramp_style_by_hand():
    root = ET.fromstring(ramp_style(0, 40, "dates").removeprefix("<!DOCTYPE qgis>\n"))
    items = [(i.get("value"), i.get("color"), i.get("label")) for i in root.iter("item")]
    assert [value for value, _, _ in items] == ["0", "10", "20", "30", "40"]
    assert items[0][1:] == ("#440154", "dates 0")
    assert items[-1][1:] == ("#fde725", "dates 40")


def test_colormap_is_whole_and_nodata_is_transparent():
    table = small((1, "A"), (200, "B")).colormap()
    assert sorted(table) == list(range(256))
    assert table[0] == (0, 0, 0, 0)
    assert table[1] == (1, 0, 255, 255)
    assert table[200] == (200, 0, 255, 255)
    assert table[2] == (0, 0, 0, 255)


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (6, 6),
        ("6", 6),
        (6.0, 6),
        (np.int64(6), 6),
        (np.float32(6), 6),
        ("CerealPail", 6),
        (" cerealpail ", 6),
        ("Céréales à paille", 6),
        ("cereales a PAILLE", 6),
        ("straw cereals", 6),
        ("maïs", 10),
        ("FORÊTS DE CONIFÈRES", 17),
        ("06", None),
        (6.5, None),
        (0, None),
        (24, None),
        (True, None),
        ("", None),
        ("nan", None),
    ],
)
def test_labels_by_code_alias_or_name(project, label, code):
    assert oso(project, 23).code_of(label) == code


def test_label_text():
    assert [label_text(v) for v in (7, 7.0, np.float32(7), 7.5, "7.0", True)] == ["7", "7", "7", "7.5", "7.0", "True"]


def test_order_subset_and_lookup():
    document = {"classes": [entry(code=9, alias="B"), entry(code=2, alias="A")]}
    nomenclature = Nomenclature.from_document(document, "n.yaml")
    assert nomenclature.codes == (2, 9)
    assert nomenclature.name == "n.yaml"
    assert nomenclature[9].alias == "B"
    assert nomenclature.subset([9, 55]).codes == (9,)
    with pytest.raises(KeyError):
        nomenclature[3]
    assert nomenclature[2].label("de") == "water"
    assert LandCoverClass(1, "X", {}, (0, 0, 0)).label() == "X"
    assert LandCoverClass(1, "X", {}, (0, 171, 255)).hex_colour == "#00abff"


@pytest.mark.parametrize("document", [None, [], {}, {"classes": []}, {"classes": {"code": 1}}])
def test_a_document_without_classes(document):
    with pytest.raises(ConfigError, match=r"E-NOM-001 n.yaml: classes: .*Fix: see configs/nomenclatures"):
        Nomenclature.from_document(document, "n.yaml")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": 0}, "code"),
        ({"code": 256}, "code"),
        ({"code": "1"}, "code"),
        ({"code": True}, "code"),
        ({"alias": "two words"}, "alias"),
        ({"alias": None}, "alias"),
        ({"name": "water"}, "name"),
        ({"name": {"fr": "eau"}}, "name"),
        ({"colour": [0, 0, 256]}, "colour"),
        ({"colour": [0, 0]}, "colour"),
        ({"color": [0, 0, 1]}, "color"),
    ],
)
def test_a_wrong_entry_names_its_field(changes, field):
    with pytest.raises(ConfigError) as caught:
        Nomenclature.from_document({"classes": [entry(code=3, alias="C"), entry(**changes)]}, "n.yaml")
    (fault,) = caught.value.faults
    assert (fault.code, fault.field) == ("E-NOM-002", f"classes[1].{field}")


def test_every_fault_at_once():
    document = {"classes": ["water", entry(code=300, alias="a b"), entry(), entry()]}
    with pytest.raises(ConfigError) as caught:
        Nomenclature.from_document(document, "n.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert "classes[0]" in lines[0]
    assert "classes[1].code" in lines[1]
    assert "classes[1].alias" in lines[2]
    assert "E-NOM-003 n.yaml: classes: code `1` is given to several classes" in lines[3]
    assert "alias `Eau` is given to several classes" in lines[4]


def test_the_upper_level_has_the_groups_as_classes(project):
    lower = Nomenclature.from_document(read_yaml(project / "configs/nomenclatures/oso-23.yaml"), "oso-23.yaml")
    upper = lower.upper("oso-23.yaml")
    assert [(c.code, c.alias) for c in upper.classes] == [
        (1, "urban"), (2, "roads"), (3, "annual_crops"), (4, "grassland"), (5, "perennial_crops"), (6, "forest"),
        (7, "natural_low_vegetation"), (8, "mineral_surfaces"), (9, "glaciers"), (10, "water"),
    ]  # fmt: skip
    assert upper[3].label("fr") == "cultures annuelles"
    assert upper.code_of("Cultures Annuelles") == 3
    assert upper[3].colour == lower[5].colour
    assert upper.colormap()[10] == (0, 0, 255, 255)


def test_labels_of_the_lower_level_are_read_as_their_group(project):
    lower = Nomenclature.from_document(read_yaml(project / "configs/nomenclatures/oso-23.yaml"), "oso-23.yaml")
    upper = lower.upper("oso-23.yaml").subset([3, 10])
    labels = ["5", 12, "maïs", "Colza", 23, "annual crops", "water", "3", "Prairie"]
    assert [upper.code_of(label) for label in labels] == [3, 3, 3, 3, 10, 3, 10, None, None]  # 3 is the code of a class, in urban


def test_classes_without_a_group_have_no_upper_level(project):
    document = {"name": "x", "classes": [
        {"code": 1, "alias": "a", "name": {"en": "a"}, "colour": [1, 2, 3], "group": "2 g"},
        {"code": 2, "alias": "b", "name": {"en": "b"}, "colour": [1, 2, 3]},
    ]}  # fmt: skip
    bare = Nomenclature.from_document(document, "x.yaml")
    with pytest.raises(ConfigError) as caught:
        bare.upper("x.yaml")
    assert str(caught.value) == (
        "E-SAM-025 x.yaml: samples.level: classes without a group: 2 b. Fix: give each class its `group`, or leave `level` out"
    )
    assert bare.subset([1]).upper("x.yaml").classes[0].alias == "group_1"


def with_groups(groups: object) -> dict:
    return {"classes": [entry(group="wet"), entry(code=2, alias="Sol", group="dry")], "groups": groups}


def test_groups_have_names_in_other_languages():
    nomenclature = Nomenclature.from_document(with_groups({"wet": {"fr": "humide"}}), "n.yaml")
    assert [nomenclature.group_label(g, lang) for g in ("wet", "dry") for lang in ("en", "fr")] == ["wet", "humide", "dry", "dry"]
    assert nomenclature.subset([2]).group_label("wet", "fr") == "humide"
    assert nomenclature.upper("n.yaml")[1].names == {"en": "wet", "fr": "humide"}


@pytest.mark.parametrize("size", [17, 23])
def test_every_group_of_oso_has_a_french_name(project, size):
    nomenclature = oso(project, size)
    assert set(nomenclature.groups) == {c.group for c in nomenclature.classes}
    assert all(set(names) == {"fr"} for names in nomenclature.groups.values())


@pytest.mark.parametrize(
    ("groups", "line"),
    [
        (["wet"], "E-NOM-010 n.yaml: groups: expected names by group, found ['wet']. Fix: groups: {forest: {fr: forêt}}"),
        ({"wet": "humide"}, "E-NOM-010 n.yaml: groups.wet: expected names by language, found 'humide'. Fix: wet: {fr: …}"),
        ({"wet": {"fr": 1}}, "E-NOM-010 n.yaml: groups.wet: expected names by language, found {'fr': 1}. Fix: wet: {fr: …}"),
        ({"vet": {"fr": "humide"}}, "E-NOM-011 n.yaml: groups.vet: no class has this group. Fix: groups: dry, wet"),
    ],
)
def test_wrong_names_of_groups(groups, line):
    with pytest.raises(ConfigError) as caught:
        Nomenclature.from_document(with_groups(groups), "n.yaml")
    assert str(caught.value) == line
