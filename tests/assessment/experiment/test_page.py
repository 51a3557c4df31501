from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.experiment.contrasts import adjusted, by_region, confusion, contrast, effects, spreads, wanted_pairs
from iota_py.assessment.experiment.documents import changed_settings, comparison_document, comparison_table
from iota_py.assessment.experiment.page import render_comparison, shares
from iota_py.assessment.experiment.values import Comparison, Contrast, Cost, Entrant, Spot, Standing
from iota_py.assessment.experiment.words import answers, p_text, verdicts
from iota_py.assessment.metrics import scores
from iota_py.assessment.quicklooks import map_quicklook
from iota_py.io.publish import json_text
from iota_py.nomenclature import Nomenclature
from tests.assessment.conftest import CODES, landscape
from tests.assessment.page import Page, offline_page

HOSTILE = '<script>alert("x")</script>'
RIGHT = {"forest": 0.80, "boosting": 0.72, HOSTILE: 0.90}


def table(right: float, seed: int) -> pd.DataFrame:
    """120 polygons of 20 pixels in 3 draws; a share of their pixels is right."""
    stream = np.random.default_rng(seed)
    rows = []
    for run, polygon in itertools.product(range(3), range(120)):
        code = CODES[polygon % len(CODES)]
        good = int(stream.binomial(20, right))
        other = CODES[(polygon + 1) % len(CODES)]
        rows += [(run, polygon, "north" if polygon % 2 else "south", code, code, good), (run, polygon, "x", code, other, 20 - good)]
    return pd.DataFrame(rows, columns=["run", "polygon", "region", "code", "mapped", "pixels"]).query("pixels > 0")


def build(classes: Nomenclature, spots: tuple[Spot, ...] = ()) -> Comparison:
    codes = classes.codes
    entrants = [
        Entrant(
            f"{folds}-{model}",
            model,
            (folds,),
            {"folds": folds, "model": model},
            table(right - 0.2 * (folds == "blocks"), number),
            "polygons",
            Cost(12.0, 30.0, 4.0, 2e6, 8_000_000),
            {"model.kind": model, "model.trees": number, "same": 1},
            (f"/runs/{model}",),
            ("ab" * 32,),
        )
        for number, (folds, (model, right)) in enumerate(itertools.product(("random", "blocks"), RIGHT.items()))
    ]
    axes, baselines = {"folds": "random", "model": "forest"}, {("random",): "random-forest", ("blocks",): "blocks-forest"}
    made = {(a.name, b.name): contrast(a, b, codes, codes, 1000) for a, b in wanted_pairs(entrants, axes, baselines)}
    standings = []
    for one in entrants:
        against = made.get((baselines[one.group], one.name)) if one.name != baselines[one.group] else None
        against = None if against is None else adjusted([against], "overall_accuracy")[0]
        matrix = confusion(one.skill, codes)
        standings.append(Standing(one, spreads(one.skill, codes), matrix, scores(matrix).f1, against))
    found = effects(entrants, axes, ("folds",), made)
    sure = adjusted([one.contrast for one in found], "overall_accuracy")
    return Comparison(
        title=f"Trial {HOSTILE}", question="Which <b>?", created="2026-01-15 08:30 UTC", score="overall_accuracy", apart=("folds",),
        nomenclature=classes, standings=tuple(standings), effects=tuple(replace(e, contrast=c) for e, c in zip(found, sure, strict=True)),
        regions=by_region(entrants, codes), spots=spots, notes=("A <note>.",), missing={"late": "it was not run yet"},
        provenance={"experiment": "/e & co.yaml"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def comparison(ten: Nomenclature, oso: Nomenclature) -> Comparison:
    names = [f"{folds}-{model}" for folds in ("random", "blocks") for model in RIGHT]
    cut = {name: map_quicklook(landscape(number, 48).mapped, oso) for number, name in enumerate(names)}
    return build(ten, (Spot("1. x 5, y 6", "drawn at random", cut, 48),))


@pytest.fixture(scope="module")
def html(comparison: Comparison) -> str:
    return render_comparison(comparison)


def test_sections_and_structure(html: str) -> None:
    page = Page(html)
    anchors = [attributes["aria-labelledby"] for attributes in page.named("section")]
    assert anchors == ["choices", "result", "classes", "regions", "confusion", "maps", "cost", "settings", "provenance"]
    assert [str(a["href"])[1:] for a in page.named("a") if a["href"] != "#content"] == anchors
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(image.get("alt") for image in page.named("img"))
    assert all(cell.get("scope") in {"row", "col", "rowgroup"} for cell in page.named("th"))
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(strip.get("aria-label") or strip.get("aria-hidden") for strip in page.named("svg"))


def test_nothing_is_loaded_nothing_runs_and_names_stay_words(html: str) -> None:
    page = Page(html)
    assert not re.search(r"https?://", html)
    assert page.named("script", "iframe", "object", "b") == []
    assert all(str(a.get(n, "#")).startswith(("#", "data:")) for _, a in page.elements for n in ("src", "href"))
    assert HOSTILE not in html
    assert HOSTILE in page.text
    assert "A <note>." in page.text


def test_the_verdict_says_which_is_best_by_how_much_and_how_sure(comparison: Comparison) -> None:
    (random, first), (blocks, second) = verdicts(comparison)
    assert (random, blocks) == ("random", "blocks")
    best = next(one for one in comparison.standings if one.entrant.name == f"random-{HOSTILE}")
    difference = best.against.differences["overall_accuracy"]
    assert first.startswith(
        f"{HOSTILE} is best: overall accuracy {best.spreads['overall_accuracy'].mean:.3f}, +{difference.difference:.3f} against forest"
    )
    assert f"+{difference.low:.3f} to +{difference.high:.3f}, p" in first
    assert "is best" in second


def test_what_cannot_be_told_apart_is_said_to_be_chance(comparison: Comparison) -> None:
    unsure = [replace(one, against=None if one.against is None else replace(one.against, adjusted=0.4)) for one in comparison.standings]
    assert verdicts(replace(comparison, standings=tuple(unsure)))[0][1].endswith("may be chance")
    alone = [one for one in unsure if one.entrant.label != HOSTILE]
    assert verdicts(replace(comparison, standings=tuple(alone)))[0][1].startswith("Nothing scores higher than the baseline forest")
    unpaired = [one if one.against is None else replace(one, against=Contrast("a", "b", reason="other polygons")) for one in unsure]
    assert verdicts(replace(comparison, standings=tuple(unpaired)))[0][1].endswith("it cannot be paired with forest: other polygons")
    assert "not paired: other polygons" in Page(render_comparison(replace(comparison, standings=tuple(unpaired)))).text


def test_answers_count_the_settings(comparison: Comparison) -> None:
    found = [(one.axis, one.choice, one.group, one.text.split(":")[0]) for one in answers(comparison)]
    assert found == [
        ("model", "boosting", ("random",), "worse"),
        ("model", HOSTILE, ("random",), "better"),
        ("model", "boosting", ("blocks",), "worse"),
        ("model", HOSTILE, ("blocks",), "better"),
        ("folds", "blocks", (), "worse in 3 of 3"),
    ]


def test_the_numbers_are_on_the_page(comparison: Comparison, html: str) -> None:
    text = " ".join(Page(html).text.split())
    for one in comparison.standings:
        spread = one.spreads["overall_accuracy"]
        assert f"{spread.mean:.3f} ± {spread.std:.3f}" in text
    assert "late is not here: it was not run yet." in text
    assert "model.trees" in text
    assert list(changed_settings(comparison)) == ["model.kind", "model.trees"]
    assert p_text(0.0004) == "p\u202f<\u202f0.001"


def test_tables_and_documents(comparison: Comparison) -> None:
    frame = comparison_table(comparison)
    assert frame.variant.tolist()[:3] == ["random-forest", f"random-{HOSTILE}", "random-boosting"]
    assert frame.baseline.tolist() == [True, False, False] * 2
    assert (frame.mpx_per_second_and_worker == 2.0).all()
    document = comparison_document(comparison)
    assert json_text(document)
    assert len(document["effects"]) == 7
    assert document["variants"][0]["confusion"] == comparison.standings[0].confusion.tolist()


def test_shares_of_rows_by_hand() -> None:
    found = shares(np.array([[3, 1], [0, 0]]))
    assert found[0].tolist() == [0.75, 0.25]
    assert np.isnan(found[1]).all()


def test_a_page_without_maps_and_with_one_axis(comparison: Comparison) -> None:
    page = Page(render_comparison(replace(comparison, spots=(), effects=(), notes=(), missing={}, provenance={})))
    assert [a["aria-labelledby"] for a in page.named("section")] == [
        "result",
        "classes",
        "regions",
        "confusion",
        "cost",
        "settings",
        "provenance",
    ]
    assert page.named("img") == []


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_in_a_browser_without_a_network(browser: Any, html: str, tmp_path: Path, width: int, scheme: str) -> None:
    with offline_page(browser, tmp_path / "compare.html", html, width, scheme) as page:
        assert page.get_by_role("heading", level=1).count() == 1
        dots = page.locator("svg circle")
        assert dots.count() > 20
        assert page.locator("#result").is_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        if width > 1000:
            assert page.locator(".verdict").first.bounding_box()["y"] < 200
            assert page.locator("table.result").first.bounding_box()["y"] < 450
