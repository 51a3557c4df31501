import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from iota_py.assessment.transition_rules import implausible_pairs, read_rules
from iota_py.errors import ConfigError, InputError, IotaError
from iota_py.nomenclature import LandCoverClass, Nomenclature
from iota_py.pipeline.class_maps import map_name
from iota_py.pipeline.comparison import compare, find_pair, write_difference
from tests.nomenclature.samples import THREE
from tests.nomenclature.test_attribute_table import rows_of
from tests.pipeline.class_maps import write_map, write_nomenclature, write_run

# As in tests/assessment/test_transitions.py, where the numbers are worked out.
BEFORE, AFTER = [[1, 1, 1, 1, 1, 0], [2, 2, 7, 7, 7, 7]], [[1, 1, 1, 2, 2, 1], [2, 1, 7, 7, 1, 0]]
RULES = "rules:\n  - {from: [Eau], to: other, why: water is not drained}\n  - {from: [2], to: [Eau]}\n"
FILES = [
    "agreement.json",
    "classes.csv",
    "compare.html",
    "difference.qml",
    "difference.tif",
    "difference.tif.aux.xml",
    "transitions.csv",
    "transitions.png",
]


@pytest.fixture
def maps(tmp_path: Path) -> tuple[Path, Path]:
    return write_map(tmp_path / "a.tif", BEFORE), write_map(tmp_path / "b.tif", AFTER)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return write_nomenclature(tmp_path / "three.yaml")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def test_what_is_written(maps: tuple[Path, Path], three: Path, rules: Path, tmp_path: Path) -> None:
    found = compare(maps, tmp_path / "out", rules, three)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([*FILES, "implausible.csv"])
    with rasterio.open(tmp_path / "out" / "difference.tif") as made:
        assert made.read(1).tolist() == [[1, 1, 1, 2, 2, 0], [1, 2, 1, 1, 3, 0]]
        assert (made.nodata, made.dtypes, made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"]) == (0, ("uint8",), "COG")
    assert 'label="implausible change"' in (tmp_path / "out" / "difference.qml").read_text("utf-8")
    _, rows = rows_of((tmp_path / "out" / "difference.tif.aux.xml").read_text("utf-8"))
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("1", "6", "same class"),
        ("2", "3", "another class"),
        ("3", "1", "implausible change"),
    ]
    agreement = json.loads((tmp_path / "out" / "agreement.json").read_text("utf-8"))
    assert (agreement["pixels"], agreement["changed"], agreement["implausible"], agreement["overall_agreement"]) == (10, 4, 1, 0.6)
    assert agreement["difference_values"] == {"no_data": 0, "same": 1, "changed": 2, "implausible": 3}
    assert agreement["common_part"] == [[0, 0, 2, 6], [0, 0, 2, 6]]
    assert agreement["maps"] == [{"name": name, "path": str(path)} for name, path in zip("ab", maps)]
    transitions = pd.read_csv(tmp_path / "out" / "transitions.csv")
    assert transitions[["from_code", "to_code", "pixels", "hectares"]].to_numpy().tolist() == [
        [1, 1, 3, 0.03], [1, 2, 2, 0.02], [2, 1, 1, 0.01], [2, 2, 1, 0.01], [7, 1, 1, 0.01], [7, 7, 2, 0.02],
    ]  # fmt: skip
    assert transitions.implausible.tolist() == [False] * 4 + [True, False]
    implausible = pd.read_csv(tmp_path / "out" / "implausible.csv")
    assert implausible[["rule", "pixels", "hectares"]].to_numpy().tolist() == [[1, 1, 0.01], [2, 0, 0.0]]
    classes = pd.read_csv(tmp_path / "out" / "classes.csv").set_index("alias")
    assert classes.loc["Mais", ["pixels_a", "pixels_b", "net", "gross"]].tolist() == [2, 3, 1, 3]
    assert found.notes == ()


def test_without_rules_nothing_is_implausible(maps: tuple[Path, Path], three: Path, tmp_path: Path) -> None:
    found = compare(maps, tmp_path / "out", None, three)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == FILES
    assert found.implausible is None
    with rasterio.open(tmp_path / "out" / "difference.tif") as made:
        assert made.read(1).max() == 2
    assert json.loads((tmp_path / "out" / "agreement.json").read_text("utf-8"))["implausible"] is None


def test_only_the_common_part_is_compared(three: Path, tmp_path: Path) -> None:
    a = write_map(tmp_path / "a.tif", [[1, 1, 1], [1, 2, 2], [7, 7, 7]])
    b = write_map(tmp_path / "b.tif", [[2, 7], [7, 7], [7, 7]], row=1, col=1)
    found = compare((a, b), tmp_path / "out", None, three)
    assert found.notes == ("Only the common part is compared, 2 × 2 pixels: the first map has 3 × 3, the second 3 × 2.",)
    assert found.transitions[["from_code", "to_code", "pixels"]].to_numpy().tolist() == [[2, 2, 1], [2, 7, 1], [7, 7, 2]]
    with rasterio.open(tmp_path / "out" / "difference.tif") as made:
        assert made.read(1).tolist() == [[1, 2], [1, 1]]
        assert (made.transform.c, made.transform.f) == (500_010, 4_799_990)


def test_the_windows_do_not_matter(three: Path, rules: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    a, b = (write_map(tmp_path / f"{n}.tif", rng.choice(np.array([0, 1, 2, 7], np.uint8), (530, 610)), row=n, col=2 * n) for n in (0, 1))
    pair = find_pair((a, b), three)
    odd = implausible_pairs(read_rules({"rules": [{"from": [7], "to": "other"}]}, THREE, "r"))
    made = {}
    for pixels in (1, 200_000, 1 << 22):
        counted = write_difference(pair, odd, tmp_path / "made" / f"{pixels}.tif", pixels)
        made[(tmp_path / "made" / f"{pixels}.tif").read_bytes()] = counted
    assert len(made) == 1
    (counted,) = made.values()
    assert int(counted.joint.sum()) == 529 * 608


def test_runs_bring_their_nomenclature(tmp_path: Path, project: Path) -> None:
    a, b = write_run(tmp_path / "y2022", [[5, 16, 23]]), write_run(tmp_path / "y2023", [[10, 17, 23]])
    found = compare((a, b), tmp_path / "out", project / "configs/transitions/oso-23.yaml")
    assert found.names == ("y2022", "y2023")
    assert found.nomenclature.name == "OSO-23"
    assert found.transitions.implausible.tolist() == [False, True, False]
    assert compare((a, b / "map/classification.tif"), tmp_path / "beside").names == ("y2022", "y2023")


def test_maps_of_one_name_are_called_by_their_files(tmp_path: Path, three: Path) -> None:
    a, b = write_map(tmp_path / "1" / "map.tif", BEFORE), write_map(tmp_path / "2" / "map.tif", AFTER)
    assert compare((a, b), tmp_path / "out", None, three).names == (str(a), str(b))


def test_maps_in_degrees_have_no_hectares(tmp_path: Path, three: Path) -> None:
    a, b = (write_map(tmp_path / f"{n}.tif", v, crs="EPSG:4326", size=0.001) for n, v in enumerate((BEFORE, AFTER)))
    found = compare((a, b), tmp_path / "out", None, three)
    assert found.notes == ("The maps are not in metres: pixels have no single area, and hectares are left out.",)
    assert pd.read_csv(tmp_path / "out" / "transitions.csv").hectares.isna().all()
    assert json.loads((tmp_path / "out" / "agreement.json").read_text("utf-8"))["pixel_hectares"] is None


def failure(*maps: Path, **given: Path | None) -> str:
    with pytest.raises(IotaError) as caught:
        compare((maps[0], maps[1]), Path("out"), given.get("rules"), given.get("nomenclature"))
    assert isinstance(caught.value, (ConfigError, InputError))
    assert not Path("out").exists() or not list(Path("out").iterdir())
    return str(caught.value)


def test_one_line_for_each_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a, three = write_map(Path("a.tif"), BEFORE), write_nomenclature(Path("three.yaml"))
    fix = "Fix: warp one to the grid of the other, by nearest neighbour (gdalwarp -r near -te … -tr …)"
    run, other = write_run(Path("run"), BEFORE), write_nomenclature(Path("other.yaml"), THREE.subset([1, 2]))
    assert failure(run, run, nomenclature=None, rules=other).startswith(
        "E-CMP-009 other.yaml: rules: expected name, nomenclature and a list of rules"
    )
    for place, words in (
        ({"size": 20.0}, "pixels of 20 × 20, not 10 × 10"),
        ({"crs": "EPSG:2154"}, "EPSG:2154, not EPSG:32631"),
        ({"col": 0.3}, "pixels of the same size, 0.3 of a column and 0 of a row beside"),
    ):
        b = write_map(Path("b.tif"), AFTER, **place)
        assert failure(a, b, nomenclature=three) == f"E-CMP-005 b.tif: other pixels than a.tif: {words}. {fix}"
    far = write_map(Path("far.tif"), AFTER, row=100)
    assert failure(a, far, nomenclature=three) == "E-CMP-006 far.tif: no pixel in common with a.tif. Fix: give two maps of one place"
    empty = write_map(Path("empty.tif"), [[0] * 6] * 2)
    assert (
        failure(a, empty, nomenclature=three)
        == "E-CMP-013 empty.tif: no pixel has a class both here and in a.tif. Fix: give two maps of one place"
    )
    assert failure(a, a).startswith(
        "E-NOM-016 a.tif: --nomenclature: what do its codes mean? No nomenclature is given. Fix: give --nomenclature FILE"
    )
    assert failure(a, Path("none.tif"), nomenclature=three).startswith("E-NOM-013 none.tif: no such file or folder")
    strange = write_map(Path("strange.tif"), [[1, 3, 1, 1, 9, 0], [1] * 6])
    both = failure(strange, a, nomenclature=other).splitlines()
    assert both[0].startswith("E-NOM-017 strange.tif: values that are not codes of three: 3, 9 (no data is 0). Fix: give the nomenclature")
    assert both[1].startswith("E-NOM-017 a.tif: values that are not codes of three: 7 (no data is 0)")


def test_maps_of_two_nomenclatures(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [[5, 16, 23]])
    upper = write_run(tmp_path / "upper", [[3, 6, 10]])
    config = (upper / "config.yaml").read_text("utf-8")
    (upper / "config.yaml").write_text(config.replace("  level: class", "  level: upper"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        compare((run, upper), tmp_path / "out")
    assert str(caught.value) == (
        f"E-CMP-004 {upper}/map/classification.tif: its classes (OSO-23, upper level) are not those of run (OSO-23). "
        "Fix: bring one of them to the other: iota-py aggregate"
    )


def test_a_class_that_neither_map_has(tmp_path: Path) -> None:
    """Classes without a pixel are left out of the figure and of the page, and stand in the tables with zeros."""
    many = Nomenclature("many", tuple(LandCoverClass(k, f"C{k}", {"en": f"class {k}"}, (k, k, k)) for k in range(1, 60)))
    a, b = write_map(tmp_path / "a.tif", [[1, 2]]), write_map(tmp_path / "b.tif", [[2, 2]])
    compare((a, b), tmp_path / "out", None, write_nomenclature(tmp_path / "many.yaml", many))
    assert len(pd.read_csv(tmp_path / "out" / "classes.csv")) == 59
    page = (tmp_path / "out" / "compare.html").read_text("utf-8")
    assert "class 2" in page
    assert "class 3<" not in page


def test_what_maps_are_called(tmp_path: Path) -> None:
    run = write_run(tmp_path / "y2022", [[5]])
    draw = write_map(run / "map" / "run_0" / "classification.tif", [[5]])
    other = write_map(tmp_path / "OCS_2022.tif", [[5]])
    assert [map_name(place) for place in (run, run / "map/classification.tif", draw, other)] == ["y2022", "y2022", "run_0", "OCS_2022"]
