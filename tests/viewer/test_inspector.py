"""What the viewer says of a pixel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from iota_py.io.raster import read_window
from iota_py.pipeline.pixel import Answer
from iota_py.viewer.inspector import facts, mean_probabilities, nearest_polygons, second_look
from iota_py.viewer.layers import Entry
from iota_py.viewer.shown import ShownRun
from tests.viewer.conftest import Served, serving

CLASSES = {code: Entry(code, f"class {code}", (code, 0, 0)) for code in (1, 2, 3)}


def answer(run: int, codes: list[int], shares: list[float], seen: bool = True) -> Answer:
    return Answer(run, "", np.array(codes, np.uint8), np.array(shares, np.float32), seen)


def test_probabilities_are_the_mean_of_the_models_that_saw_the_pixel() -> None:
    """A class that a model has not learnt counts as 0 there: (0.5 + 0) / 2, (0.25 + 0.75) / 2, (0.25 + 0.25) / 2."""
    given = [answer(0, [1, 2, 3], [0.5, 0.25, 0.25]), answer(1, [2, 3], [0.75, 0.25]), answer(0, [1], [1.0], seen=False)]
    found = mean_probabilities(given, CLASSES)
    assert [(one["code"], one["probability"], one["low"], one["high"]) for one in found] == [
        (2, 0.5, 0.25, 0.75), (1, 0.25, 0.0, 0.5), (3, 0.25, 0.25, 0.25),
    ]  # fmt: skip
    assert found[0]["label"] == "class 2"
    assert found[0]["colour"] == "#020000"
    assert mean_probabilities([given[2]], CLASSES) == []


def test_nearest_learning_polygons() -> None:
    """Inside is 0; one of them never learns; of equal distances the lower number first."""
    shapes = [
        box(0, 0, 10, 10),
        box(20, 0, 30, 10),
        box(-15, 0, -5, 10),
        Point(5, 45),
        box(100, 0, 110, 10),
        box(200, 0, 210, 10),
        box(400, 0, 410, 10),
    ]
    frame = gpd.GeoDataFrame(
        {"polygon": [4, 9, 2, 7, 1, 5, 6], "code": [1, 2, 2, 3, 1, 1, 1], "learning": [2, 1, 0, 2, 1, 1, 1]},
        geometry=shapes,
        crs="EPSG:32631",
    )
    found = nearest_polygons(frame, CLASSES, 5, 5)
    assert [(one["polygon"], one["metres"], one["learning"]) for one in found] == [
        (4, 0, 2),
        (9, 15, 1),
        (7, 40, 2),
        (1, 95, 1),
        (5, 195, 1),
    ]
    assert found[1]["label"] == "class 2"
    assert nearest_polygons(frame.assign(learning=0), CLASSES, 5, 5) == []
    assert nearest_polygons(None, CLASSES, 5, 5) == []


def test_distances_are_metres_on_a_map_in_degrees() -> None:
    """A degree of longitude on the equator is 111.3 km."""
    frame = gpd.GeoDataFrame({"polygon": [1], "code": [1], "learning": [1]}, geometry=[box(1, -1, 2, 1)], crs="EPSG:4326")
    assert nearest_polygons(frame, CLASSES, 0, 0)[0]["metres"] == pytest.approx(111_320, rel=0.15)


def test_coordinates_and_values(one: Served, first: Path) -> None:
    found = one.get("pixel/0/100/150.json").content
    assert (found["row"], found["col"], found["x"], found["y"]) == (100, 150, 404_105.0, 4_838_995.0)
    assert found["longitude"] == pytest.approx(1.809944, abs=1e-6)
    assert found["latitude"] == pytest.approx(43.697781, abs=1e-6)
    for value in found["values"]:
        path = first / "map" / f"{value['key'].replace('-', '/')}.tif"
        stored = int(read_window(str(path))[100, 150])
        assert value["value"] == (None if stored == 0 and "validity" not in value["key"] else stored)
    assert found["values"][0]["label"] == "rapeseed"
    assert found["values"][0]["colour"] == "#ffff00"
    assert found["polygons"][0]["label"] == "rapeseed"
    assert found["polygons"][0]["metres"] == 0


def test_models_agree_with_the_map(one: Served, classes: np.ndarray) -> None:
    for row, col in ((100, 150), (5, 5), (239, 439), (130, 300)):
        found = one.get(f"models/0/{row}/{col}.json").content
        assert found["problem"] is None
        assert found["opinion"]["label"] == classes[row, col]
        assert sum(entry["probability"] for entry in found["opinion"]["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert 1 <= found["opinion"]["votes"] <= found["opinion"]["draws"] == 2
        assert found["tile"] in ("31TCJ", "31TDJ")
        assert found["region"] in ("1", "2")
        bands = {entry["band"]: entry for entry in found["series"]}
        assert len(bands["NDVI"]["values"]) == len(bands["NDVI"]["dates"]) == 9
        assert len(bands["NDVI"]["observed"]) == found["validity"]


def test_two_runs_are_asked_by_the_pixels_of_the_first(both: Served) -> None:
    values = [both.get(f"pixel/{run}/50/120.json").content["values"][0]["value"] for run in (0, 1)]
    assert values[1] == 23
    found = both.get("models/1/50/120.json").content["opinion"]
    assert found["label"] == values[0], "the models of the copy are those of the first run; its map was changed by hand"


def test_off_the_second_map_there_is_nothing(first: Path, copied: Callable[[], Path]) -> None:
    from iota_py.grid.windows import Window, whole
    from iota_py.io.raster import read_header, write_cog

    root = copied()
    path = root / "map/classification.tif"
    part = Window(0, 0, 100, 100)
    values, grid = read_window(str(path), part), part.of(read_header(str(path)).geobox)
    write_cog(path, grid, "uint8", [(whole(values.shape), values)], overviews="mode", nodata=0)
    with serving(first, root) as served:
        assert served.get("pixel/1/99/99.json").content["values"][0]["value"] == values[99, 99]
        assert served.get("pixel/1/100/99.json").content is None
        assert served.get("models/1/100/99.json").content is None


def moved(root: Path, change: Callable[[str], str]) -> None:
    """Change the inventory of a tile."""
    path = root / "inventory/31TCJ_sentinel2.json"
    path.write_text(change(path.read_text()))


def test_inputs_that_are_gone_are_told(copied: Callable[[], Path]) -> None:
    root = copied()
    moved(root, lambda text: text.replace("/data_samples/", "/nowhere/"))
    found = second_look(ShownRun(root), 10, 10)
    assert found["problem"].startswith("E-RAS-002 ")
    assert "nowhere" in found["problem"]
    assert found["tile"] == "31TCJ"
    assert found["series"] == []
    assert found["opinion"] is None


def test_an_inventory_of_another_version_is_told(copied: Callable[[], Path]) -> None:
    root = copied()
    document = json.loads((root / "inventory/31TCJ_sentinel2.json").read_text())
    del document["share"]
    moved(root, lambda text: json.dumps(document))
    found = second_look(ShownRun(root), 10, 10)
    assert found["problem"] == (
        f"E-VIEW-008 {root}: the run cannot be read again (KeyError: 'share'). Fix: run it again with this version of iota_py"
    )


def test_models_that_are_gone_are_told(copied: Callable[[], Path]) -> None:
    import shutil

    root = copied()
    shutil.rmtree(root / "models")
    found = second_look(ShownRun(root), 10, 10)
    assert "models/region_" in found["problem"]
    assert len(found["series"]) == 13, "the series needs no model"


def test_functions_of_users_are_not_run_by_looking(copied: Callable[[], Path]) -> None:
    root = copied()
    path = root / "inventory/run.json"
    summary = json.loads(path.read_text()) | {
        "user": [{"file": "/x.py", "function": "f", "margin": 0, "options": {}, "names": [], "sha256": ""}]
    }
    path.write_text(json.dumps(summary))
    expected = (
        f"E-VIEW-007 {root}: user_features: its features come from functions of users, which are not run by looking. "
        "Fix: start the viewer with --allow-user-code"
    )
    assert second_look(ShownRun(root), 10, 10)["problem"] == expected
    allowed = second_look(ShownRun(root, allowed=True), 10, 10)["problem"]
    assert "/x.py" in allowed
    assert "E-VIEW-007" not in allowed


def test_regions_that_are_gone_leave_no_outlines(copied: Callable[[], Path]) -> None:
    root = copied()
    path = root / "config.yaml"
    path.write_text(path.read_text().replace("ecoregions.gpkg", "gone.gpkg"))
    run = ShownRun(root)
    assert [one["key"] for one in run.document()["overlays"]] == ["polygons"]
    assert "gone.gpkg" in second_look(run, 10, 10)["problem"]
    assert facts(run, 10, 10)["polygons"]
