"""A light experiment of the demonstration from its document to its page, once; what it did is looked at from several sides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from iota_py.config import load_config
from iota_py.errors import ConfigError, InputError
from iota_py.io.publish import read_json, sha256
from iota_py.pipeline import paths
from iota_py.pipeline.experiments.compare import compare_runs, compare_study, write_comparison
from iota_py.pipeline.experiments.document import PAGE, Study, read_study
from iota_py.pipeline.experiments.execution import Ended, Outlook, execute, failure, look
from iota_py.pipeline.run import prepare, run

pytestmark = pytest.mark.slow

VARIANTS = """
name: trial
base: config.yaml
output: out
title: Forest or <boosting>
question: Which is better?
variants:
  forest: {}
  broken: {samples: {minimum_validity: 250}}
  boosting: {model: {kind: lightgbm, rounds: 4}}
"""
READING = {"store", "polygons", "footprint", "candidates", "split", "selection", "samples"}


@dataclass(frozen=True)
class Tried:
    """An experiment that was run."""

    study: Study
    outlook: Outlook
    ended: tuple[Ended, ...]

    def of(self, name: str) -> Ended:
        return next(one for one in self.ended if one.run.name == name)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, light_config) -> Tried:
    folder = tmp_path_factory.mktemp("experiment")
    light_config(folder)
    path = folder / "experiment.yaml"
    path.write_text(VARIANTS, encoding="utf-8")
    study = read_study(path)
    outlook = look(study)
    return Tried(study, outlook, execute(outlook))


def test_the_plan_tells_what_is_taken_over_and_what_the_store_costs(tried: Tried) -> None:
    first, broken, boosting = tried.outlook.prospects
    assert (first.done, first.shared) == (0, 0)
    assert first.todo == first.total
    assert broken.shared < boosting.shared
    assert boosting.todo + boosting.shared == boosting.total
    inventory = prepare(first.run.config)[0]
    observed = sum(len(s.observations) * (2 * len(s.bands) + 1) for tile in inventory.tiles for s in tile.series.values())
    rows, cols = inventory.tiles[0].geobox.shape
    assert tried.outlook.store == rows * cols * observed


def test_the_second_variant_reads_and_extracts_nothing(tried: Tried) -> None:
    first, second = tried.of("forest").summary, tried.of("boosting").summary
    assert first is not None
    assert second is not None
    assert set(first.executed) >= READING
    assert first.shared == {}
    assert not READING & set(second.executed)
    assert set(second.shared) >= READING - {"store"}
    assert {"train", "predict", "assess"} <= set(second.executed)
    samples = [paths.SELECTION, paths.features("31TCJ"), paths.features("31TDJ")]
    roots = [tried.of(name).run.config.output for name in ("forest", "boosting")]
    assert all((roots[0] / name).samefile(roots[1] / name) for name in samples)


def test_a_variant_has_the_bytes_of_a_run_alone(tried: Tried, light_config, tmp_path: Path) -> None:
    alone = load_config(light_config(tmp_path, "model: {kind: lightgbm, rounds: 4}\n"))
    run(alone)
    shared = tried.of("boosting").run.config.output
    for name in (
        paths.SELECTION,
        paths.features("31TCJ"),
        "map/classification.tif",
        "map/confidence.tif",
        paths.METRICS,
        paths.POLYGON_SCORES,
    ):
        assert sha256(shared / name) == sha256(alone.output / name), name


def test_a_variant_that_fails_does_not_stop_the_others(tried: Tried) -> None:
    assert [one.ok for one in tried.ended] == [True, False, True]
    error = failure(tried.study, tried.ended)
    assert error is not None
    assert error.exit_code == 2
    lines = [fault.line() for fault in error.faults]
    assert lines[0].split()[1].startswith("broken:")
    assert lines[-1].endswith("1 of 3 runs failed: broken; the others are whole. Fix: mend the cause and run again")
    record = read_json(tried.study.document.output / "experiment.json")["runs"]
    assert [record[name]["status"] for name in ("forest", "broken", "boosting")] == ["done", "failed", "done"]


def test_a_second_try_does_nothing_of_what_is_there(tried: Tried) -> None:
    outlook = look(tried.study, ["forest"])
    assert [(one.todo, one.shared) for one in outlook.prospects] == [(0, 0)]
    assert outlook.store == 0
    (again,) = execute(outlook, ["forest"])
    assert again.summary is not None
    assert again.summary.nothing
    with pytest.raises(ConfigError, match=r"E-EXP-008 .* no variant `oak`"):
        look(tried.study, ["oak"])


def test_the_comparison_is_that_of_the_runs(tried: Tried) -> None:
    data = compare_study(tried.study)
    assert [one.entrant.name for one in data.standings] == ["forest", "boosting"]
    assert list(data.missing) == ["broken"]
    for one in data.standings:
        metrics = read_json(tried.of(one.entrant.name).run.config.output / paths.METRICS)
        for measure, spread in one.spreads.items():
            assert spread.mean == pytest.approx(metrics[measure]["mean"], abs=1e-12)
            assert spread.std == pytest.approx(metrics[measure]["std"], abs=1e-12)
    difference = data.standings[1].against.differences["overall_accuracy"]
    means = [one.spreads["overall_accuracy"].mean for one in data.standings]
    assert difference.difference == pytest.approx(means[1] - means[0], abs=1e-12)
    assert difference.low <= difference.difference <= difference.high
    assert len(data.spots) == 6
    assert {name for spot in data.spots for name in spot.images} == {"forest", "boosting"}
    cost = data.standings[1].entrant.cost
    assert cost.training > 0
    assert cost.mapping > 0
    assert cost.model > 0


def test_the_page_is_written_beside_its_numbers_and_runs_are_compared_by_folder(tried: Tried, tmp_path: Path) -> None:
    page = write_comparison(compare_study(tried.study), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "Forest or &lt;boosting&gt;" in text
    assert page.stat().st_size < 2_000_000
    assert (tmp_path / "compare.csv").read_text(encoding="utf-8").startswith("variant,group,baseline,overall_accuracy,")
    folders = [tried.of(name).run.config.output for name in ("boosting", "forest")]
    named = compare_runs(folders, baseline="forest")
    assert named.standings[0].against.baseline == "forest"
    write_comparison(named, tmp_path)
    assert "boosting and forest compared" in (tmp_path / PAGE).read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="E-EXP-004 compare: --baseline: no run `oak`"):
        compare_runs(folders, baseline="oak")
    with pytest.raises(InputError, match=r"E-EXP-010 .* 1 of 2 runs can be compared; nowhere: it was not run yet"):
        compare_runs([folders[0], tmp_path / "nowhere"])
