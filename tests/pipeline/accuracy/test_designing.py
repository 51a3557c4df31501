"""Samples that were drawn: the file of points, what the interpreter sees, what is kept beside it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from iota_py.assessment import drawing
from iota_py.io.geopackage import STYLES, read_layer
from iota_py.pipeline.accuracy import designing
from iota_py.pipeline.accuracy import population as module
from iota_py.pipeline.accuracy.designing import SampleWish, design_sample
from iota_py.pipeline.accuracy.expected import Expected, expected_accuracies
from iota_py.pipeline.accuracy.pointfile import PIXELS, POINTS, read_points
from iota_py.pipeline.accuracy.sources import pair_population, population_of
from iota_py.pipeline.accuracy.strata import Stratum
from tests.nomenclature.samples import THREE
from tests.pipeline.accuracy.sampled import write_pair

GUESS = Expected({}, 0.8, "a guess")
WISH = SampleWish(size=120, minimum=20, seed=4)


def test_points_lie_in_their_pixels_and_strata(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    sample = design_sample(population_of(tmp_path / "a.tif", tmp_path / "three.yaml"), WISH, GUESS, tmp_path / "p.gpkg")
    file = read_points(tmp_path / "p.gpkg")
    table = file.design
    assert (a[table["row"], table["col"]] == table["map"]).all()
    assert (np.array([1, 2, 7])[table["stratum"] - 1] == table["map"]).all()
    assert table["stratum"].value_counts().sort_index().tolist() == sample.points.tolist() == file.strata["points"].tolist()
    assert sample.points.sum() == 120
    assert sample.points.min() == 20
    assert len(table[["row", "col"]].drop_duplicates()) == 120
    assert file.strata["pixels"].tolist() == [(a == code).sum() for code in (1, 2, 7)]
    outlines = read_layer(tmp_path / "p.gpkg", PIXELS)
    assert outlines.geometry.centroid.distance(file.points.geometry).max() < 1e-6
    assert np.allclose(outlines.area, 100)


def test_the_interpreter_sees_neither_class_nor_stratum(tmp_path: Path) -> None:
    """Fields of the points are answers to give; their order and numbers tell nothing of the strata."""
    write_pair(tmp_path)
    design_sample(population_of(tmp_path / "a.tif", tmp_path / "three.yaml"), WISH, GUESS, tmp_path / "p.gpkg")
    file = read_points(tmp_path / "p.gpkg")
    assert list(file.points.columns) == ["id", "label", "alternative", "confidence", "interpreter", "comment", "geometry"]
    assert file.points.drop(columns=["id", "geometry"]).isna().all().all()
    assert file.points["id"].tolist() == list(range(1, 121))
    runs = 1 + (np.diff(file.design.sort_values("id")["stratum"]) != 0).sum()
    assert runs > 40


def test_qgis_finds_a_form_with_the_classes(tmp_path: Path) -> None:
    write_pair(tmp_path)
    pair = pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml")
    design_sample(pair, SampleWish(size=200, minimum=10), GUESS, tmp_path / "p.gpkg")
    styles = read_layer(tmp_path / "p.gpkg", STYLES).set_index("f_table_name")
    assert styles["useAsDefault"].tolist() == [True, True]
    form = ET.fromstring(styles.loc[POINTS, "styleQML"])
    fields = {field.get("name"): field.find("editWidget") for field in form.iter("field") if field.find("editWidget") is not None}
    assert list(fields) == ["id", "label_a", "alternative_a", "label_b", "alternative_b", "confidence", "interpreter", "comment"]
    assert fields["label_b"].get("type") == "ValueMap"
    assert [o.get("value") for o in fields["label_b"].iter("Option") if o.get("type") == "QString"] == ["1", "2", "7"]
    assert {a.get("field"): a.get("name") for a in form.iter("alias")}["label_b"] == "class in b"


@pytest.mark.parametrize("pixels", [256, 1000])
def test_the_draw_depends_on_the_map_and_the_seed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixels: int) -> None:
    monkeypatch.setattr(module, "CELL", 16)
    monkeypatch.setattr(drawing, "CELL", 16)
    write_pair(tmp_path)
    pair = pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml", 1)
    wish = SampleWish(size=200, minimum=10, seed=9)
    design_sample(pair, wish, GUESS, tmp_path / "p.gpkg")
    whole_map = module.survey
    monkeypatch.setattr(designing, "survey", lambda one: whole_map(one, pixels))
    design_sample(pair, wish, GUESS, tmp_path / "q.gpkg")
    assert (tmp_path / "p.gpkg").read_bytes() == (tmp_path / "q.gpkg").read_bytes()
    design_sample(pair, SampleWish(size=200, minimum=10, seed=10), GUESS, tmp_path / "r.gpkg")
    assert not read_points(tmp_path / "r.gpkg").design.equals(read_points(tmp_path / "p.gpkg").design)


def test_a_standard_error_gives_the_size(tmp_path: Path) -> None:
    """0.8 for all classes: S = 0.4, n = 0.16 / 0.03² = 177.8, less what a small map saves."""
    a, _ = write_pair(tmp_path)
    pixels = (a > 0).sum()
    one = population_of(tmp_path / "a.tif", tmp_path / "three.yaml")
    sample = design_sample(one, SampleWish(standard_error=0.03, allocation="proportional"), GUESS, tmp_path / "p.gpkg")
    assert sample.points.sum() == np.ceil(0.16 / (0.0009 + 0.16 / pixels))
    assert sample.choices["proportional"][1].overall_accuracy == pytest.approx(0.03, rel=0.05)


def test_expectations_come_from_a_number_a_table_or_the_run(tmp_path: Path) -> None:
    strata = [Stratum("Ble", (1,), 10, 1), Stratum("rest", (2, 7), 40)]
    counts = {1: 10, 2: 30, 7: 10}
    assert expected_accuracies("0.9", tmp_path, THREE).of(strata, counts).tolist() == pytest.approx([0.9, 0.9])
    (tmp_path / "u.csv").write_text("alias,users_accuracy\nMais,0.6\nEau,1\n", encoding="utf-8")
    assert expected_accuracies(str(tmp_path / "u.csv"), tmp_path, THREE).of(strata, counts).tolist() == pytest.approx([0.8, 0.7])
    assert expected_accuracies(None, tmp_path, THREE).of(strata, counts).tolist() == pytest.approx([0.8, 0.8])
    (tmp_path / "assessment").mkdir()
    text = '{"per_class": {"1": {"precision": {"mean": 1.0}}, "2": {"precision": {"mean": 0.5}}, "7": {"precision": {"mean": null}}}}'
    (tmp_path / "assessment" / "metrics.json").write_text(text, encoding="utf-8")
    assert expected_accuracies(None, tmp_path, THREE).of(strata, counts).tolist() == pytest.approx([0.95, 0.575])


def test_a_pixel_of_two_maps_is_right_where_both_are() -> None:
    found = Expected({1: 0.9, 2: 0.5}, 0.8, "").of([Stratum("Ble to Mais", (258,), 4, 1, 2, True)], {258: 4})
    assert found.tolist() == pytest.approx([0.45])
