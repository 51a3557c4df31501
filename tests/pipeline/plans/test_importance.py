"""What is asked of features: refused before any work where it cannot be done, and redone only where something changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from iota_py.config import RunConfig, load_config
from iota_py.config.fusion import Fusion
from iota_py.config.importance import Importance
from iota_py.errors import InputError, TaskError
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.models.places import Place
from iota_py.pipeline.models.reduced import column_choice_faults
from iota_py.pipeline.plan import Plan, make_plan
from iota_py.pipeline.plans import importance as importance_plan
from iota_py.pipeline.plans.importance import importance_faults
from iota_py.pipeline.preflight import examine, external_digests
from iota_py.pipeline.steps import elimination
from iota_py.pipeline.steps.held_out import drawn
from iota_py.pipeline.steps.importance import shuffled_groups

Writer = Callable[[Path, str], Path]


def planned(config: RunConfig) -> Plan:
    return make_plan(config, take_inventory(config), external_digests(config))


def changed(before: Plan, after: Plan) -> set[str]:
    a, b = ({task.id: task.key for task in plan.tasks if not task.transient} for plan in (before, after))
    return {name.split("/")[0] for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


@pytest.fixture(scope="module")
def plain(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunConfig, Plan]:
    config = load_config(light_config(tmp_path_factory.mktemp("plain"), ""))
    return config, planned(config)


def test_every_run_of_trees_has_the_table_and_no_study(plain: tuple[RunConfig, Plan]) -> None:
    _, plan = plain
    (tables,) = plan.stage("importance_tables")
    assert tables.outputs == (paths.IMPORTANCE, paths.importance_figure("importance"))
    assert set(tables.needs) == {task.id for task in plan.stage("train")}
    assert not plan.stage("held_out")
    assert not plan.stage("importance")


STUDIES = {
    "importance: {permutation: true}": {"held_out", "importance"},
    "importance: {elimination: true}": {"importance"},
}


@pytest.mark.parametrize("text", STUDIES)
def test_a_study_redoes_no_model_and_no_map(plain: tuple[RunConfig, Plan], light_config: Writer, tmp_path: Path, text: str) -> None:
    after = planned(load_config(light_config(tmp_path, text)))
    assert changed(plain[1], after) == STUDIES[text] | {"importance_tables", "report"}


@pytest.mark.parametrize("text", ["reduction: {components: 4}", "reduction: {groups: band, components: 0.9}", "keep"])
def test_other_columns_redo_the_models_and_what_follows(
    plain: tuple[RunConfig, Plan], light_config: Writer, tmp_path: Path, text: str
) -> None:
    if text == "keep":
        kept = tmp_path / "columns.txt"
        kept.write_text("sentinel2_ndvi_20230101\nsentinel2_b2_20230101\n", encoding="utf-8")
        text = f"keep_columns: {kept}"
    after = planned(load_config(light_config(tmp_path, text)))
    assert changed(plain[1], after) == {"train", "assemble", "mosaic", "assess", "summary", "importance_tables", "report"}


def test_where_the_file_of_columns_lies_changes_nothing(light_config: Writer, tmp_path: Path) -> None:
    plans = []
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("sentinel2_ndvi_20230101\n", encoding="utf-8")
        plans.append(planned(load_config(light_config(tmp_path, f"keep_columns: {tmp_path / name}"))))
    assert changed(*plans) == set()
    (tmp_path / "two.txt").write_text("sentinel2_ndvi_20230215\n", encoding="utf-8")
    assert "train" in changed(plans[0], planned(load_config(light_config(tmp_path, f"keep_columns: {tmp_path / 'two.txt'}"))))


FAULTS = [
    (
        "importance: {shap: true}",
        r"E-IMP-001 demo: importance\.shap: the package shap is not installed\. Fix: pip install 'iota-py\[shap\]', or importance\.shap: false",
    ),
    (
        "model: {kind: knn}\nimportance: {shap: true}",
        r"E-IMP-002 demo: importance\.shap: there are no SHAP values of knn\. Fix: use one of random_forest, extra_trees, lightgbm",
    ),
    (
        "reduction: {components: 2}\nimportance: {elimination: true}",
        r"E-IMP-003 demo: importance\.elimination: columns are eliminated from features, and `reduction` makes others of them\. Fix: leave",
    ),
]


@pytest.mark.parametrize(("text", "line"), FAULTS)
def test_what_cannot_be_done_is_said_before_any_work(light_config: Writer, tmp_path: Path, monkeypatch, text: str, line: str) -> None:
    monkeypatch.setattr(importance_plan, "shap_installed", lambda: False)
    config = load_config(light_config(tmp_path, text))
    with pytest.raises(InputError, match=line):
        examine(config)
    assert not config.output.exists()


def test_lightgbm_needs_no_package_for_shap(light_config: Writer, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(importance_plan, "shap_installed", lambda: False)
    config = load_config(light_config(tmp_path, "model: {kind: lightgbm}\nimportance: {shap: true}"))
    assert importance_faults(config) == []


def test_members_of_a_fusion_are_studied_apart(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "fusion: {members: {a: [sentinel2], b: [sentinel2]}}\nimportance: {permutation: true}"))
    (fault,) = importance_faults(config)
    assert fault.line() == (
        "E-IMP-004 demo: importance: permutation, SHAP and elimination look at one model, a fusion has several. "
        "Fix: study each member in a run of its own"
    )


def test_studies_without_validation_pixels_or_models_of_ones_own(plain: tuple[RunConfig, Plan]) -> None:
    config = plain[0].model_copy(update={"importance": Importance(permutation=True)})
    (fault,) = importance_faults(config.model_copy(update={"samples": config.samples.model_copy(update={"polygons": None})}))
    assert fault.line().startswith("E-IMP-005 demo: importance: permutation and SHAP look at validation pixels of the year that is mapped")
    (fault,) = importance_faults(plain[0].model_copy(update={"reuse": "runs/other", "importance": Importance(elimination=True, shap=True)}))
    assert fault.line() == (
        "E-IMP-007 demo: importance.elimination: elimination fits models, and those of another run are used as they are. "
        "Fix: leave it out, or train models here"
    )


def test_elimination_needs_polygons_to_hold_out(monkeypatch, tmp_path: Path) -> None:
    """One polygon a class: none can be held out."""
    frame = pd.DataFrame({"polygon": [0, 0, 1, 1], "code": [5, 5, 6, 6], "region": 1, "a": [1, 2, 3, 4], "b": [4, 3, 2, 1]})
    monkeypatch.setattr(elimination, "learning_samples", lambda ws, region, run, augment: frame)
    ws = SimpleNamespace(feature_names=("a", "b"), region_names={1: "all"}, path=lambda name: tmp_path / name)
    params = {"elimination": {"folds": 2, "drop": 0.5, "smallest": 1, "tolerance": 0.0}, "pixels_per_class": 9, "seed": 1}
    with pytest.raises(
        TaskError, match=r"E-IMP-006 samples: importance\.elimination: fewer than two folds of learning polygons could be tested"
    ):
        elimination.write_elimination(ws, params)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_member_of_a_fusion_needs_a_column_that_is_kept(plain: tuple[RunConfig, Plan]) -> None:
    fusion = Fusion(members={"optical": ("sentinel2",), "other": ("radar",)})
    config = plain[0].model_copy(update={"fusion": fusion, "keep_columns": Path("columns.txt")})
    inventory = take_inventory(plain[0])
    (fault,) = column_choice_faults(config, replace(inventory, kept=inventory.feature_names[:2]))
    assert fault.line() == (
        "E-RED-006 columns.txt: keep_columns: no column of fusion member other is kept. Fix: name some, or leave the member out"
    )


def test_more_components_than_columns(light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, "reduction: {groups: date, components: 14}"))
    line = r"E-RED-005 demo: reduction\.components: 14 are asked for, the largest group, sentinel2_20230101, has 13 columns\. Fix: ask for fewer"
    with pytest.raises(InputError, match=line):
        examine(config)
    examine(load_config(light_config(tmp_path, "reduction: {groups: date, components: 13}")))


def test_a_file_of_other_columns(light_config: Writer, tmp_path: Path) -> None:
    (tmp_path / "columns.txt").write_text("sentinel2_ndvi_19990101\n", encoding="utf-8")
    config = load_config(light_config(tmp_path, f"keep_columns: {tmp_path / 'columns.txt'}"))
    with pytest.raises(InputError, match=r"E-RED-004 .*columns\.txt: keep_columns: 1 of 1 columns are not among the 117 of this run"):
        examine(config)


def test_validation_pixels_are_drawn_by_region_and_class() -> None:
    rows = [(region, code, role) for region in (1, 2) for code, count in ((5, 30), (6, 4)) for role in (1, 2) for _ in range(count)]
    pixels = pd.DataFrame(rows, columns=["region", "code", "run_0"])
    role = drawn(pixels, 0, 10, seed=7)
    assert role.dtype == np.int8
    assert set(role[pixels.run_0 == 1].tolist()) == {0}, "learning pixels are never drawn"
    assert pixels[role == 2].groupby(["region", "code"]).size().to_dict() == {(1, 5): 10, (1, 6): 4, (2, 5): 10, (2, 6): 4}
    assert (drawn(pixels, 0, 10, seed=7) == role).all()
    assert (drawn(pixels, 0, 10, seed=8) != role).any()
    south = pixels[pixels.region == 2].reset_index(drop=True)
    assert (drawn(south, 0, 10, seed=7) == role[(pixels.region == 2).to_numpy()]).all(), "a region is drawn whatever the others"


def test_what_is_shuffled() -> None:
    places = [
        Place("s2_b4_1", "s2", "b4", "2023-01-01"),
        Place("s2_b8_1", "s2", "b8", "2023-01-01"),
        Place("s2_b4_2", "s2", "b4", "2023-02-01"),
    ]
    assert shuffled_groups(places, None) == [
        ("column", "s2_b4_1", (0,)), ("column", "s2_b8_1", (1,)), ("column", "s2_b4_2", (2,)),
        ("band", "s2_b4", (0, 2)), ("band", "s2_b8", (1,)),
        ("date", "s2_20230101", (0, 1)), ("date", "s2_20230201", (2,)),
    ], "one sensor is all there is: nothing to compare it with"  # fmt: skip
    assert shuffled_groups(places, ["s2_b8_1", "s2_b4_2"])[-2:] == [("date", "s2_20230101", (1,)), ("date", "s2_20230201", (2,))]
