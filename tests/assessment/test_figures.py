from __future__ import annotations

import math
from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.areas import class_areas
from iota_py.assessment.figures import area_figure, confusion_figure, dates_figure, f1_figure
from iota_py.assessment.metrics import metrics_document
from iota_py.nomenclature import Nomenclature

from .images import chunks, rgba

KINDS = ["confusion", "f1", "areas", "dates"]


@pytest.fixture(scope="module")
def draw(ten: Nomenclature, draws: list[np.ndarray], acquisitions: pd.DataFrame) -> dict[str, Callable[[], bytes]]:
    return {
        "confusion": lambda: confusion_figure(np.sum(draws, axis=0), ten),
        "f1": lambda: f1_figure(metrics_document(draws, ten), ten),
        "areas": lambda: area_figure(class_areas({2: 10, 23: 30}, 100.0, ten), ten),
        "dates": lambda: dates_figure(acquisitions),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_same_bytes_twice_without_metadata(draw: dict[str, Callable[[], bytes]], kind: str) -> None:
    first = draw[kind]()
    assert first == draw[kind]()
    assert set(chunks(first)) <= {"IHDR", "IDAT", "IEND", "pHYs"}


@pytest.mark.parametrize("kind", KINDS)
def test_settings_of_the_user_change_nothing_and_come_back(draw: dict[str, Callable[[], bytes]], kind: str) -> None:
    plain = draw[kind]()
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert draw[kind]() == plain
        assert matplotlib.rcParams["axes.facecolor"] == "red"


def test_area_figure_uses_the_colours_of_the_nomenclature(ten: Nomenclature) -> None:
    pixels = rgba(area_figure(class_areas({2: 10, 23: 30}, 100.0, ten), ten))[..., :3]
    for code in (2, 23):
        assert np.all(pixels == ten[code].colour, axis=-1).sum() > 500
    assert not np.any(np.all(pixels == ten[10].colour, axis=-1))


def test_confusion_figure_is_readable_at_23_classes(oso: Nomenclature) -> None:
    matrix = np.full((23, 23), 12_345, dtype=np.int64)
    height, width, _ = rgba(confusion_figure(matrix, oso)).shape
    assert 1400 < width < 2200
    assert 1400 < height < 2200


def test_figures_of_undefined_classes(ten: Nomenclature) -> None:
    nothing = np.zeros((10, 10), dtype=np.int64)
    document = metrics_document([nothing], ten)
    assert all(entry["f1"]["mean"] is None for entry in document["per_class"].values())
    written = rgba(f1_figure(document, ten))
    blue = np.all(written[..., :3] == (0, 114, 178), axis=-1)
    assert not blue.any()  # no point is drawn where nothing is defined
    assert rgba(confusion_figure(nothing, ten)).shape[2] == 4
    assert rgba(area_figure(class_areas({}, 100.0, ten), ten)).shape[2] == 4


def calendar(*rows: tuple[str, str, float, str]) -> bytes:
    return dates_figure(pd.DataFrame(rows, columns=["tile", "date", "cloud_share", "status"]))


def test_calendar_marks_what_was_set_aside() -> None:
    orange = (213, 94, 0)
    used = calendar(("31TCJ", "2023-01-01", 0.2, "used"), ("31TCJ", "2023-01-11", 0.9, "used"))
    marked = calendar(("31TCJ", "2023-01-01", 0.2, "used"), ("31TCJ", "2023-01-11", 0.9, "set aside"))
    assert not np.any(np.all(rgba(used)[..., :3] == orange, axis=-1))
    assert np.any(np.all(rgba(marked)[..., :3] == orange, axis=-1))


def test_calendar_takes_unknown_shares_one_date_and_any_order() -> None:
    rows = [("31TCJ", "2023-01-01", math.nan, "used"), ("31TDJ", "2023-01-01", 0.5, "merged"), ("31TCJ", "2023-01-01", 0.1, "used")]
    assert calendar(*rows[:1]).startswith(b"\x89PNG")
    assert calendar(rows[0], rows[1]) == calendar(rows[1], rows[0])
    assert calendar(*rows) != calendar(*rows[:2])
    with pytest.raises(ValueError, match="no acquisition"):
        calendar()
