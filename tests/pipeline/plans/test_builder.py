"""Tasks of the parts of a whole: their keys take in all that decides their bytes, and a million of them copy nothing."""

from __future__ import annotations

import gc
import json
import pickle
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.pipeline.plans import builder
from iota_py.pipeline.plans.builder import Builder, series_digest
from iota_py.pipeline.plans.season import SeasonBuilder
from iota_py.pipeline.task import Placed, Task, fingerprint
from iota_py.products.product import Series

COMMON = {"tile": "31TCJ", "series": ["s"], "layers": [["l", 1]], "runs": 2, "margin": 0}
PLACE = (0, 512, 256, 256)


def series_of_nothing() -> Series:
    return Series("sentinel2", "31TCJ", GeoBox((2, 2), Affine(10, 0, 0, 0, -10, 0), "EPSG:32631"), ("B4",), ())


def made(
    stage: str = "predict",
    params: dict[str, Any] | None = None,
    place: tuple[int, ...] = PLACE,
    name: str = "window",
    seed: int = 1,
    needs: tuple[str, ...] = ("train/a", "footprint/31TCJ"),
) -> Task:
    """A window that needs a model, of a builder of its own."""
    build = Builder()
    build.add("train/a", ["model"], {"seed": seed})
    build.add("footprint/31TCJ", ["footprint"], {})
    build.add("store/31TCJ/0", [], {"observation": seed}, transient=True)
    shared = build.shared(stage, COMMON | (params or {}), needs)
    return build.tasks[build.add_part(shared, "31TCJ/r0_c512", ("window.tif",), (name, place), 7)]


def test_a_part_is_a_task_as_any_other() -> None:
    task = made()
    assert task.id == "predict/31TCJ/r0_c512"
    assert (task.stage, task.step, task.outputs, task.transient, task.memory) == ("predict", "predict", ("window.tif",), True, 7)
    assert dict(task.params) == {**COMMON, "window": PLACE}
    assert task.needs == ("train/a", "footprint/31TCJ")


OTHERS: dict[str, Callable[[], Task]] = {
    "stage": lambda: made(stage="values"),
    "place": lambda: made(place=(0, 512, 256, 255)),
    "name of the place": lambda: made(name="cell"),
    "series": lambda: made(params={"series": ["t"]}),
    "layers": lambda: made(params={"layers": [["l", 2]]}),
    "runs": lambda: made(params={"runs": 3}),
    "margin": lambda: made(params={"margin": 1}),
    "tile": lambda: made(params={"tile": "31TDJ"}),
    "another parameter": lambda: made(params={"map": {"votes": "majority"}}),
    "key of a need": lambda: made(seed=2),
    "another need": lambda: made(needs=("footprint/31TCJ",)),
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_key_of_a_part_changes_with_what_decides_it(what: str) -> None:
    assert OTHERS[what]().key != made().key


def test_the_key_of_a_part_changes_with_the_source_of_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made().key
    monkeypatch.setattr(builder, "code_digest", lambda rooms: f"other {len(rooms)}")
    assert made().key != before


def test_the_key_of_a_part_changes_with_nothing_else() -> None:
    assert made().key == made().key
    passing = ("train/a", "footprint/31TCJ", "store/31TCJ/0")
    assert made(needs=passing, seed=1).key == made().key  # what passes decides no bytes


def test_parts_share_what_they_have_in_common() -> None:
    build = Builder()
    build.add("train/a", ["model"], {})
    shared = build.shared("predict", COMMON, ["train/a"])
    tasks = [build.tasks[build.add_part(shared, f"w{i}", (f"{i}.tif",), ("window", (i, 0, 1, 1)), 0)] for i in range(3)]
    assert all(task.needs is shared.needs and task.params.common is COMMON for task in tasks)  # type: ignore[attr-defined]
    assert len({task.key for task in tasks}) == 3


def test_a_part_sent_to_a_worker_is_small_and_whole() -> None:
    task = made()
    sent = pickle.dumps(task, 5)
    assert pickle.loads(sent) == task
    assert len(sent) < 700


def test_parts_of_another_year_are_refused() -> None:
    season = SeasonBuilder(Builder(), "year_2021")
    with pytest.raises(ValueError, match="season year_2021"):
        season.add_part(season.shared("predict", COMMON), "w", (), ("window", PLACE), 0)


class TestPlaced:
    """Parameters of a part."""

    placed = Placed({"tile": "a", "runs": 2}, "window", (1, 2, 3, 4))

    def test_reads_as_a_dict(self) -> None:
        assert self.placed == {"tile": "a", "runs": 2, "window": (1, 2, 3, 4)}
        assert {**self.placed, "runs": 3} == {"tile": "a", "runs": 3, "window": (1, 2, 3, 4)}
        assert list(self.placed) == ["tile", "runs", "window"]
        assert len(self.placed) == 3
        assert self.placed.get("nothing") is None
        with pytest.raises(KeyError):
            self.placed["nothing"]

    def test_the_place_stands_before_a_common_parameter_of_its_name(self) -> None:
        placed = Placed({"window": "whole", "runs": 2}, "window", (1,))
        assert placed == {"runs": 2, "window": (1,)}
        assert len(placed) == len(list(placed)) == 2

    def test_its_fingerprint_is_that_of_the_dict(self) -> None:
        assert fingerprint(self.placed) == fingerprint(dict(self.placed)) == fingerprint(json.loads(json.dumps(dict(self.placed))))

    def test_it_is_frozen(self) -> None:
        with pytest.raises(AttributeError):
            self.placed.place = (0,)  # type: ignore[misc]


def test_the_digest_of_a_series_is_that_of_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    series, asked = series_of_nothing(), []
    monkeypatch.setattr(builder, "series_document", lambda one: asked.append(one) or [one.tile, one.bands])
    first = series_digest(series)
    assert first == series_digest(series)
    assert len(asked) == 1
    assert series_digest(replace(series)) == first  # another object of the same values
    assert series_digest(replace(series, bands=(*series.bands, "other"))) != first


def test_the_digest_of_another_series_in_the_same_place_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    series, other = series_of_nothing(), series_of_nothing()
    right = series_digest(series)
    monkeypatch.setitem(builder._series, id(series), (weakref.ref(other), "wrong"))
    assert series_digest(series) == right


def test_digests_of_series_that_are_gone_are_forgotten() -> None:
    series = replace(series_of_nothing(), tile="gone")
    digest, alive = series_digest(series), weakref.ref(series)
    assert builder._series[id(series)][1] == digest
    del series
    gc.collect()
    assert alive() is None
    assert digest not in {known for _, known in builder._series.values()}
