"""`iota-py accuracy`: what it prints and what it refuses, one line each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from iota_py.io.vectors import write_gpkg
from tests.conftest import Command
from tests.pipeline.accuracy.sampled import answer, noisy, rewrite, write_pair
from tests.pipeline.class_maps import LEFT, TOP, write_map

DESIGN = ("accuracy", "design", "a.tif", "--nomenclature", "three.yaml", "--out", "p.gpkg")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path)
    return tmp_path


def words_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_design_then_estimate(command: Command, here: Path) -> None:
    done = command(*DESIGN, "--size", "300", "--expect", "0.85")
    assert (done.returncode, done.stderr) == (0, "")
    lines = words_of(done.stdout)
    assert lines[:2] == [
        "expected user's accuracies: 0.85 for all classes, as was said",
        "stratum pixels share expected accuracy points standard error",
    ]
    assert [line.split()[0] for line in lines[2:5]] == ["Ble", "Mais", "Eau"]
    assert lines[5].startswith("allocation points")
    assert [line.split(" 300 ")[0] for line in lines[6:10]] == ["minimum *", "proportional", "equal", "neyman"]
    assert lines[10] == "points p.gpkg"
    a, _ = write_pair(here)
    answer(here / "p.gpkg", noisy(a, 0.2, 3))
    done = command("accuracy", "estimate", "p.gpkg")
    assert (done.returncode, done.stderr) == (0, "")
    lines = words_of(done.stdout)
    assert lines[0].startswith("result map accuracy 0.8")
    assert lines[1] == "class user's accuracy producer's accuracy hectares of the map hectares estimated"
    assert lines[-1] == "page accuracy_p/accuracy.html"
    assert sorted(path.name for path in (here / "accuracy_p").iterdir()) == [
        "accuracy.csv", "accuracy.html", "accuracy.json", "area.csv", "matrix.csv",
    ]  # fmt: skip


def test_change_between_two_maps(command: Command, here: Path) -> None:
    done = command(*DESIGN, "--against", "b.tif", "--size", "400", "--minimum", "20", "--buffer", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no change, near one" in done.stdout
    answer(here / "p.gpkg", *write_pair(here))
    done = command("accuracy", "estimate", "p.gpkg", "--out", "out", "--language", "fr")
    assert (done.returncode, done.stderr) == (0, "")
    assert any(line.startswith("class gain loss net gross") for line in words_of(done.stdout))
    assert "Changement de a à b" in Path("out/accuracy.html").read_text("utf-8")


def test_a_map_that_is_gone_is_said(command: Command, here: Path) -> None:
    command(*DESIGN, "--size", "160")
    answer(here / "p.gpkg", write_pair(here)[0])
    (here / "a.tif").rename(here / "moved.tif")
    done = command("accuracy", "estimate", "p.gpkg")
    assert done.returncode == 0
    assert "whether it changed was not looked at" in done.stdout
    assert command("accuracy", "estimate", "p.gpkg", "--map", "moved.tif").returncode == 0


def test_pixels_outside_the_zones_are_said(command: Command, here: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["w"]}, geometry=[box(LEFT, TOP - 600, LEFT + 250, TOP)], crs="EPSG:32631")
    write_gpkg(here / "zones.gpkg", frame, "zones")
    done = command(*DESIGN, "--size", "160", "--minimum", "20", "--strata", "zones.gpkg", "--field", "name")
    assert done.returncode == 0
    assert "mapped pixels lie in no zone: the sample says nothing of them" in done.stdout
    assert "w / Ble" in done.stdout


@pytest.mark.parametrize(
    ("more", "start"),
    [
        (("--size", "10"), "E-ACC-012 p.gpkg: --size: 10 points: 3 strata take 150 at least, and have "),
        (("--size", "100000"), "E-ACC-012 p.gpkg: --size: 100000 points: 3 strata take 150 at least, and have "),
        (("--expect", "1.5"), "E-ACC-013 1.5: --expect: expected a number from 0 to 1, or a CSV file. Fix: such as 0.85"),
        (("--expect", "bad.csv"), "E-ACC-013 bad.csv: users_accuracy: `9`, `0.5`: expected a class of three and a number from 0 to 1."),
        (("--expect", "worse.csv"), "E-ACC-013 worse.csv: expected columns code (or alias) and users_accuracy."),
        (("--standard-error", "0.9"), "E-ACC-014 p.gpkg: --standard-error: 0.9 is no standard error of an accuracy."),
        (
            ("--allocation", "best"),
            "E-ACC-014 p.gpkg: --allocation: unknown allocation `best`. Fix: one of minimum, proportional, equal, neyman",
        ),
        (("--minimum", "1"), "E-ACC-014 p.gpkg: --minimum: 1 points: below 2 a stratum has no variance."),
        (("--buffer", "1"), "E-ACC-014 1: --buffer: pixels around changes need --against."),
        (("--buffer", "500", "--against", "b.tif"), "E-ACC-014 b.tif: --buffer: 500 pixels: expected 0 to 100."),
        (("--alone",), "E-ACC-014 --alone: no strata to take alone."),
        (("--strata", "b.tif", "--against", "b.tif"), "E-ACC-014 b.tif: --strata: not with --against, whose strata are the changes."),
        (("--strata", "small.tif"), "E-ACC-011 small.tif: --strata: its pixels are not those of a.tif."),
        (("--strata", "far.gpkg"), "E-ACC-011 far.gpkg: --field: no field was given for the names of the strata. Fix: one of name"),
        (("--strata", "far.gpkg", "--field", "x"), "E-ACC-011 far.gpkg: --field: no field `x`. Fix: one of name"),
        (("--strata", "far.gpkg", "--field", "name"), "E-ACC-011 far.gpkg: name: 0 zones on the map: expected 1 to 255."),
        (("--strata", "void.tif"), "E-ACC-010 a.tif: no mapped pixel in any stratum."),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line(command: Command, here: Path, more: tuple[str, ...], start: str) -> None:
    (here / "bad.csv").write_text("code,users_accuracy\n9,0.5\n", encoding="utf-8")
    (here / "worse.csv").write_text("class,users\n1,0.5\n", encoding="utf-8")
    write_map(here / "small.tif", [[1, 2]])
    write_map(here / "void.tif", write_pair(here)[0] * 0)
    write_gpkg(here / "far.gpkg", gpd.GeoDataFrame({"name": ["x"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:32631"), "far")
    done = command(*DESIGN, *more)
    assert done.returncode == 1
    assert done.stderr.startswith(start)
    assert len(done.stderr.splitlines()) == 1
    assert not (here / "p.gpkg").exists()


def test_points_are_never_written_over(command: Command) -> None:
    assert command(*DESIGN, "--size", "160").returncode == 0
    done = command(*DESIGN, "--size", "160")
    text = "E-ACC-015 p.gpkg: --out: the file is there already, and may hold answers. Fix: give another name, or move it away"
    assert (done.returncode, done.stderr.strip()) == (1, text)
    done = command("accuracy", "design", "a.tif", "--nomenclature", "three.yaml", "--out", "p.shp")
    assert done.stderr.startswith("E-ACC-014 p.shp: --out: expected a name that ends with .gpkg.")


def _moved(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shift = points.geometry.translate(xoff=6)  # a pixel is 10 m wide, and points are at its centre
    return points.set_geometry(shift.where(points["id"] == 5, points.geometry))


BROKEN: dict[str, tuple[Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], str]] = {
    "label": (lambda p: p.assign(label=p["label"].mask(p["id"] == 3, 99)), "E-ACC-017 p.gpkg: label: no class of that name: point 3 `99`."),
    "other": (lambda p: p.assign(alternative="moon"), "E-ACC-017 p.gpkg: alternative: no class of that name: point 1 `moon`, point 2 `moon`, "),
    "empty": (lambda p: p.assign(label=p["label"].mask(p["id"].isin([3, 8])).astype("Int32")),
              "E-ACC-018 p.gpkg: label: 2 of 160 points have no label: 3, 8. Fix: fill them in, or leave them out with --drop-unanswered"),
    "twice": (lambda p: pd.concat([p, p.iloc[[6]]]), "E-ACC-019 p.gpkg: id: points there twice: 7. Fix: restore them"),
    "missing": (lambda p: p.drop(index=[6, 8]), "E-ACC-019 p.gpkg: id: points missing: 7, 9. Fix: restore them"),
    "stranger": (lambda p: pd.concat([p, p.iloc[[6]].assign(id=900)]), "E-ACC-019 p.gpkg: id: points not of this sample: 900. Fix: restore them"),
    "moved": (_moved, "E-ACC-020 p.gpkg: geometry: 1 points lie outside their pixel: 5. Fix: move them back"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_answers_that_cannot_be_used_are_one_line(command: Command, here: Path, kind: str) -> None:
    change, start = BROKEN[kind]
    command(*DESIGN, "--size", "160")
    answer(here / "p.gpkg", write_pair(here)[0])
    rewrite(here / "p.gpkg", change)
    done = command("accuracy", "estimate", "p.gpkg")
    assert done.returncode == 1
    assert done.stderr.startswith(start)
    assert len(done.stderr.splitlines()) == 1
    assert not (here / "accuracy_p").exists()


def test_a_point_moved_within_its_pixel_is_still_there(command: Command, here: Path) -> None:
    command(*DESIGN, "--size", "160")
    answer(here / "p.gpkg", write_pair(here)[0])
    rewrite(here / "p.gpkg", lambda points: points.set_geometry(points.geometry.translate(xoff=4, yoff=-4).to_crs(4326)))
    assert command("accuracy", "estimate", "p.gpkg").returncode == 0


def test_other_files_and_other_maps_are_refused(command: Command, here: Path) -> None:
    command(*DESIGN, "--size", "160")
    answer(here / "p.gpkg", write_pair(here)[0])
    write_gpkg(here / "else.gpkg", gpd.GeoDataFrame({"name": ["x"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:32631"), "far")
    (here / "ids.csv").write_text("point,label\n1,1\n", encoding="utf-8")
    for words, start in (
        (("else.gpkg",), "E-ACC-016 else.gpkg: not a file of sample points (no layer `points`; the file has `far`)."),
        (("a.tif",), "E-ACC-016 a.tif: not a file of sample points (cannot be read (its content is not that of a .gpkg file))."),
        (("p.gpkg", "--answers", "ids.csv"), "E-ACC-016 ids.csv: no column id."),
        (("p.gpkg", "--map", "b.tif"), "E-ACC-021 b.tif: not the map that the points of p.gpkg were drawn from (a): other pixels."),
        (("p.gpkg", "--language", "xx"), "E-ACC-014 accuracy estimate: --language: no translation to `xx`. Fix: one of en, fr"),
    ):
        done = command("accuracy", "estimate", *words)
        assert done.returncode == 1
        assert done.stderr.startswith(start)
        assert len(done.stderr.splitlines()) == 1


def test_a_map_in_degrees_has_shares_and_pixels_but_no_hectares(command: Command, here: Path) -> None:
    codes, _ = write_pair(here)
    write_map(here / "d.tif", codes, size=0.001, crs="EPSG:4326")
    done = command("accuracy", "design", "d.tif", "--nomenclature", "three.yaml", "--size", "160", "--out", "d.gpkg")
    assert (done.returncode, done.stderr) == (0, "")
    assert "areas are in pixels alone" in done.stdout
    answer(here / "d.gpkg", codes)
    done = command("accuracy", "estimate", "d.gpkg")
    assert (done.returncode, done.stderr) == (0, "")
    assert "class user's accuracy producer's accuracy pixels of the map pixels estimated" in words_of(done.stdout)
    assert pd.read_csv(here / "accuracy_d" / "area.csv")["hectares"].isna().all()
