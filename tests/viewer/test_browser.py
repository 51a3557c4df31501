"""The viewer in a real browser: what is painted, moved, chosen and read, and that it asks no other machine."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from iota_py.config.schema import RunConfig
from iota_py.pipeline.workspace import Workspace
from tests.viewer.conftest import FIELD, GONE, Served

pytestmark = pytest.mark.browser
WIDE = {"width": 1200, "height": 760}


class Page:
    """A page of a viewer that notes what goes wrong on it."""

    def __init__(self, browser: Any, served: Served, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": WIDE, **options})
        self.view = self.context.new_page()
        self.problems: list[str] = []
        self.view.on("console", lambda message: self.problems.append(message.text))
        self.view.on("pageerror", lambda error: self.problems.append(str(error)))
        self.view.on("request", lambda request: None if request.url.startswith(served.address) else self.problems.append(request.url))
        self.refused: list[Any] = []
        self.view.on("response", lambda answer: self.refused.append(answer) if answer.status >= 400 else None)
        self.view.goto(served.address)
        self.settle()

    def settle(self) -> None:
        """Wait until the map is painted."""
        self.view.wait_for_timeout(60)
        self.view.wait_for_selector("#stage[aria-busy=false]")
        self.view.wait_for_timeout(60)

    def state(self) -> dict[str, float]:
        return self.view.evaluate("(({x, y, scale, width, height, split}) => ({x, y, scale, width, height, split}))(viewer.map)")

    def screen(self, row: float, col: float) -> tuple[float, float]:
        """Where the middle of a pixel of the map is on the screen."""
        s = self.state()
        return (col + 0.5 - s["x"]) * s["scale"] + s["width"] / 2, (row + 0.5 - s["y"]) * s["scale"] + s["height"] / 2

    def colours(self, places: list[tuple[int, int]]) -> list[list[int]]:
        """Colours on a screenshot at the middles of pixels of the map."""
        self.settle()
        picture = np.rint(imread(io.BytesIO(self.view.screenshot())) * 255).astype(int)[..., :3]
        return [picture[int(y), int(x)].tolist() for x, y in (self.screen(*place) for place in places)]

    def click(self, row: int, col: int) -> None:
        self.view.mouse.click(*self.screen(row, col))

    def close(self) -> None:
        self.problems += [f"{answer.url}: {answer.text()}" for answer in self.refused]
        self.context.close()
        assert self.problems == []


@pytest.fixture
def page(browser: Any, one: Served) -> Iterator[Page]:
    found = Page(browser, one)
    yield found
    found.close()


@pytest.fixture
def two(browser: Any, both: Served) -> Iterator[Page]:
    found = Page(browser, both)
    yield found
    found.close()


@pytest.fixture(scope="module")
def palette(light_run: RunConfig) -> dict[int, list[int]]:
    return {one.code: list(one.colour) for one in Workspace(light_run.output, "").nomenclature.classes}


PLACES = [(20, 60), (100, 150), (120, 220), (200, 300), (60, 400), (230, 100)]


def test_the_map_is_painted_in_the_colours_of_its_classes(page: Page, classes: np.ndarray, palette: dict[int, list[int]]) -> None:
    assert page.view.get_by_role("heading", level=1).inner_text() == "Demonstration landscape, 2023"
    assert page.colours(PLACES) == [palette[classes[place]] for place in PLACES]


def test_beyond_full_scale_pixels_stay_sharp(page: Page, classes: np.ndarray, palette: dict[int, list[int]]) -> None:
    row, col = next((r, c) for r in range(100, 140) for c in range(200, 260) if classes[r, c] != classes[r, c + 1])
    page.view.evaluate(f"(() => {{ const m = viewer.map; m.scale = 40; m.x = {col + 1}; m.y = {row + 0.5}; m.changed(); }})()")
    page.settle()
    picture = np.rint(imread(io.BytesIO(page.view.screenshot())) * 255).astype(int)[..., :3]
    x, y = (int(value) for value in page.screen(row, col + 0.5))
    line = picture[y, x - 18 : x + 18]
    assert {tuple(colour) for colour in line[:17].tolist()} == {tuple(palette[classes[row, col]])}
    assert {tuple(colour) for colour in line[19:].tolist()} == {tuple(palette[classes[row, col + 1]])}


def test_drag_moves_the_map_with_the_pointer(page: Page, classes: np.ndarray, palette: dict[int, list[int]]) -> None:
    before = page.state()
    mouse = page.view.mouse
    mouse.move(700, 400)
    mouse.down()
    mouse.move(660, 380, steps=4)
    mouse.move(600, 350, steps=4)
    mouse.up()
    after = page.state()
    assert (after["x"] - before["x"]) * before["scale"] == pytest.approx(100, abs=1)
    assert (after["y"] - before["y"]) * before["scale"] == pytest.approx(50, abs=1)
    assert page.view.locator("#inspector").is_hidden(), "a drag is no click"
    assert page.colours(PLACES[1:4]) == [palette[classes[place]] for place in PLACES[1:4]]


def test_the_wheel_zooms_around_the_pointer(page: Page, classes: np.ndarray, palette: dict[int, list[int]]) -> None:
    before, place = page.state(), page.screen(100, 150)
    page.view.mouse.move(*place)
    page.view.mouse.wheel(0, -400)
    page.settle()
    assert page.state()["scale"] > 1.5 * before["scale"]
    assert page.screen(100, 150) == pytest.approx(place, abs=1)
    assert page.colours([(100, 150)]) == [palette[classes[100, 150]]]
    page.view.mouse.wheel(0, 400)
    page.settle()
    assert page.state()["scale"] == pytest.approx(before["scale"], rel=0.01)


def test_keys_move_zoom_and_choose(page: Page) -> None:
    page.view.locator("#map").focus()
    before = page.state()
    page.view.keyboard.press("ArrowRight")
    assert page.state()["x"] > before["x"]
    page.view.keyboard.press("+")
    assert page.state()["scale"] == pytest.approx(1.5 * before["scale"])
    page.view.keyboard.press("0")
    assert page.state() == pytest.approx(before)
    page.view.keyboard.press("2")
    assert page.view.get_by_label("Confidence").first.is_checked()
    page.view.keyboard.press("[")
    assert page.view.locator("#opacity").input_value() == "90"
    page.view.keyboard.press("Enter")
    page.view.wait_for_selector("#opinion")
    page.view.keyboard.press("Escape")
    assert page.view.locator("#inspector").is_hidden()
    assert page.view.evaluate("document.activeElement.id") == "map"


def test_another_layer_has_another_picture_and_legend(page: Page, first: Path) -> None:
    from iota_py.io.raster import read_window
    from iota_py.io.tiles import ramp

    page.view.get_by_label("Confidence").first.check()
    confidence, table = read_window(str(first / "map/confidence.tif")), ramp("viridis")
    assert page.colours(PLACES) == [list(table[int(np.rint(255 * (confidence[place] / 100)))][:3]) for place in PLACES]
    assert page.view.locator("#legend").inner_text().split() == ["0", "%", "100", "%"]
    page.view.get_by_text("Draw 2").click()
    page.view.locator("#layer-run_1-classification").check()
    page.settle()
    assert page.view.locator("#legend li").count() == 23


def test_opacity_lets_the_background_through(page: Page) -> None:
    full = page.colours(PLACES)
    page.view.locator("#opacity").fill("0")
    bare = page.colours(PLACES)
    assert len({tuple(colour) for colour in bare}) == 1
    page.view.locator("#opacity").fill("50")
    for found, a, b in zip(page.colours(PLACES), full, bare):
        assert found == pytest.approx([(x + y) / 2 for x, y in zip(a, b)], abs=2)
    assert page.view.locator("#opacity-text").inner_text() == "50 %"


def test_the_legend_highlights_and_hides(page: Page, classes: np.ndarray, palette: dict[int, list[int]]) -> None:
    a, b = PLACES[1], PLACES[2]
    assert classes[a] != classes[b]
    name = page.view.locator(f'#legend li[data-value="{classes[a]}"] .name')
    name.click()
    assert name.get_attribute("aria-pressed") == "true"
    lit, faint = page.colours([a, b])
    assert lit == palette[classes[a]]
    assert faint != palette[classes[b]]
    name.click()
    assert page.colours([b]) == [palette[classes[b]]]
    page.view.locator(f'#legend li[data-value="{classes[a]}"] .eye').click()
    hidden, shown = page.colours([a, b])
    assert hidden == page.colours([(300, 200)])[0], "the background"
    assert shown == palette[classes[b]]


def test_outlines_are_drawn(page: Page) -> None:
    before = page.view.screenshot()
    page.view.get_by_label("Ecoregions").check()
    page.view.wait_for_timeout(400)
    regions = page.view.screenshot()
    page.view.get_by_label("Reference polygons").check()
    page.view.wait_for_timeout(600)
    assert len({before, regions, page.view.screenshot()}) == 3
    assert page.view.evaluate("viewer.map.paths.length") == 2


def test_the_inspector_tells_class_probabilities_series_and_polygons(page: Page, one: Served) -> None:
    page.click(100, 150)
    panel = page.view.locator("#inspector")
    page.view.wait_for_selector("#opinion")
    assert panel.get_by_role("heading", level=1).inner_text() == "rapeseed"
    text = panel.inner_text()
    assert "row 100, column 150" in text
    assert "404105.0, 4838995.0" in text
    assert "1.809944, 43.697781" in text
    assert "31TCJ" in text
    shares = [
        float(value) for value in page.view.locator("tr[data-probability]").evaluate_all("all => all.map(one => one.dataset.probability)")
    ]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert page.view.locator("tr[data-probability]").first.get_attribute("data-code") == "5"
    line = next(x for x in one.get("models/0/100/150.json").content["series"] if x["band"] == "NDVI")
    chart = page.view.locator("#series .chart[role=img]")
    assert page.view.locator("#band").input_value() == "NDVI"
    assert chart.locator("circle.target").count() == len(line["values"])
    assert chart.locator("circle.seen").count() == len(line["observed"])
    page.view.locator("#band").select_option("B8")
    assert chart.get_attribute("aria-label").startswith("B8 in 9 dates")  # type: ignore[union-attr]
    chart.focus()
    page.view.keyboard.press("ArrowRight")
    assert "2023: 0." in page.view.locator(".reading").inner_text()
    assert page.view.locator("#polygons tr").first.inner_text().split("\t")[-1] == "inside"
    page.view.get_by_text("All layers at this pixel").click()
    assert "Draw 1: against the reference" in panel.inner_text()
    page.view.locator("#inspector-close").click()
    assert panel.is_hidden()


def test_two_runs_with_a_bar_between_them(two: Page, classes: np.ndarray, palette: dict[int, list[int]]) -> None:
    place = (65, 140)  # in FIELD
    assert FIELD[0].start < place[0] < FIELD[0].stop
    view, middle = two.view, two.screen(*place)[0] / two.state()["width"]
    bar = view.get_by_role("slider", name="Border between the two maps")

    def drag(share: float) -> None:
        box = bar.bounding_box()
        view.mouse.move(box["x"] + box["width"] / 2, 600)
        view.mouse.down()
        view.mouse.move(share * two.state()["width"], 600, steps=5)
        view.mouse.up()

    drag(middle + 0.1)
    assert bar.get_attribute("aria-valuenow") == str(round(100 * (middle + 0.1)))
    assert two.colours([place]) == [palette[classes[place]]]
    drag(middle - 0.1)
    assert two.colours([place]) == [palette[23]]
    bar.focus()
    before = two.state()["split"]
    view.keyboard.press("ArrowRight")
    assert two.state()["split"] == pytest.approx(before + 0.02)
    view.keyboard.press("End")
    assert two.colours([place]) == [palette[classes[place]]]
    view.keyboard.press("Home")
    assert two.colours([place]) == [palette[23]]
    view.get_by_label("Both runs, with a bar to drag").uncheck()
    assert bar.is_hidden()
    assert two.colours([place]) == [palette[classes[place]]]


def test_the_difference_of_two_runs_and_both_answers(two: Page, classes: np.ndarray) -> None:
    place = next((r, c) for r in range(60, 80) for c in range(110, 170) if classes[r, c] != 23)
    two.view.get_by_label("Difference of the two runs").check()
    assert two.colours([place, (150, 150)]) == [[213, 94, 0], [189, 194, 198]]
    assert "another class" in two.view.locator("#legend").inner_text()
    assert two.view.get_by_role("slider", name="Border between the two maps").is_hidden()
    two.click(*place)
    two.view.wait_for_selector("#opinion")
    first, second = (two.view.locator(f"#tab-{k}") for k in (0, 1))
    assert second.inner_text().endswith("water bodies")
    assert not first.inner_text().endswith("water bodies")
    second.click()
    two.view.wait_for_selector("#opinion:has-text('a later step of the run decided')")
    assert two.view.locator("#inspector-title").inner_text() == "water bodies"


def test_a_pixel_without_data(two: Page) -> None:
    assert (slice(0, 20), slice(0, 30)) == GONE
    two.view.evaluate("(() => { const m = viewer.map; m.split = 0; m.scale = 8; m.x = 30; m.y = 30; m.changed(); })()")
    two.settle()
    two.click(10, 15)
    two.view.wait_for_selector("#opinion")
    assert two.view.locator("#inspector-title").inner_text() == "no data"


def test_a_finger_moves_the_bar_and_opens_the_inspector(browser: Any, both: Served) -> None:
    phone = Page(browser, both, viewport={"width": 420, "height": 800}, has_touch=True, is_mobile=True)
    view = phone.view
    assert view.evaluate("document.documentElement.scrollWidth") <= 420
    view.touchscreen.tap(*phone.screen(100, 100))
    view.wait_for_selector("#opinion")
    assert view.evaluate("document.documentElement.scrollWidth") <= 420
    box = view.locator("#inspector").bounding_box()
    assert (box["x"], box["width"]) == (0, 420)
    view.locator("#inspector-close").click()
    touch = view.context.new_cdp_session(view)
    grip = view.locator("#bar .grip").bounding_box()
    x, y = grip["x"] + 22, grip["y"] + 22
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 60, "y": y}]),
        ("touchMove", [{"x": 84, "y": y}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert phone.state()["split"] == pytest.approx(0.2, abs=0.01)
    phone.close()


def test_inputs_that_are_gone_are_said_in_the_inspector(browser: Any, first: Path, tmp_path: Path) -> None:
    from tests.viewer.conftest import serving

    root = Path(shutil.copytree(first, tmp_path / "moved"))
    for path in (root / "inventory").glob("*_sentinel2.json"):
        path.write_text(path.read_text().replace("/data_samples/", "/nowhere/"))
    with serving(root) as served:
        page = Page(browser, served)
        page.click(100, 150)
        page.view.wait_for_selector("#inspector-problem")
        assert page.view.locator("#inspector-problem").inner_text().startswith("E-RAS-002 ")
        assert page.view.locator("#inspector-title").inner_text() == "rapeseed", "the rasters still tell"
        page.close()


CONTRASTS = """() => {
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parsed(getComputedStyle(node).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
  };
  const written = (node) => node.checkVisibility() && [...node.childNodes].some((text) => text.nodeType === 3 && text.data.trim());
  return [...document.querySelectorAll('#panel *, #inspector *')].filter(written).map((node) => {
    const style = getComputedStyle(node);
    const pair = [light(parsed(node.namespaceURI.endsWith('svg') ? style.fill : style.color)), light(ground(node))];
    return [(Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05), node.textContent];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_background(browser: Any, one: Served, scheme: str) -> None:
    """Contrast of 4.5 and more (WCAG 2.2, 1.4.3) of every text of panel and inspector."""
    page = Page(browser, one, color_scheme=scheme)
    page.click(100, 150)
    page.view.wait_for_selector("#opinion")
    contrasts = page.view.evaluate(CONTRASTS)
    assert len(contrasts) > 60
    assert [text for contrast, text in contrasts if contrast < 4.5] == []
    page.close()


def test_every_control_has_a_name(page: Page) -> None:
    page.click(100, 150)
    page.view.wait_for_selector("#opinion")
    nameless = page.view.locator("button, input, select, canvas, [tabindex='0']").evaluate_all(
        "all => all.filter(one => !(one.ariaLabel || one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim())).map(one => one.outerHTML)"
    )
    assert nameless == []
    page.view.locator("#keys-open").click()
    assert page.view.get_by_role("dialog", name="Keys").is_visible()
    page.view.keyboard.press("Escape")
    assert page.view.get_by_role("dialog", name="Keys").is_hidden()
