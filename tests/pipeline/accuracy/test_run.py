"""Map accuracy in a run: points drawn from its map, interpreted, and named in its configuration."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.errors import Fault, InputError
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.pipeline import paths
from iota_py.pipeline.accuracy.answers import check_map
from iota_py.pipeline.accuracy.designing import SampleWish, design_sample
from iota_py.pipeline.accuracy.expected import Expected, expected_accuracies
from iota_py.pipeline.accuracy.headline import map_accuracy_metrics
from iota_py.pipeline.accuracy.pointfile import read_points
from iota_py.pipeline.accuracy.sources import pair_population, population_of
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.plan import make_plan
from iota_py.pipeline.plans.map_accuracy import map_accuracy_faults
from iota_py.pipeline.preflight import external_digests
from iota_py.pipeline.records.manifest import write_manifest
from iota_py.pipeline.run import run
from tests.nomenclature.samples import THREE
from tests.pipeline.accuracy.sampled import answer, noisy, write_pair

SECTION = "assessment: {map_accuracy: {points: points.gpkg}}\n"


@pytest.fixture
def sampled(tmp_path: Path, light_run: RunConfig, light_config: Callable[[Path, str], Path]) -> RunConfig:
    """A copy of the light run whose map was sampled; its configuration names the points."""
    shutil.copytree(light_run.output, tmp_path / "run")
    expected = expected_accuracies(None, tmp_path / "run", THREE)
    assert expected.source.startswith("held-out precision of run")
    design_sample(population_of(tmp_path / "run"), SampleWish(size=400, minimum=10), expected, tmp_path / "points.gpkg")
    return load_config(light_config(tmp_path, SECTION))


def test_points_of_the_map_give_its_accuracy(sampled: RunConfig) -> None:
    codes = read_window(str(sampled.output / paths.map_layer("classification")))
    answer(sampled.assessment.map_accuracy.points, codes)  # type: ignore[union-attr]
    done = run(sampled)
    write_manifest(sampled, done.inventory, done.plan, done.started)
    document = read_json(sampled.output / paths.MAP_ACCURACY[0])
    assert document["maps"][0]["overall_accuracy"]["value"] == pytest.approx(1)
    areas = pd.read_csv(sampled.output / paths.MAP_ACCURACY[2])
    assert areas["hectares"].tolist() == pytest.approx(areas["mapped_hectares"].tolist())
    report = (sampled.output / paths.REPORT).read_text("utf-8")
    assert '<h2 id="map_accuracy">Map accuracy</h2>' in report
    assert "From a probability sample of the map: 400 points" in report
    points = sampled.assessment.map_accuracy.points  # type: ignore[union-attr]
    assert str(points) in {entry["path"] for entry in read_json(sampled.output / paths.MANIFEST)["inputs"]}
    metrics = map_accuracy_metrics(sampled.output)
    assert metrics["map_accuracy_overall_accuracy"] == pytest.approx(1)
    assert metrics["map_accuracy_points"] == 400
    assert not any("map_accuracy" in name for name in read_json(sampled.output / paths.METRICS))


def test_points_of_another_map_are_refused(sampled: RunConfig, tmp_path: Path) -> None:
    """The map of the first draw is another one: its points say nothing of the delivered map, and no number is written."""
    other = sampled.output / paths.map_layer("classification", 0)
    points = tmp_path / "points.gpkg"
    points.unlink()
    nomenclature = sampled.nomenclature
    design_sample(population_of(other, nomenclature), SampleWish(size=400, minimum=10), Expected({}, 0.8, ""), points)
    answer(points, read_window(str(other)))
    with pytest.raises(InputError, match=r"E-ACC-021 .*not the map that the points of points\.gpkg were drawn from"):
        check_map(read_points(points), sampled.output / paths.map_layer("classification"))
    with pytest.raises(InputError, match="E-ACC-021"):
        run(sampled)
    assert not (sampled.output / paths.MAP_ACCURACY[0]).exists()


def test_points_that_are_not_interpreted_stop_the_run_before_it_starts(sampled: RunConfig) -> None:
    with pytest.raises(InputError, match=r"E-ACC-018 .*400 of 400 points have no label"):
        run(sampled)


def faults_of(config: RunConfig) -> list[Fault]:
    return map_accuracy_faults(config, None, THREE)


def with_points(config: RunConfig, points: Path, **more: object) -> RunConfig:
    """The configuration with these points."""
    section = {"map_accuracy": {"points": points}}
    return RunConfig.model_validate({**config.model_dump(by_alias=True), "assessment": section, **more})


def test_wishes_that_make_no_sense_are_one_line(tmp_path: Path, light_run: RunConfig) -> None:
    a, b = write_pair(tmp_path)
    one, two = population_of(tmp_path / "a.tif", tmp_path / "three.yaml"), tmp_path / "two.gpkg"
    design_sample(one, SampleWish(size=160), Expected({}, 0.8, ""), tmp_path / "one.gpkg")
    design_sample(
        pair_population((tmp_path / "a.tif", tmp_path / "b.tif"), tmp_path / "three.yaml"), SampleWish(600), Expected({}, 0.8, ""), two
    )
    answer(tmp_path / "one.gpkg", noisy(a, 0.1))
    answer(two, a, b)
    assert faults_of(light_run) == []
    assert faults_of(with_points(light_run, tmp_path / "one.gpkg")) == []
    (fault,) = faults_of(with_points(light_run, two))
    assert fault.line().startswith(
        f"E-ACC-025 {two}: assessment.map_accuracy.points: its points were drawn for the change between two maps."
    )
    (fault,) = map_accuracy_faults(with_points(light_run, tmp_path / "one.gpkg"), None, THREE.subset([1, 2]))
    assert fault.line().startswith(
        f"E-ACC-024 {tmp_path}/one.gpkg: assessment.map_accuracy.points: its classes (three) are not those of three: 7."
    )
    (fault,) = faults_of(with_points(light_run, tmp_path / "none.gpkg"))
    assert fault.line().startswith(f"E-ACC-016 {tmp_path}/none.gpkg: not a file of sample points")
    without_map = with_points(light_run, two).model_copy(update={"inputs": {}})
    (fault,) = faults_of(without_map)
    assert fault.line().startswith(
        "E-ACC-023 demo: assessment.map_accuracy: only a map of classes has such an accuracy, and this run makes none."
    )


def test_points_change_their_task_and_the_report_alone(sampled: RunConfig) -> None:
    """Which tasks have another key: without points, with them, and with another way to treat points without a label."""
    points = sampled.assessment.map_accuracy.points  # type: ignore[union-attr]
    inventory = take_inventory(sampled)
    none, some, other = (
        make_plan(config, inventory, external_digests(config))
        for config in (
            RunConfig.model_validate({**sampled.model_dump(by_alias=True), "assessment": {}}),
            sampled,
            RunConfig.model_validate(
                {**sampled.model_dump(by_alias=True), "assessment": {"map_accuracy": {"points": points, "unanswered": "drop"}}}
            ),
        )
    )
    keys = [{task.id: task.key for task in plan.tasks if not task.transient} for plan in (none, some, other)]
    for before, after in ((keys[0], keys[1]), (keys[1], keys[2])):
        assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == {"map_accuracy", "report"}
    task = some.by_id()["map_accuracy"]
    assert task.outputs == paths.MAP_ACCURACY
    assert str(points.parent) not in str(task.params) + str(some.by_id()["report"].params)
