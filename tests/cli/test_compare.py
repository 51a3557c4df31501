"""`iota-py compare` and `iota-py aggregate`: what they print and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Command
from tests.nomenclature.samples import THREE
from tests.pipeline.class_maps import write_map, write_nomenclature, write_run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compare_prints_the_result_and_the_largest_changes(command: Command, project: Path) -> None:
    write_run(Path("y2022"), [[5, 16, 23, 16], [5, 5, 5, 0]])
    write_run(Path("y2023"), [[10, 17, 23, 17], [10, 5, 5, 5]])
    done = command("compare", "y2022", "y2023", "--rules", str(project / "configs/transitions/oso-23.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == [
        "note Held-out scores are not compared: y2022 has no assessment/polygon_scores.parquet; run it again (E-ACC-001).",
        "result 42.9 % of 7 pixels have the same class, kappa 0.300; 2 changed pixels are implausible (50.0 % of the changed)",
        "largest changes pixels hectares of the class",
        "rapeseed > maize 2 0.0 50.0 %",
        "broad-leaved forest > coniferous forest 2 0.0 100.0 % implausible",
        "page compare_y2022_y2023/compare.html",
    ]
    assert Path("compare_y2022_y2023/difference.tif").is_file()


def test_compare_says_what_it_leaves_out(command: Command) -> None:
    write_map(Path("a.tif"), [[1, 2], [1, 2]])
    write_map(Path("b.tif"), [[1, 2]])
    write_nomenclature(Path("three.yaml"))
    done = command("compare", "a.tif", "b.tif", "--nomenclature", "three.yaml", "--out", "here")
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == [
        "note Only the common part is compared, 1 × 2 pixels: the first map has 2 × 2, the second 1 × 2.",
        "result 100.0 % of 2 pixels have the same class, kappa 1.000; no rules of implausible changes were given",
        "page here/compare.html",
    ]


def test_aggregate_prints_each_class_with_those_it_is_made_of(command: Command) -> None:
    write_map(Path("a.tif"), [[1, 2], [1, 7]])
    write_nomenclature(Path("three.yaml"), THREE)
    done = command("aggregate", "a.tif", "--nomenclature", "three.yaml", "--to", "upper", "--out", "up.tif", "--language", "fr")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines == [
        "class pixels hectares", "1 crops 3 0.0", "1 wheat 2 0.0", "2 maize 1 0.0", "2 water 1 0.0", "7 water 1 0.0", "map up.tif",
    ]  # fmt: skip
    assert 'label="cultures"' in Path("up.qml").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (("compare", "none.tif", "none.tif"), "E-NOM-013 none.tif: no such file or folder. Fix: name a raster"),
        (("aggregate", "none", "--to", "upper", "--out", "up.tif"), "E-NOM-013 none: no such file or folder. Fix: name a raster"),
        (("aggregate", "none", "--to", "upper"), "Missing parameter: out Try: iota-py --help"),
    ],
)
def test_a_mistake_is_one_line(command: Command, words: tuple[str, ...], start: str) -> None:
    done = command(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(start)
    assert len(done.stderr.splitlines()) == 1
