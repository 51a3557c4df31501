from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.errors import ConfigError, InputError, IotaError
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.pipeline.aggregation import AggregationWish, aggregate
from tests.nomenclature.test_attribute_table import rows_of
from tests.pipeline.class_maps import write_map, write_nomenclature, write_run

VALUES = [[1, 2, 2, 0], [7, 7, 1, 1]]
TWO = Nomenclature(
    "two", (LandCoverClass(10, "Cultures", {"en": "crops"}, (1, 1, 1)), LandCoverClass(20, "Eau", {"en": "water"}, (2, 2, 2)))
)


def wish(folder: Path, **changes: object) -> AggregationWish:
    found = {
        "place": write_map(folder / "map.tif", VALUES), "to": "upper", "out": folder / "made" / "groups.tif",
        "nomenclature": write_nomenclature(folder / "three.yaml"), **changes,
    }  # fmt: skip
    return AggregationWish(**found)


def test_the_upper_level_by_hand(tmp_path: Path) -> None:
    table = aggregate(wish(tmp_path, languages=("en", "fr")))
    folder = tmp_path / "made"
    assert sorted(p.name for p in folder.iterdir()) == [
        "groups.fr.qml", "groups.qml", "groups.tif", "groups.tif.aux.xml", "groups_areas.csv", "groups_legend.fr.png", "groups_legend.png",
    ]  # fmt: skip
    with rasterio.open(folder / "groups.tif") as made:
        assert made.read(1).tolist() == [[1, 1, 1, 0], [2, 2, 1, 1]]
        assert (made.dtypes, made.nodata, made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"]) == (("uint8",), 0, "COG")
        assert made.colormap(1)[2] == (0, 0, 255, 255)
        assert made.descriptions == ("class, nomenclature three, upper level",)
    _, rows = rows_of((folder / "groups.tif.aux.xml").read_text("utf-8"))
    assert [row[:4] for row in rows] == [["1", "5", "crops", "cultures"], ["2", "2", "water", "water"]]
    assert 'label="cultures"' in (folder / "groups.fr.qml").read_text("utf-8")
    assert 'label="crops"' in (folder / "groups.qml").read_text("utf-8")
    assert pd.read_csv(folder / "groups_areas.csv").fillna("").to_numpy().tolist() == [
        ["before", 1, "Ble", "wheat", 3, 0.03, 1.0], ["before", 2, "Mais", "maize", 2, 0.02, 1.0], ["before", 7, "Eau", "water", 2, 0.02, 2.0],
        ["after", 1, "crops", "crops", 5, 0.05, ""], ["after", 2, "water", "water", 2, 0.02, ""],
    ]  # fmt: skip
    assert len(table) == 5


def test_rules_of_a_file(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("from: three\nto: two\nrules:\n  - {from: [Ble, Mais], to: Cultures}\n  - {from: [7], to: Eau}\n", encoding="utf-8")
    target = write_nomenclature(tmp_path / "two.yaml", TWO)
    aggregate(wish(tmp_path, to=str(target), rules=rules))
    with rasterio.open(tmp_path / "made" / "groups.tif") as made:
        assert made.read(1).tolist() == [[10, 10, 10, 0], [20, 20, 10, 10]]


def test_the_bytes_do_not_depend_on_the_windows(tmp_path: Path) -> None:
    scene = np.random.default_rng(3).choice(np.array([0, 1, 2, 7], np.uint8), (700, 530))
    contents = set()
    for pixels in (1, 300_000, 1 << 22):
        asked = wish(tmp_path, place=write_map(tmp_path / "large.tif", scene), out=tmp_path / f"{pixels}.tif")
        aggregate(asked, pixels)
        contents.add(asked.out.read_bytes())
        with rasterio.open(asked.out) as made:
            assert (made.read(1) == np.array([0, 1, 1, 0, 0, 0, 0, 2], np.uint8)[scene]).all()
    assert len(contents) == 1


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"to": "TWO"},
            "E-AGG-004 three: rules: classes of three that go nowhere in two: 1 Ble, 2 Mais. Fix: give a file of rules (--rules)",
        ),
        ({"out": "made.png"}, "E-AGG-006 made.png: --out: expected a file named .tif. Fix: give --out FILE.tif"),
        ({"out": "map.tif"}, "E-AGG-007 map.tif: --out: is the map itself. Fix: give another file"),
        ({"nomenclature": TWO}, "E-AGG-008 two: group: classes without a group: Cultures, Eau. Fix: give each class its `group`"),
        (
            {"rules": Path("r.yaml")},
            "E-AGG-009 r.yaml: --rules: the upper level is made from the groups of the classes, not from rules. Fix: leave",
        ),
        ({"languages": ("de",)}, "E-NOM-012 upper: --language: no class has a name in `de`. Fix: languages: en, fr"),
        ({"place": Path("none.tif")}, "E-NOM-013 none.tif: no such file or folder. Fix: name a raster (.tif), or the folder of a run"),
        (
            {"place": Path(".")},
            "E-NOM-013 .: a folder, but not of a run (no config.yaml). Fix: name a raster (.tif), or the folder of a run",
        ),
        ({"place": "words"}, "E-NOM-015 words.tif: expected one band of uint8 codes, found 1 of int16. Fix: give a map of classes"),
        (
            {"nomenclature": None},
            "E-NOM-016 map.tif: --nomenclature: what do its codes mean? No nomenclature is given. Fix: give --nomenclature",
        ),
        (
            {"place": "strange"},
            "E-NOM-017 strange.tif: values that are not codes of three: 3, 9 (no data is 0). Fix: give the nomenclature of this",
        ),
        ({"nomenclature": Path("absent.yaml")}, "E-YML-001 absent.yaml: no such file. Fix: check the path"),
    ],
)
def test_one_line_for_each_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_map(Path("words.tif"), np.ones((2, 2), np.int16))
    write_map(Path("strange.tif"), [[1, 3], [9, 9]])
    write_nomenclature(Path("three.yaml"))
    known = {"TWO": write_nomenclature(Path("two.yaml"), TWO)}
    if "to" in changes:
        changes = {"to": str(known[changes["to"]])}
    if isinstance(changes.get("place"), str):
        changes = {"place": Path(f"{changes['place']}.tif")}
    if isinstance(changes.get("nomenclature"), Nomenclature):
        changes = {"nomenclature": Path("two.yaml")}
    if "out" in changes:
        changes = {"out": Path(changes["out"])}
    with pytest.raises(IotaError) as caught:
        aggregate(wish(Path(), **changes))
    assert isinstance(caught.value, (ConfigError, InputError))
    (fault,) = caught.value.faults
    assert fault.line().startswith(line)
    assert not Path("made").exists()


def test_the_map_of_a_run_needs_no_nomenclature(tmp_path: Path) -> None:
    table = aggregate(AggregationWish(write_run(tmp_path / "run", [[5, 6, 23]]), "upper", tmp_path / "upper.tif"))
    assert len(table) == 23 + 10
    assert table[(table.when == "after") & (table.pixels > 0)][["alias", "pixels"]].to_numpy().tolist() == [
        ["annual_crops", 2],
        ["water", 1],
    ]


def test_a_run_without_a_map(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [[5]])
    (run / "map" / "classification.tif").unlink()
    with pytest.raises(InputError) as caught:
        aggregate(AggregationWish(run, "upper", tmp_path / "upper.tif"))
    assert (
        str(caught.value)
        == f"E-NOM-014 {run}: a run without a map of classes (no map/classification.tif). Fix: finish it: iota-py run CONFIG"
    )
