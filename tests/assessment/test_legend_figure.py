from __future__ import annotations

import numpy as np
import pytest

from iota_py.assessment.legend_figure import legend_figure
from iota_py.nomenclature import LandCoverClass, Nomenclature

from .images import chunks, rgba


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_class_has_its_swatch(oso: Nomenclature, language: str) -> None:
    png = legend_figure(oso, language)
    assert png == legend_figure(oso, language)
    assert set(chunks(png)) <= {"IHDR", "IDAT", "IEND", "pHYs"}
    pixels = rgba(png)[..., :3]
    sizes = [int(np.all(pixels == c.colour, axis=-1).sum()) for c in oso.classes]
    assert min(sizes) > 500
    assert max(sizes) < 1.2 * min(sizes)


def test_languages_differ(oso: Nomenclature) -> None:
    assert legend_figure(oso, "en") != legend_figure(oso, "fr")


def test_many_classes_stand_in_two_columns(oso: Nomenclature) -> None:
    one, two = (rgba(legend_figure(some)).shape for some in (oso.subset(range(1, 9)), oso))
    assert two[1] > 1.8 * one[1]
    assert two[0] < 2 * one[0]


def test_more_classes_than_a_column_in_one_group() -> None:
    """A group is never cut: one of 40 classes makes a long column."""
    classes = tuple(LandCoverClass(k, f"C{k}", {"en": f"class {k}"}, (k, 100, 200)) for k in range(1, 41))
    height, width, _ = rgba(legend_figure(Nomenclature("many", classes))).shape
    assert height > 2 * width
