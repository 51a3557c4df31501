"""What the addresses of the viewer answer."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from matplotlib.image import imread
from shapely.geometry import shape

from iota_py.config.schema import RunConfig
from iota_py.io.raster import read_window
from iota_py.pipeline.workspace import Workspace
from tests.viewer.conftest import FIELD, GONE, TOKEN, Served, serving

SIDE = 256


def picture(served: Served, path: str) -> np.ndarray:
    """Colours uint8 (row, col, 4) of a square."""
    answer = served.get(path)
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.rint(imread(io.BytesIO(answer.body)) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def palette(light_run: RunConfig) -> np.ndarray:
    """Colours of the classes, uint8 (256, 4)."""
    table = np.zeros((256, 4), np.uint8)
    for one in Workspace(light_run.output, "").nomenclature.classes:
        table[one.code] = (*one.colour, 255)
    return table


def test_the_page_and_its_parts(one: Served) -> None:
    page = one.get("")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<script type="module" src="main.js">' in page.text
    for name, kind in (
        ("viewer.css", "text/css"),
        ("main.js", "text/javascript"),
        ("map.js", "text/javascript"),
        ("icon.svg", "image/svg+xml"),
    ):
        part = one.get(name)
        assert part.status == 200
        assert part.headers["content-type"].startswith(kind)
        assert "http://" not in part.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in part.text


def test_what_the_page_is_told(one: Served) -> None:
    about = one.get("about.json").content
    (run,) = about["runs"]
    assert run["title"] == "Demonstration landscape, 2023"
    assert [layer["title"] for layer in run["layers"] if not layer["group"]] == ["Classes", "Confidence", "Clear observations"]
    assert {layer["group"] for layer in run["layers"]} == {"", "Draw 1", "Draw 2"}
    assert [layer["key"] for layer in run["layers"]][3:6] == ["run_0-classification", "run_0-confidence", "run_0-difference"]
    assert about["grid"] == {
        "width": 440, "height": 240, "side": SIDE, "last": 1, "transform": [10.0, 402600.0, -10.0, 4840000.0], "crs": "EPSG:32631", "unit": "m",
    }  # fmt: skip
    assert about["difference"] is None
    shares = [entry["share"] for entry in run["layers"][0]["entries"]]
    assert sum(shares) == pytest.approx(1)
    assert [overlay["key"] for overlay in run["overlays"]] == ["regions", "polygons"]


def test_squares_of_classes_have_the_colours_of_the_nomenclature(one: Served, classes: np.ndarray, palette: np.ndarray) -> None:
    left, right = (picture(one, f"tile/0/classification/1/{col}/0.png") for col in (0, 1))
    page = np.concatenate([left, right], axis=1)
    assert np.array_equal(page[:240, :440], palette[classes])
    assert not page[240:, :, 3].any()
    assert not page[:, 440:, 3].any()


def test_hidden_classes_are_transparent_and_others_faint_beside_a_highlight(one: Served, classes: np.ndarray) -> None:
    here = classes[:240, :SIDE]
    opacity = picture(one, "tile/0/classification/1/0/0.png?hidden=13,5&lit=6")[:240, :, 3]
    assert (opacity[np.isin(here, [13, 5])] == 0).all()
    assert (opacity[here == 6] == 255).all()
    others = opacity[~np.isin(here, [13, 5, 6])]
    assert set(others.tolist()) == {46}


def test_squares_of_confidence_go_from_dark_to_light(one: Served, first: Path) -> None:
    from iota_py.io.tiles import ramp

    values = read_window(str(first / "map/confidence.tif"))[:240, :SIDE]
    table = np.array([ramp("viridis")[value] for value in range(256)], np.uint8)
    assert np.array_equal(picture(one, "tile/0/confidence/1/0/0.png")[:240], table[np.rint(255 * (values / 100)).astype(int)])


def test_the_difference_of_two_runs(both: Served, classes: np.ndarray) -> None:
    assert [entry["label"] for entry in both.get("about.json").content["difference"]][:2] == ["the same class", "another class"]
    found = picture(both, "difference-of-runs/1/0/0.png")[:240]
    changed = np.zeros((240, SIDE), bool)
    changed[FIELD] = True
    expected = np.where((changed & (classes[:, :SIDE] != 23))[..., None], (213, 94, 0, 255), (189, 194, 198, 255))
    expected[GONE] = (0, 114, 178, 255)
    assert np.array_equal(found, expected)


def test_the_second_run_has_its_own_squares(both: Served, palette: np.ndarray) -> None:
    found = picture(both, "tile/1/classification/1/0/0.png")
    assert (found[FIELD] == palette[23]).all()
    assert not found[GONE][..., 3].any()


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/nothing/0/0/0.png", "tile/1/classification/0/0/0.png", "tile/0/classification/9/0/0.png", "tile/0/classification/1/2/0.png",
        "tile/0/classification/x/0/0.png", "tile/0/classification/0/0/0.jpg", "tile/0/classification/0/0/0.png?hidden=1;2",
        "tile/0/classification/0/0/0.png?lit=1111111", "difference-of-runs/0/0/0.png", "outlines/0/secrets.json?left=0&top=0&right=9&bottom=9&step=1",
        "outlines/0/regions.json", "outlines/0/regions.json?left=0&top=0&right=nan&bottom=9&step=1", "pixel/0/240/0.json", "pixel/0/0/440.json",
        "models/3/0/0.json", "nothing", "main.js/", "about.json/more",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404_in_one_line(one: Served, path: str) -> None:
    answer = one.get(path)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith(("E-VIEW-005 ", "E-VIEW-006 "))
    assert answer.text.count("\n") == 1


def test_an_unknown_layer_by_name(one: Served) -> None:
    expected = "E-VIEW-005 address: no layer 'nothing' here. Fix: start from the address that was printed\n"
    assert one.get("tile/0/nothing/0/0/0.png").text == expected


@pytest.mark.parametrize(
    "path",
    [
        "../config.yaml", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "%2fetc%2fpasswd", "..\\..\\config.yaml",
        "config.yaml", "pages.py", "../pages.py", "%00main.js", "main.js%00.html", "tile/0/..%2fconfig/0/0/0.png", "tile/0/../../config.yaml/0/0/0.png",
        "tile/0/classification%2f..%2f..%2fconfig/0/0/0.png", "outlines/0/..%2f..%2fsamples%2fpolygons.json?left=0&top=0&right=9&bottom=9&step=1",
    ],
)  # fmt: skip
def test_no_address_opens_another_file(one: Served, path: str) -> None:
    answer = one.raw("GET", f"/{TOKEN}/{path}")
    assert answer.status in (400, 404)
    assert "root:" not in answer.text
    assert "nomenclature" not in answer.text
    assert len(answer.body) < 300


def test_outlines_are_in_pixels_of_the_map(one: Served) -> None:
    found = one.get("outlines/0/polygons.json?left=0&top=0&right=440&bottom=240&step=0.1").content
    points = shapely.get_coordinates([shape(one["geometry"]) for one in found["features"]])
    assert found["more"] == 0
    assert len(found["features"]) > 100
    assert points.min() > -60
    assert 400 < points[:, 0].max() < 500
    assert {"polygon", "code", "learning"} == set(found["features"][0]["properties"])
    corner = one.get("outlines/0/polygons.json?left=0&top=0&right=40&bottom=40&step=0.1").content
    assert 0 < len(corner["features"]) < len(found["features"]) / 4


def test_too_many_outlines_are_counted(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iota_py.viewer.overlays.MOST", 7)
    found = one.get("outlines/0/polygons.json?left=0&top=0&right=440&bottom=240&step=1").content
    assert len(found["features"]) == 7
    assert found["more"] > 100


def test_a_file_that_is_gone_is_told_in_one_line(copied: Callable[[], Path]) -> None:
    root = copied()
    with serving(root) as served:
        (root / "map/confidence.tif").unlink()
        answer = served.get("tile/0/confidence/0/0/0.png")
    assert answer.status == 409
    assert answer.text.startswith(f"E-RAS-002 {root}/map/confidence.tif: cannot be opened as GTiff")
    assert answer.text.count("\n") == 1


def test_what_nobody_thought_of_is_told_in_one_line(one: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("iota_py.viewer.pages.facts", fail)
    answer = one.get("pixel/0/0/0.json")
    assert answer.status == 500
    assert answer.text == "E-VIEW-009 viewer: unexpected RuntimeError: out of luck. Fix: look at the terminal\n"


def test_a_link_that_leads_out_of_the_run_is_no_layer(copied: Callable[[], Path], first: Path) -> None:
    root = copied()
    (root / "map/stolen.tif").symlink_to(first / "map/classification.tif")
    with serving(root) as served:
        keys = [layer["key"] for layer in served.get("about.json").content["runs"][0]["layers"]]
        assert "stolen" not in keys
        assert served.get("tile/0/stolen/0/0/0.png").status == 404


def test_a_second_run_in_another_system_lies_on_the_first(first: Path, tmp_path: Path) -> None:
    """The same classes on the grid of zone 30: painted on the grid of the first run they are nearly the same picture."""
    import shutil

    from odc.geo.geobox import GeoBox

    from iota_py.grid.windows import whole
    from iota_py.io.lookup import read_nearest
    from iota_py.io.raster import read_header, write_cog

    root = Path(shutil.copytree(first, tmp_path / "zone30"))
    path = root / "map/classification.tif"
    own = read_header(str(path)).geobox
    other = GeoBox.from_bbox(own.extent.to_crs("EPSG:32630").boundingbox, "EPSG:32630", resolution=10, tight=True)
    values = read_nearest(str(first / "map/classification.tif"), own, other)
    write_cog(path, other, "uint8", [(whole(values.shape), values)], overviews="mode", nodata=0)
    with serving(first, root) as served:
        assert served.get("about.json").content["difference"] is None, "the grids are not the same"
        a, b = (picture(served, f"tile/{run}/classification/1/0/0.png")[20:220, 20:] for run in (0, 1))
        assert (a == b).all(axis=2).mean() > 0.75
        same = [
            served.get(f"pixel/{run}/{row}/{col}.json").content["values"][0]["value"]
            for run in (0, 1)
            for row, col in ((55, 66), (200, 400))
        ]
    assert same[:2] == same[2:]
