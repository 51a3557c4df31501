"""What models learn from: own samples, copies, augmentation; nothing of it ever validates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from iota_py.config.schema import RunConfig
from iota_py.errors import InputError
from iota_py.io.publish import read_json
from iota_py.pipeline import paths
from iota_py.pipeline.steps.learning_set import ADDED, learning_samples, read_ledger
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.split import LEARNING, VALIDATION
from tests.pipeline.small_years import MAIZE, WATER, configured, models_of, write_land

EAST, WEST = 1, 2
SELECTION = """samples:
  polygons: reference_2023.gpkg
  regions: {path: regions.gpkg, field: name}
  split: {runs: 2}
  selection: {strategy: constant, number: 20, maximum_per_polygon: 15}
"""
MANAGED = (
    SELECTION
    + """  copies: [{from: West, to: East, classes: [Mais, 23], number: 7}]
  augmentation: {method: jitter, target: minimum, number: 24, regions: [East]}
"""
)


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land"), 2023)


def trained(land: Path, output: Path, more: str) -> RunConfig:
    config = configured(land, output, more)
    models_of(config)
    return config


@pytest.fixture(scope="module")
def plain(land: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(trained(land, tmp_path_factory.mktemp("plain") / "run", SELECTION).output, "")


@pytest.fixture(scope="module")
def managed(land: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(trained(land, tmp_path_factory.mktemp("managed") / "run", MANAGED).output, "")


def test_copies_and_additions_come_on_top_of_the_region_s_own(plain: Workspace, managed: Workspace) -> None:
    for number in (0, 1):
        own, lent = learning_samples(plain, EAST, number), learning_samples(plain, WEST, number)
        found = learning_samples(managed, EAST, number)
        observed = found[~found[ADDED]].drop(columns=ADDED)
        copies = observed[observed.region == WEST]
        pd.testing.assert_frame_equal(observed[observed.region == EAST].reset_index(drop=True), own)
        assert copies.groupby("code").size().to_dict() == {MAIZE: 7, WATER: 7}
        assert len(copies.merge(lent, on=["row", "col"])) == len(copies)
        counts = found.groupby("code").size()
        assert (counts >= 24).all()
        before = observed.groupby("code").size()
        assert counts.to_dict() == {code: max(24, n) for code, n in before.items()}


def test_a_region_without_rules_learns_as_before(plain: Workspace, managed: Workspace) -> None:
    pd.testing.assert_frame_equal(learning_samples(plain, WEST, 1), learning_samples(managed, WEST, 1))
    assert ADDED not in learning_samples(managed, EAST, 1, augment=False).columns


def test_nothing_that_learns_validates(managed: Workspace) -> None:
    """Copies and additions are of polygons that learn in the run, in every region."""
    selection = pd.read_parquet(managed.path(paths.SELECTION))
    for number in (0, 1):
        role = selection.set_index("polygon")[f"run_{number}"]
        validating = set(role.index[role == VALIDATION])
        for region in (EAST, WEST):
            assert not validating & set(learning_samples(managed, region, number).polygon)


def test_added_samples_have_the_row_of_their_parent_and_own_features(managed: Workspace) -> None:
    found = learning_samples(managed, EAST, 0)
    names = list(managed.feature_names)
    added, observed = found[found[ADDED]], found[~found[ADDED]]
    assert len(added) > 0
    parents = added.merge(observed, on=["tile", "row", "col", "region"], suffixes=("", "_parent"))
    assert len(parents) == len(added)
    assert (parents.polygon == parents.polygon_parent).all()
    assert (parents.code == parents.code_parent).all()
    assert not np.array_equal(parents[names].to_numpy(), parents[[f"{name}_parent" for name in names]].to_numpy())
    assert all(found[name].dtype == np.int16 for name in names)


def test_the_ledger_follows_them(managed: Workspace) -> None:
    ledger = read_ledger(managed)
    maize = (
        ledger[(ledger.region == "East") & (ledger.code == MAIZE) & (ledger.run.astype(str).isin(["0", "0.0"]))]
        .set_index("step")
        .pixels.astype(int)
    )
    own, copied, added = (maize[f"learning samples {text}"] for text in ("with features", "after copies", "after augmentation"))
    assert own == maize["learning pixels selected"]
    assert copied == own + 7
    assert added == max(24, copied)
    assert "learning samples after augmentation" not in set(ledger[ledger.region == "West"].step)


def test_the_model_says_how_many_it_learnt(managed: Workspace) -> None:
    described = read_json(managed.path(paths.model(EAST, 1)) / "bundle.json")
    assert described["extra"]["samples"] == len(learning_samples(managed, EAST, 1))


def test_limits_and_choices_by_region(land: Path, tmp_path: Path) -> None:
    more = SELECTION.replace(
        "maximum_per_polygon: 15}", "maximum_per_polygon: 15, regions: {West: {strategy: percent, percent: 50, sampler: periodic}}}"
    )
    selection = pd.read_parquet(trained(land, tmp_path / "run", more).output / paths.SELECTION)
    learning = selection[selection.run_0 == LEARNING]
    east = learning[learning.region == EAST]
    assert east.groupby("polygon").size().max() <= 15
    assert east.groupby("code").size().max() <= 20
    west, role = learning[learning.region == WEST], selection[(selection.region == WEST)]
    split = pd.read_csv(tmp_path / "run" / paths.SPLIT).set_index("polygon").run_0
    for code, group in role[role.polygon.map(split) == LEARNING].groupby("code"):
        assert (west.code == code).sum() == round(len(group) / 2)
        taken = np.flatnonzero(group.run_0.to_numpy() == LEARNING)
        assert set(np.diff(taken)) <= {2, 3}  # every second one


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            SELECTION.replace("number: 20", "number: 20, minimum: 21"),
            "E-SEL-006 reference_2023.gpkg: samples.selection.minimum: run 0 has fewer learning pixels than asked: CerealPail in East: 20 of 21; ",
        ),
        (
            SELECTION + "  copies: [{from: West, to: East, classes: [Colza]}]\n",
            "E-SEL-008 small: samples.copies: run 0 has no learning sample of Colza in region West to copy. "
            "Fix: leave the class out of the rule, or use classes: all",
        ),
        (
            SELECTION.replace("strategy: constant, number: 20", "strategy: byclass, table: {6: 20, 10: 20, 16: 20, 23: 1}")
            + "  augmentation: {method: smote, target: balance}\n",
            "E-AUG-002 small: samples.augmentation: smote: run 0 has one learning sample only of Eau in region East. Fix: use method: jitter or "
            "replicate, add polygons, or leave the region out of samples.augmentation.regions",
        ),
    ],
)
def test_what_stops_a_run(land: Path, tmp_path: Path, more: str, line: str) -> None:
    with pytest.raises(InputError) as caught:
        trained(land, tmp_path / "run", more)
    assert str(caught.value).replace(f"{land}/", "").startswith(line)


def test_fewer_pixels_than_the_minimum_may_be_allowed(land: Path, tmp_path: Path) -> None:
    trained(land, tmp_path / "run", SELECTION.replace("number: 20", "number: 20, minimum: 100, allow_fewer: true"))
