from __future__ import annotations

import base64
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.report import ReportData, render
from iota_py.nomenclature import LandCoverClass, Nomenclature

from .page import Page, offline_page


@pytest.fixture(scope="module")
def html(report_data: ReportData) -> str:
    return render(report_data)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def bare(data: ReportData) -> ReportData:
    """The same report with everything that may be missing left out."""
    empty = pd.DataFrame()
    return replace(
        data,
        verdict=None,
        images={},
        confusion=None,
        regions=None,
        ledger=empty,
        drops=empty,
        acquisitions=empty,
        timings=empty,
        provenance={},
        warnings=[],
        grid={},
    )


def test_sections_in_the_order_of_a_reader(page: Page) -> None:
    anchors = [attributes["aria-labelledby"] for attributes in page.named("section")]
    assert anchors == [
        "map", "areas", "confusion", "classes", "regions", "quality", "dates", "samples", "difference", "timings", "settings", "versions", "provenance",
    ]  # fmt: skip
    linked = [str(a["href"]).removeprefix("#") for a in page.named("a") if a["href"] != "#content"]
    assert linked == anchors


def test_page_is_well_formed_and_accessible(page: Page) -> None:
    assert page.open == []
    assert page.named("html")[0]["lang"] == "en"
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a} <= set(ids)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(image.get("alt") for image in page.named("img"))
    assert all(cell.get("scope") in {"row", "col"} for cell in page.named("th"))
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(box.get("tabindex") == "0" for box in page.named("div") if "scroll" in str(box.get("class")))


def test_nothing_is_loaded_and_nothing_runs(html: str, page: Page) -> None:
    assert not re.search(r"https?://", html)
    assert page.named("script", "iframe", "object") == []
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert str(attributes.get(name, "#")).startswith(("#", "data:"))
    assert "url(" not in html
    assert "@import" not in html


def test_images_are_the_bytes_given(report_data: ReportData, page: Page) -> None:
    sources = [str(image["src"]).removeprefix("data:image/png;base64,") for image in page.named("img")]
    assert {base64.b64decode(source) for source in sources} == set(report_data.images.values())
    assert len(sources) == len(report_data.images)


def test_numbers_of_the_run_are_said(report_data: ReportData, page: Page) -> None:
    accuracy = report_data.verdict["overall_accuracy"]
    assert f"overall accuracy {accuracy['mean']:.3f} ± {accuracy['half_width']:.3f} over 3 draws of polygons, kappa " in page.text
    assert "measure the skill of the model where there are polygons, not the accuracy of the map" in page.text
    assert str(report_data.confusion[0, 0]) in page.text
    assert "106 used, 1 merged, 4 set aside" in page.text
    assert "mask band missing: 31TCJ_CLM_R1.tif" in page.text
    assert "(1 of 3 draws)" in page.text
    assert "1 h 27 min" in page.text
    assert "samples:\n  split:" in page.text


def test_what_the_fusion_at_borders_changed(report_data: ReportData) -> None:
    summary = {
        "buffer_pixels": 2000, "buffer_hectares": 20.0, "changed_pixels": 50, "changed_hectares": 0.5,
        "discontinuity": {"pairs_across_borders": 400, "without_fusion": 0.25, "with_fusion": 0.2},
    }  # fmt: skip
    changes = pd.DataFrame(
        {"name_before": [f"old {k}" for k in range(7)], "name_after": ["new"] * 7, "pixels": [20, 10, 8, 5, 4, 2, 1], "hectares": [0.1] * 7}
    )
    found = Page(render(replace(report_data, boundary=(summary, changes))))
    anchors = [attributes["aria-labelledby"] for attributes in found.named("section")]
    assert anchors.index("boundary") == anchors.index("difference") + 1
    text = " ".join(found.text.replace("\u202f", " ").split())
    assert re.search(r"of another class with fusion ?50 ?0\.5 ?2\.5 %", text)
    assert re.search(r"without fusion ?25\.0 %", text)
    assert re.search(r"with fusion ?20\.0 %", text)
    assert "The 5 most frequent of 7 changes" in text
    assert "old 4" in text
    assert "old 5" not in text
    none = {**summary, "buffer_pixels": 0, "changed_pixels": 0, "discontinuity": dict.fromkeys(summary["discontinuity"], None)}
    page = Page(
        render(
            replace(report_data, boundary=({**none, "discontinuity": {**none["discontinuity"], "pairs_across_borders": 0}}, changes[:0]))
        )
    )
    assert "No pixel has another class with the fusion." in page.text


def test_the_fused_map_has_its_own_scores(report_data: ReportData) -> None:
    scored = {"overall_accuracy": 0.91, "kappa": 0.875, "f1_macro": None}
    draws = {"overall_accuracy": [0.901, 0.882], "kappa": [0.81, 0.82], "f1_macro": [0.7, None]}
    entry = {
        "vote": "dempster-shafer",
        "weight": "recall",
        "undecided": "none",
        "kept": 0.2,
        "polygons": 12,
        "pixels": 345,
        "unclassified": 3,
    }
    verdict = {**report_data.verdict, "fused": {**entry, "scores": scored, "draws": draws}}
    text = Page(render(replace(report_data, verdict=verdict))).text
    assert "Scored on 12 polygons (345 pixels), kept apart from all draws." in text
    assert "draws weighed by recall" in text
    assert re.search(r"fused map\s*0\.910\s*0\.875\s*undefined\s*draw 0\s*0\.901", text)
    verdict = {**report_data.verdict, "fused": {**entry, "scores": None, "draws": None}}
    assert "The fused map has no score of its own" in Page(render(replace(report_data, verdict=verdict))).text


def test_undefined_is_written_in_words(report_data: ReportData, page: Page) -> None:
    assert "undefined" in page.text
    assert not re.search(r"\bnan\b|\bNone\b|\bNaT\b|<NA>", page.text)
    assert re.search(r"0\.887\s*undefined\s*0\.851|0\.887undefined0\.85[01]", page.text)
    many = replace(report_data, areas=report_data.areas.assign(share=np.nan))
    assert Page(render(many)).text.count("undefined") == page.text.count("undefined") + 10


def test_hostile_texts_stay_texts(report_data: ReportData, page: Page) -> None:
    evil = "\"'></pre></style><script>alert(1)</script>{{ 7 * 7 }}<img src=x onerror=alert(1)>"
    classes = tuple(LandCoverClass(c.code, c.alias, {"en": evil}, c.colour) for c in report_data.nomenclature.classes)
    hostile: dict[str, Any] = {
        "title": evil,
        "created": evil,
        "nomenclature": Nomenclature(evil, classes),
        "images": {**report_data.images, evil: report_data.images["map"]},
        "areas": report_data.areas.assign(name=evil, alias=evil),
        "ledger": report_data.ledger.assign(**{evil: evil}),
        "drops": pd.DataFrame({"reason": [evil], "count": [1], "ids": [evil]}),
        "acquisitions": report_data.acquisitions.assign(tile=evil, product=evil, platform=evil, reason=evil),
        "regions": pd.DataFrame({evil: [evil]}),
        "settings": evil,
        "versions": {evil: evil},
        "timings": pd.DataFrame({"stage": [evil], "tasks": [1], "seconds": [1.0]}),
        "provenance": {evil: {evil: [evil]}, "plain": evil},
        "warnings": [evil],
        "grid": {"crs": evil, "resolution": evil, "shape": (1, 1)},
    }
    for change in ({name: value} for name, value in hostile.items()):
        found = Page(render(replace(report_data, **change)))
        assert found.open == []
        assert found.named("script") == []
        assert not [a for _, a in found.elements if "onerror" in a]
        assert "<script>alert(1)</script>{{ 7 * 7 }}" in found.text
    assert len(Page(render(replace(report_data, **hostile))).named("img")) == len(page.named("img")) + 1


def test_a_run_without_validation_says_so(report_data: ReportData) -> None:
    found = Page(render(bare(report_data)))
    assert found.open == []
    assert "not assessed: nothing was held out for validation" in found.text
    assert "Nothing was dropped." in found.text
    assert "No acquisition is recorded." in found.text
    assert "No timing is recorded." in found.text
    assert found.named("img") == []


def test_unknown_images_get_a_section(report_data: ReportData) -> None:
    found = Page(render(replace(report_data, images={"importance by band": report_data.images["f1"]})))
    assert [a["alt"] for a in found.named("img")] == ["importance by band"]
    assert "Further figures" in found.text


def test_an_image_that_is_not_a_png_is_refused(report_data: ReportData) -> None:
    with pytest.raises(ValueError, match="image `map` is not a PNG"):
        render(replace(report_data, images={"map": b"GIF89a"}))


def test_same_text_twice(report_data: ReportData, html: str) -> None:
    assert render(report_data) == html


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (390, "dark")])
def test_page_in_a_browser_without_network(html: str, browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    with offline_page(browser, tmp_path / "report.html", html, width, scheme) as view:
        assert view.get_by_role("heading", level=1).inner_text() == "Land cover of the Toulouse plain, 2023"
        view.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        view.keyboard.press("Tab")
        assert view.evaluate("document.activeElement.textContent") == "Skip to the content"


@pytest.mark.browser
def test_page_of_23_classes_prints_within_its_paper(report_data: ReportData, oso: Nomenclature, browser: Any, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    matrix = np.full((23, 23), 1234, dtype=np.int64)
    place.write_text(render(replace(bare(report_data), nomenclature=oso, confusion=matrix)), encoding="utf-8")
    paper = 688  # A4 less its margins, in CSS pixels
    context = browser.new_context(viewport={"width": paper, "height": 1000}, offline=True)
    view = context.new_page()
    view.goto(place.as_uri())
    view.emulate_media(media="print")
    assert view.locator("nav").is_hidden()
    assert view.evaluate("document.documentElement.scrollWidth") <= paper
    context.close()
