"""From points to estimates, end to end: answers that are known give what the map is, within its intervals and by other formulas."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from iota_py.assessment.area import area_weighted_accuracy
from iota_py.assessment.confusion import confusion_matrix
from iota_py.io.publish import read_json
from iota_py.io.vectors import write_gpkg
from iota_py.pipeline.accuracy.answers import check_answers, with_answers
from iota_py.pipeline.accuracy.designing import SampleWish, design_sample
from iota_py.pipeline.accuracy.estimating import OLOFSSON, STEHMAN, estimates, write_estimates, write_page
from iota_py.pipeline.accuracy.expected import Expected
from iota_py.pipeline.accuracy.pointfile import read_points
from iota_py.pipeline.accuracy.sources import pair_population, population_of
from tests.pipeline.accuracy.sampled import answer, noisy, rewrite, write_pair
from tests.pipeline.class_maps import LEFT, TOP

GUESS = Expected({}, 0.8, "a guess")


def designed(folder: Path, size: int = 400) -> Path:
    design_sample(population_of(folder / "a.tif", folder / "three.yaml"), SampleWish(size=size, seed=1), GUESS, folder / "p.gpkg")
    return folder / "p.gpkg"


def test_estimates_of_classes_are_those_of_the_public_function(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    truth = noisy(a, 0.25, 5)
    answer(designed(tmp_path), truth)
    file = read_points(tmp_path / "p.gpkg")
    document = estimates(file, check_answers(file))
    rows, cols, mapped = (file.design[name].to_numpy() for name in ("row", "col", "map"))
    expected = area_weighted_accuracy(confusion_matrix(truth[rows, cols], mapped, (1, 2, 7)), [(a == code).sum() for code in (1, 2, 7)])
    one = document["maps"][0]
    assert document["estimator"] == OLOFSSON
    assert one["overall_accuracy"]["value"] == float(expected.overall_accuracy)
    assert [row["area_share"]["standard_error"] for row in one["per_class"]] == expected.area_share.standard_error.tolist()
    assert one["per_class"][0]["hectares"]["value"] == pytest.approx(expected.area.value[0] * 0.01)
    assert one["counts"] == expected.counts.tolist()
    true = np.array([((truth == code) & (a > 0)).sum() for code in (1, 2, 7)])
    assert all(row["pixels"]["low"] < number < row["pixels"]["high"] for row, number in zip(one["per_class"], true))
    assert one["overall_accuracy"]["low"] < (truth == a)[a > 0].mean() < one["overall_accuracy"]["high"]
    assert one["quantity_disagreement"] + one["allocation_disagreement"] == pytest.approx(1 - one["overall_accuracy"]["value"])


def test_perfect_answers_give_perfect_scores(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    answer(designed(tmp_path), a)
    file = read_points(tmp_path / "p.gpkg")
    one = estimates(file, check_answers(file))["maps"][0]
    assert one["overall_accuracy"] == {"value": 1.0, "standard_error": 0.0, "low": 1.0, "high": 1.0}
    assert [row["pixels"]["value"] for row in one["per_class"]] == pytest.approx([row["mapped_pixels"] for row in one["per_class"]])


def test_a_second_choice_counts_as_right_only_where_it_is_the_mapped_class(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    path = designed(tmp_path)
    truth = noisy(a, 0.3, 5)
    answer(path, truth)
    table = read_points(path).design.set_index("id")
    wrong = table.index[truth[table["row"], table["col"]] != table["map"]]
    rewrite(path, lambda points: points.assign(alternative=[table["map"][i] if i in wrong[:10] else None for i in points["id"]]))
    file = read_points(path)
    one = estimates(file, check_answers(file))["maps"][0]
    assert one["either"]["points_changed"] == one["either"]["alternatives"] == 10
    assert one["either"]["overall_accuracy"]["value"] > one["overall_accuracy"]["value"]


def test_zones_are_strata_by_stehman(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    halves = [box(LEFT, TOP - 600, LEFT + 250, TOP), box(LEFT + 250, TOP - 600, LEFT + 500, TOP)]
    write_gpkg(tmp_path / "zones.gpkg", gpd.GeoDataFrame({"name": ["w", "e"]}, geometry=halves, crs="EPSG:32631"), "zones")
    whole = population_of(tmp_path / "a.tif", tmp_path / "three.yaml", tmp_path / "zones.gpkg", "name", crossed=False)
    design_sample(whole, SampleWish(size=600, seed=1), GUESS, tmp_path / "z.gpkg")
    truth = noisy(a, 0.25, 5)
    answer(tmp_path / "z.gpkg", truth)
    file = read_points(tmp_path / "z.gpkg")
    document = estimates(file, check_answers(file))
    assert (document["estimator"], [s["name"] for s in document["strata"]]) == (STEHMAN, ["e", "w"])
    overall = document["maps"][0]["overall_accuracy"]
    assert overall["low"] < (truth == a)[a > 0].mean() < overall["high"]


def test_change_is_estimated_with_its_areas(tmp_path: Path) -> None:
    """Truth: what the maps show, but for 5 % of the pixels of each. The intervals hold the areas of the truth; net is gain less loss."""
    a, b = write_pair(tmp_path)
    pair = pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml", 1)
    design_sample(pair, SampleWish(size=900, minimum=40, seed=1), GUESS, tmp_path / "c.gpkg")
    before, after = noisy(a, 0.05, 8), noisy(b, 0.05, 9)
    answer(tmp_path / "c.gpkg", before, after)
    file = read_points(tmp_path / "c.gpkg")
    document = estimates(file, check_answers(file))
    change, inside = document["change"], (a > 0) & (b > 0)
    moved = change["changed"]
    assert moved["low"] < (before != after)[inside].mean() < moved["high"]
    for row in change["classes"]:
        first, second = (before == row["code"]) & inside, (after == row["code"]) & inside
        assert row["gain_hectares"]["value"] - row["loss_hectares"]["value"] == pytest.approx(row["net_hectares"]["value"])
        assert row["gain"]["value"] + row["loss"]["value"] == pytest.approx(row["gross"]["value"])
        assert row["second"]["value"] - row["first"]["value"] == pytest.approx(row["net"]["value"])
        true = {"gain": second & ~first, "loss": first & ~second}
        for name, pixels in true.items():
            # Three standard errors: eight intervals are looked at, and one seed must do.
            assert row[name]["value"] == pytest.approx(pixels.sum() / inside.sum(), abs=3 * row[name]["standard_error"])
    total = sum(one["share"]["value"] for one in change["transitions"])
    assert total == pytest.approx(moved["value"])
    names = [path.name for path in write_estimates(document, tmp_path / "out")]
    assert names == [
        "accuracy.json", "matrix_1.csv", "accuracy_1.csv", "area_1.csv", "matrix_2.csv", "accuracy_2.csv", "area_2.csv", "change.csv",
        "class_change.csv",
    ]  # fmt: skip
    table = pd.read_csv(tmp_path / "out" / "class_change.csv")
    assert table["net_hectares_high"].tolist() == pytest.approx([row["net_hectares"]["high"] for row in change["classes"]])


def test_files_hold_the_numbers(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    answer(designed(tmp_path), noisy(a, 0.2, 5))
    file = read_points(tmp_path / "p.gpkg")
    document = estimates(file, check_answers(file))
    write_estimates(document, tmp_path / "out")
    assert read_json(tmp_path / "out" / "accuracy.json") == document
    accuracy, area, matrix = (pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("accuracy", "area", "matrix"))
    assert accuracy["value"][0] == document["maps"][0]["overall_accuracy"]["value"]
    assert accuracy["measure"].value_counts().to_dict() == {
        "users_accuracy": 6, "producers_accuracy": 6, "overall_accuracy": 2, "quantity_disagreement": 4, "allocation_disagreement": 4,
    }  # fmt: skip
    assert area["hectares"].sum() == pytest.approx((a > 0).sum() * 0.01)
    assert (matrix["points"].sum(), matrix["area_share"].sum()) == (400, pytest.approx(1))


@pytest.mark.parametrize(("language", "title"), [("en", "Map accuracy: a"), ("fr", "Exactitude de la carte : a")])
def test_the_page_is_complete_in_itself(tmp_path: Path, language: str, title: str) -> None:
    a, _ = write_pair(tmp_path)
    answer(designed(tmp_path), noisy(a, 0.2, 5))
    file = read_points(tmp_path / "p.gpkg")
    page = write_page(estimates(file, check_answers(file)), file.nomenclature, tmp_path, language).read_text("utf-8")
    assert f"<title>{title}</title>" in page
    assert "%(" not in page
    assert not {"http:", "https:", "<script"} & set(page.split('"'))
    assert "src=" not in page
    assert ("blé" if language == "fr" else "wheat") in page
    assert f'<html lang="{language}">' in page


def test_points_that_were_left_out_are_said(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    path = designed(tmp_path)
    answer(path, a)
    rewrite(path, lambda points: points.assign(label=points["label"].where(points["id"] > 30).astype("Int32")))
    file = read_points(path)
    answers = check_answers(file, drop_unanswered=True)
    document = estimates(file, answers)
    assert (document["points"], document["answered"], document["unanswered"]) == (400, 370, 30)
    assert [note["values"] for note in document["notes"]] == [{"count": 30, "drawn": 400}, {"names": "wheat, maize, water"}]
    assert sum(one["answered"] for one in document["strata"]) == 370


def test_a_stratum_without_answers_makes_numbers_undefined(tmp_path: Path) -> None:
    a, _ = write_pair(tmp_path)
    path = designed(tmp_path)
    answer(path, a)
    water = set(read_points(path).design.query("map == 7")["id"])
    for kept, words in ((0, "without an answered point"), (1, "a single answered point")):
        left = set(sorted(water)[:kept])
        rewrite(path, lambda points, left=left: points.assign(label=points["label"].mask(points["id"].isin(water - left)).astype("Int32")))
        file = read_points(path)
        document = estimates(file, check_answers(file, drop_unanswered=True))
        assert words in document["notes"][1]["text"]
        assert document["maps"][0]["overall_accuracy"]["standard_error"] is None
        assert "undefined" in write_page(document, file.nomenclature, tmp_path).read_text("utf-8")
        answer(path, a)


@pytest.mark.parametrize("form", ["csv", "gpkg"])
def test_answers_may_come_from_another_file(tmp_path: Path, form: str) -> None:
    write_pair(tmp_path)
    path = designed(tmp_path)
    file = read_points(path)
    table = file.design.assign(label=["Ble", "2", "water"] * 133 + ["1"], alternative="")
    frame = gpd.GeoDataFrame(table[["id", "label", "alternative"]], geometry=file.points.geometry.to_numpy(), crs=file.points.crs).to_crs(
        4326
    )
    if form == "csv":
        frame.drop(columns="geometry").to_csv(tmp_path / "back.csv", index=False)
    else:
        write_gpkg(tmp_path / "back.gpkg", frame, "points")
    answers = check_answers(with_answers(file, tmp_path / f"back.{form}"))
    assert answers.points["label"].tolist() == [1, 2, 7] * 133 + [1]
