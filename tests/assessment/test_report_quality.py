"""The report for every reader: in two languages, by keyboard, in colours that can be read, on paper, and never too large."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from iota_py.assessment.acquisitions import MOST_ASIDE, MOST_ROWS, listed
from iota_py.assessment.figures import confusion_figure, dates_figure
from iota_py.assessment.language import catalogue
from iota_py.assessment.picture_budget import BUDGET, paletted, total, within
from iota_py.assessment.report import ReportData, render
from iota_py.nomenclature import Nomenclature

from .images import rgba
from .page import Page, offline_page

MOST = 10_000_000  # bytes of a page

# Contrast of a text with what is behind it, by the formula of WCAG 2.2 (relative luminance, 1.4.3); elements without an opaque background take
# that of the element around them.
CONTRASTS = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.checkVisibility())
    .map(e => {
      const [a, b] = [light(channels(getComputedStyle(e).color)), light(behind(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.tagName + " " + e.textContent.trim().slice(0, 40)];
    });
}"""
FOCUSABLE = "a[href], summary, [tabindex='0']"


def in_french(data: ReportData) -> ReportData:
    """The made-up run with figures that know languages."""
    images = {
        **data.images,
        "confusion": lambda language: confusion_figure(data.confusion, data.nomenclature, language),
        "dates": lambda language: dates_figure(data.acquisitions, language),
    }
    return replace(data, images=images)


@pytest.fixture(scope="module")
def french(report_data: ReportData) -> str:
    return render(in_french(report_data), "fr")


def test_french_page_is_french(report_data: ReportData, french: str) -> None:
    page = Page(french)
    assert page.open == []
    assert page.named("html")[0]["lang"] == "fr"
    accuracy = report_data.verdict["overall_accuracy"]
    assert f"précision globale {accuracy['mean']:.3f}".replace(".", ",") in page.text
    assert "Rédigé le 15/01/2026 à 8 h 30 (UTC)" in page.text
    assert "106 utilisées, 1 fusionnée, 4 écartées" in page.text
    assert "indéfini" in page.text
    assert "urbain diffus" in page.text
    english = {text for text, other in catalogue("fr").items() if text != other and len(text) > 24 and "%(" not in text and "#" not in text}
    assert [text for text in english if text.replace("%%", "%") in page.text] == []
    figures = [image["src"] for image in page.named("img")]
    assert set(figures) != {image["src"] for image in Page(render(in_french(report_data))).named("img")}


def test_both_languages_have_the_same_places(report_data: ReportData, french: str) -> None:
    english = Page(render(report_data))
    ids = [[a["id"] for _, a in page.elements if "id" in a] for page in (english, Page(french))]
    assert ids[0] == ids[1]


def test_a_language_without_texts_is_refused(report_data: ReportData) -> None:
    with pytest.raises(KeyError):
        render(report_data, "de")


def noise(side: int, seed: int) -> bytes:
    """PNG that cannot be packed."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def test_forty_large_pictures_stay_below_ten_megabytes(report_data: ReportData) -> None:
    images = {**report_data.images, **{f"picture {k}": noise(640, k) for k in range(40)}}
    assert total(images) > 40_000_000
    html = render(replace(report_data, images=images))
    assert len(html.encode()) < MOST
    page = Page(html)
    assert len(page.named("img")) == len(images)
    kept = next(image for image in page.named("img") if image["alt"].startswith("Land-cover map"))
    assert (kept["width"], kept["height"]) == ("240", "240")  # pictures that are small already lose nothing


def test_pictures_that_fit_are_left_alone() -> None:
    images = {"a": noise(20, 1), "b": noise(30, 2)}
    assert within(images) == images
    assert within(images, total(images)) == images
    tight = within({"large": noise(900, 3), "small": images["a"]}, 200_000)
    assert total(tight) <= 200_000
    assert tight["small"] == images["a"]
    assert within({"large": noise(900, 3), "small": images["a"]}, 200_000) == tight
    assert total(within({"b": noise(100, 4)}, 10)) > 10  # too small to be made smaller: kept
    assert BUDGET * 4 / 3 < MOST


def test_a_palette_keeps_few_colours_and_what_is_clear() -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[:20] = (255, 85, 0, 255)
    picture[20:, :20] = (0, 0, 255, 255)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    found = rgba(paletted(buffer.getvalue()))
    assert np.array_equal(found[picture[..., 3] > 0], picture[picture[..., 3] > 0])
    assert (found[20:, 20:, 3] == 0).all()


@pytest.fixture(scope="module")
def national(report_data: ReportData, oso: Nomenclature) -> ReportData:
    """300 tiles of 70 acquisitions, one in ten set aside, and 23 classes with 12 regions and 3 draws in the ledger."""
    days = pd.date_range("2023-01-03", periods=70, freq="5D")
    frame = pd.DataFrame(
        [(f"T{tile:03d}", day, "SENTINEL2A", f"S2A_{day:%Y%m%d}_T{tile:03d}", 0.2, "used", "") for tile in range(300) for day in days],
        columns=["tile", "date", "platform", "product", "cloud_share", "status", "reason"],
    )
    frame.loc[::10, ["status", "reason"]] = ["set aside", "cloud share above 0.90"]
    rows = [
        ("learning pixels selected", run, region, c.code, c.alias, 100, 1000)
        for run in range(3) for region in range(12) for c in oso.classes
    ]  # fmt: skip
    ledger = pd.DataFrame(rows, columns=["step", "run", "region", "code", "alias", "polygons", "pixels"])
    matrix = np.full((23, 23), 1234, dtype=np.int64)
    images = {**report_data.images, "dates": dates_figure(frame), "confusion": confusion_figure(matrix, oso)}
    verdict = {**report_data.verdict, "per_class": {str(c.code): report_data.verdict["per_class"]["2"] for c in oso.classes}}
    return replace(report_data, acquisitions=frame, ledger=ledger, nomenclature=oso, confusion=matrix, images=images, verdict=verdict)


def test_a_page_of_300_tiles_says_what_it_leaves_out(national: ReportData) -> None:
    html = render(national)
    assert len(html.encode()) < MOST / 2
    page, found = Page(html), listed(national.acquisitions)
    assert len(found["set_aside"]) == MOST_ASIDE
    assert sum(len(tile["rows"]) for tile in found["tiles"]) <= MOST_ROWS
    text = page.text.replace("\u202f", " ")
    assert f"{2100 - MOST_ASIDE} more acquisitions set aside are not listed here: assessment/acquisitions.csv holds them all." in text
    assert f"{3 * 12 * 23 - 600} more rows are not listed here: assessment/ledger.csv holds them all." in text
    assert len(page.named("details")) < 40
    counts = re.search(r"T299\s*63\s*0\s*7", text)
    assert counts is not None
    dates = rgba(national.images["dates"])
    assert dates.shape[0] < 3000


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out(french: str, browser: Any, tmp_path: Path, scheme: str) -> None:
    with offline_page(browser, tmp_path / "report.html", french, 1280, scheme) as view:
        found = view.evaluate(CONTRASTS)
        assert len(found) > 300
        assert [one for one in found if one[0] < 4.5] == []


@pytest.mark.browser
def test_the_keyboard_reaches_all_in_the_order_of_the_page(french: str, browser: Any, tmp_path: Path) -> None:
    with offline_page(browser, tmp_path / "report.html", french, 1280, "light") as view:
        places = f'[...document.querySelectorAll("{FOCUSABLE}")].filter(e => e.checkVisibility())'
        number = view.evaluate(f"{places}.length")
        seen = []
        for _ in range(number):
            view.keyboard.press("Tab")
            seen.append(view.evaluate(f"{places}.indexOf(document.activeElement)"))
            outline = view.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
            )
            assert outline == "solid3px"
        assert seen == list(range(number))
        view.locator("summary").first.focus()
        view.keyboard.press("Enter")
        assert view.evaluate("document.querySelector('details').open")


@pytest.mark.browser
def test_what_scrolls_can_be_reached(french: str, browser: Any, tmp_path: Path) -> None:
    with offline_page(browser, tmp_path / "report.html", french, 390, "light") as view:
        view.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        lost = view.evaluate(
            """[...document.querySelectorAll("main *")].filter(e => (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
               && /auto|scroll/.test(getComputedStyle(e).overflow) && e.tabIndex < 0 && e.clientWidth > 0).map(e => e.outerHTML.slice(0, 80))"""
        )
        assert lost == []


@pytest.mark.browser
def test_on_paper_nothing_is_cut_or_closed(report_data: ReportData, browser: Any, tmp_path: Path) -> None:
    few = replace(report_data, acquisitions=report_data.acquisitions.head(60))
    place = tmp_path / "report.html"
    place.write_text(render(few, "fr"), encoding="utf-8")
    context = browser.new_context(viewport={"width": 688, "height": 1000}, offline=True)
    view = context.new_page()
    view.goto(place.as_uri())
    view.emulate_media(media="print")
    assert view.evaluate("document.documentElement.scrollWidth") <= 688
    assert view.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.scrollHeight <= e.clientHeight + 1)")
    assert view.evaluate("[...document.querySelectorAll('details > *')].every(e => e.checkVisibility({contentVisibilityAuto: true}))")
    paper = view.pdf(prefer_css_page_size=True, print_background=True)
    context.close()
    assert paper.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 4
