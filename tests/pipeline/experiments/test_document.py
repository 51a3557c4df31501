from __future__ import annotations

from pathlib import Path

import pytest

from iota_py.errors import ConfigError
from iota_py.pipeline.experiments.document import read_study

BASE = """
name: base
output: runs/base
nomenclature: classes.yaml
samples:
  table: {kind: features, path: table.csv, label: code, columns: ["b*"]}
model: {kind: random_forest, trees: 5}
"""


@pytest.fixture
def write(tmp_path: Path):
    def make(text: str, base: str = BASE) -> Path:
        (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
        path = tmp_path / "e.yaml"
        path.write_text(f"name: trial\nbase: base.yaml\noutput: out\n{text}", encoding="utf-8")
        return path

    return make


def lines(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as found:
        read_study(path)
    assert found.value.exit_code == 1
    return [fault.line().replace(f"{path.parent}/", "") for fault in found.value.faults]


def test_each_variant_and_seed_is_a_run_with_its_own_configuration(write, tmp_path: Path) -> None:
    study = read_study(write("variants: {few: {}, many: {model.trees: 50}}\nseeds: [3, 4]\n"))
    assert [run.name for run in study.runs] == ["few_seed_3", "few_seed_4", "many_seed_3", "many_seed_4"]
    last = study.runs[-1].config
    assert (last.model.trees, last.samples.split.seed, last.name) == (50, 4, "trial-many_seed_4")
    assert last.output == tmp_path / "out" / "many_seed_4"
    assert study.baselines == {(): "few"}
    assert [run.seed for run in study.runs_of("many")] == [3, 4]


def test_paths_of_changes_are_relative_to_the_experiment_and_another_model_replaces_that_of_the_base(write, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = write("variants: {a: {samples.table.path: other.csv}, b: {model: {kind: lightgbm, rounds: 7}}}\n")
    moved = tmp_path / "sub" / "e.yaml"
    moved.write_text(path.read_text(encoding="utf-8").replace("base.yaml", "../base.yaml"), encoding="utf-8")
    study = read_study(moved)
    assert study.runs[0].config.samples.table.path == tmp_path / "sub" / "other.csv"
    assert study.runs[1].config.samples.table.path == tmp_path / "table.csv"
    assert study.runs[1].config.model.rounds == 7


def test_axes_that_are_apart_have_a_baseline_each(write) -> None:
    axes = "axes:\n  folds: {random: {}, blocks: {samples.split.ratio: 0.5}}\n  model: {a: {}, b: {model.trees: 9}}\nwithin: folds\n"
    assert read_study(write(axes)).baselines == {("random",): "random-a", ("blocks",): "blocks-a"}
    assert read_study(write(axes + "baseline: b\n")).baselines == {("random",): "random-b", ("blocks",): "blocks-b"}
    assert read_study(write(axes + "baseline: {model: b}\n")).baselines[("blocks",)] == "blocks-b"
    assert lines(write(axes + "baseline: c\n")) == ["E-EXP-004 e.yaml: baseline: no variant `c`. Fix: there are: a, b"]
    assert lines(write(axes + "baseline: {model: c}\n")) == ["E-EXP-004 e.yaml: baseline.model: no choice `c`. Fix: there are: a, b"]
    assert lines(write(axes + "baseline: {folds: random}\n")) == [
        "E-EXP-004 e.yaml: baseline.folds: no axis `folds` to choose from. Fix: there are: model"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("variant: {a: {}}\n", "E-EXP-001 e.yaml: variant: unknown key. Fix: did you mean `variants`?"),
        ("share: {stores: true}\n", "E-EXP-001 e.yaml: share.stores: unknown key. Fix: did you mean `store`?"),
        ("seeds: [1, 1]\n", "E-EXP-001 e.yaml: seeds: one is given twice"),
        ("variants: {'a b': {}}\n", "E-EXP-001 e.yaml: variants.a b: expected a name of letters, digits, `_`, `.` and `-`, 64 at most"),
        (
            "variants: {a: {}, b: {model.treess: 3}}\n",
            "E-EXP-003 e.yaml: variants.b.model.treess: unknown key (E-CFG-010). Fix: did you mean `trees`?",
        ),
        (
            "grid: {model.trees: [5, many]}\n",
            "E-EXP-003 e.yaml: grid.model.trees: input should be a valid integer, unable to parse string as an integer, found `many` (E-CFG-012)",
        ),
        ("variants: {store: {}}\n", "E-EXP-007 e.yaml: a variant may not be called store: the experiment writes a file of that name"),
        (
            "share: {runs: [out/base]}\n",
            "E-EXP-007 e.yaml: share.runs: out/base is a run of this experiment. Fix: leave it out: variants share in any case",
        ),
    ],
)
def test_faults_are_one_line_each(write, text: str, line: str) -> None:
    assert lines(write(text)) == [line]


def test_all_faults_are_told_at_once_and_each_but_once(write) -> None:
    axes = "axes:\n  a: {x: {model.tres: 1}, y: {}}\n  b: {u: {}, v: {samples.splitt: {}}}\nbaseline: z\n"
    found = lines(write(axes))
    assert [line.split(":")[0] for line in found] == ["E-EXP-004 e.yaml", "E-EXP-003 e.yaml", "E-EXP-003 e.yaml"]
    assert len(set(found)) == 3


def test_a_fault_of_the_base_is_told_there(write) -> None:
    assert lines(write("variants: {a: {}, b: {tiles: [T]}}\n", BASE + "tracking: {experimnt: x}\n")) == [
        "E-CFG-010 base.yaml: tracking.experimnt: unknown key. Fix: did you mean `experiment`?"
    ]


def test_results_are_not_written_over_those_of_others(write, tmp_path: Path) -> None:
    path = write("")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "experiment.json").write_text('{"name": "other"}', encoding="utf-8")
    assert lines(path) == [
        "E-EXP-007 e.yaml: output: out holds the experiment other, this is trial. Fix: choose another folder, or the same name"
    ]
    (tmp_path / "out" / "experiment.json").unlink()
    (tmp_path / "out" / "config.yaml").write_text("name: run", encoding="utf-8")
    assert lines(path) == ["E-EXP-007 e.yaml: output: out is the folder of a run. Fix: give the experiment a folder of its own"]


def test_a_document_that_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("- a\n", encoding="utf-8")
    assert lines(path) == ["E-EXP-001 e.yaml: expected keys and values, found list"]
    path.write_text("name: x\n", encoding="utf-8")
    assert [line.split(": ")[1] for line in lines(path)] == ["base", "output"]
