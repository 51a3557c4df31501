from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iota_py.assessment.agreement import agreement_document
from iota_py.assessment.compare_page import Comparison, render_comparison
from iota_py.assessment.quicklooks import map_quicklook
from iota_py.assessment.transition_figure import transition_figure
from iota_py.assessment.transition_rules import implausible_pairs, implausible_table, read_rules
from iota_py.assessment.transitions import (
    DIFFERENCE,
    class_changes,
    difference,
    difference_table,
    joint_counts,
    transition_matrix,
    transition_table,
)
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import Nomenclature

from .conftest import Landscape, landscape
from .page import Page, offline_page


@pytest.fixture(scope="module")
def comparison(oso: Nomenclature, scene: Landscape, project: Path) -> Comparison:
    """The landscape of the report, and its reference as the map of another year."""
    before, after = scene.mapped, landscape(8).truth.copy()
    path = project / "configs/transitions/oso-23.yaml"
    rules = read_rules(read_yaml(path), oso, str(path))
    joint, odd = joint_counts(before, after), implausible_pairs(rules)
    matrix, names = transition_matrix(joint, oso), ("OSO 2022", "OSO <2023>")
    images = {
        "before": map_quicklook(before, oso),
        "after": map_quicklook(after, oso),
        "difference": map_quicklook(difference(before, after, difference_table(odd)), DIFFERENCE),
        "transitions": transition_figure(matrix, odd, oso, 0.01, names),
    }
    return Comparison(
        names=names,
        places=("runs/2022/map/classification.tif", "runs/2023/map/classification.tif"),
        created="2026-01-15 08:30 UTC",
        nomenclature=oso,
        grid={"crs": "EPSG:2154", "resolution": "10 m", "shape": before.shape},
        agreement=agreement_document(matrix, oso),
        changes=class_changes(matrix, oso, 0.01),
        transitions=transition_table(matrix, odd, oso, 0.01),
        implausible=implausible_table(joint, rules, oso, 0.01),
        images=images,
        versions={"iota_py": "0.3.0", "GDAL": "3.10.3"},
        notes=("Only the common part is compared.",),
        rules="configs/transitions/oso-23.yaml",
    )


@pytest.fixture(scope="module")
def html(comparison: Comparison) -> str:
    return render_comparison(comparison)


def test_sections_and_structure(html: str) -> None:
    page = Page(html)
    anchors = [attributes["aria-labelledby"] for attributes in page.named("section")]
    assert anchors == ["maps", "difference", "transitions", "classes", "changes", "implausible", "provenance"]
    assert [str(a["href"])[1:] for a in page.named("a") if a["href"] != "#content"] == anchors
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(image.get("alt") for image in page.named("img"))
    assert len(page.named("img")) == 4
    assert all(cell.get("scope") in {"row", "col"} for cell in page.named("th"))
    assert len(page.named("caption")) == len(page.named("table")) == 4


def test_nothing_is_loaded_and_nothing_runs(html: str) -> None:
    page = Page(html)
    assert not re.search(r"https?://", html)
    assert page.named("script", "iframe", "object") == []
    assert all(str(a.get(n, "#")).startswith(("#", "data:")) for _, a in page.elements for n in ("src", "href"))
    assert "OSO <2023>" not in html
    assert "OSO &lt;2023&gt;" in html


def test_the_numbers_are_said(comparison: Comparison, html: str) -> None:
    text = " ".join(Page(html).text.split())
    same = comparison.agreement["overall_agreement"]
    assert f"{100 * same:.1f} % of" in text
    largest = comparison.transitions[comparison.transitions.from_code != comparison.transitions.to_code].pixels.max()
    assert str(largest) in text
    assert "a forest does not grow within a year" in text
    assert "The 30 largest of" in text
    assert "Only the common part is compared." in text


def test_without_rules_and_without_change(comparison: Comparison, oso: Nomenclature) -> None:
    matrix = np.diag(np.arange(23))
    nothing = np.zeros((256, 256), bool)
    page = replace(
        comparison, implausible=None, rules="", notes=(), agreement=agreement_document(matrix, oso), changes=class_changes(matrix, oso, 0.01),
        transitions=transition_table(matrix, nothing, oso, 0.01),
    )  # fmt: skip
    text = " ".join(Page(render_comparison(page)).text.split())
    assert "No pixel has another class." in text
    assert "No rules were given" in text
    assert "100.0 % of 253 pixels have the same class, kappa 1.000; no rules of implausible changes were given." in text


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_page_in_a_browser_without_network(html: str, browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    with offline_page(browser, tmp_path / "compare.html", html, width, scheme) as view:
        assert view.get_by_role("heading", level=1).inner_text() == "OSO 2022 and OSO <2023> compared"
