"""Models with a calibration: what is kept apart, what is said, what the bundle keeps."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from iota_py.config.calibration import Calibration
from iota_py.errors import TaskError
from iota_py.io.tables import write_table
from iota_py.pipeline import paths
from iota_py.pipeline.models.calibrated import fit_calibrated, kept_apart
from iota_py.pipeline.models.engines import engine_at
from iota_py.training.bundle import describe, load, save
from iota_py.training.fit import Fitted, fit
from iota_py.training.options import RandomForestOptions

NAMES = ("a", "b")
PARAMS = {"seed": 3, "run": 0, "region": 1}


def samples_of(polygons: int = 12, pixels: int = 20) -> pd.DataFrame:
    """Two classes that overlap, in polygons of neighbours."""
    rng = np.random.default_rng(2)
    polygon = np.repeat(np.arange(polygons), pixels)
    code = np.where(polygon % 2 == 0, 4, 9).astype(np.int16)
    a = np.rint(np.where(code == 4, 0, 800) + rng.normal(0, 600, len(polygon))).astype(np.int16)
    places = {"x": polygon * 100.0 + rng.uniform(0, 50, len(polygon)), "y": polygon * -70.0}
    return pd.DataFrame({"polygon": polygon, "code": code, "region": 1, **places, "a": a, "b": rng.permutation(a)})


def workspace_of(wish: dict[str, Any] | None, root: Path) -> Any:
    config = SimpleNamespace(calibration=None if wish is None else Calibration(**wish), samples=SimpleNamespace(table=None))
    return SimpleNamespace(config=config, region_names={1: "all"}, path=lambda name: root / name)


def forest(samples: pd.DataFrame) -> Fitted:
    options = RandomForestOptions(trees=20, max_depth=None, min_samples_leaf=1)
    return fit("random_forest", options, samples[list(NAMES)].to_numpy(np.int16), samples.code.to_numpy(np.uint8), NAMES, 0)


def test_whole_polygons_of_each_class_are_kept_apart_whatever_their_order() -> None:
    samples = samples_of()
    kept = kept_apart(samples, 0.25, 1)
    by_polygon = samples.assign(kept=kept).groupby("polygon").agg({"kept": ["nunique", "first"], "code": "first"})
    assert (by_polygon[("kept", "nunique")] == 1).all()
    assert by_polygon[("kept", "first")].groupby(by_polygon[("code", "first")]).sum().to_list() == [2, 2]  # 6 polygons each, 4.5 -> 4 learn
    other = samples.assign(polygon=11 - samples.polygon).iloc[::-1]
    assert set(samples.x[kept]) == set(other.x[kept_apart(other, 0.25, 1)])


def test_samples_without_a_polygon_of_their_own_stay_with_the_learning() -> None:
    samples = samples_of()
    made = samples.iloc[:5].assign(polygon=-1)
    assert not kept_apart(pd.concat([samples, made], ignore_index=True), 0.5, 1)[-5:].any()


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_a_calibrated_model_is_better_where_it_was_fitted_and_comes_back(method: str, tmp_path: Path) -> None:
    samples, ws = samples_of(40), workspace_of({"method": method}, tmp_path)
    fitted, said = fit_calibrated(ws, PARAMS, samples, forest)
    found = said["calibration"]
    assert found["polygons"] == 10
    assert found["after"]["brier"] < found["before"]["brier"]
    save(fitted, tmp_path / "one", said)
    save(fit_calibrated(ws, PARAMS, samples, forest)[0], tmp_path / "two", said)
    assert describe(tmp_path / "one")["files"] == describe(tmp_path / "two")["files"]
    features = samples[list(NAMES)].to_numpy(np.int16)
    plain = engine_at(tmp_path / "one", NAMES).predict(features, probabilities=True)
    again = load(tmp_path / "one").calibration
    np.testing.assert_array_equal(again.apply(np.eye(2, dtype=np.float32)), fitted.calibration.apply(np.eye(2, dtype=np.float32)))
    np.testing.assert_allclose(plain.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(plain.confidence, plain.probabilities.max(axis=1))


def test_without_a_wish_all_samples_are_learnt_from(tmp_path: Path) -> None:
    samples = samples_of()
    seen: list[int] = []
    fitted, said = fit_calibrated(workspace_of(None, tmp_path), PARAMS, samples, lambda some: seen.append(len(some)) or forest(some))
    assert (seen, said, fitted.calibration) == ([len(samples)], {}, None)


def test_a_balance_takes_shares_of_a_table_or_of_the_usable_pixels(tmp_path: Path) -> None:
    samples = samples_of()
    _, said = fit_calibrated(workspace_of({"method": None, "balance": {4: 1, 9: 3}}, tmp_path), PARAMS, samples, forest)
    assert said["calibration"]["balance"] == {"4": 0.5, "9": 1.5}
    usable = pd.DataFrame({"region": [1] * 4 + [2] * 6, "code": [4, 4, 4, 9] + [9] * 6})
    write_table(tmp_path / paths.SELECTION, usable)
    _, said = fit_calibrated(workspace_of({"method": None, "balance": "reference"}, tmp_path), PARAMS, samples, forest)
    assert said["calibration"]["balance"] == {"4": 1.5, "9": 0.5}


def test_what_cannot_be_calibrated_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"E-CAL-001.*no class has the polygons to keep 25% of them apart"):
        fit_calibrated(workspace_of({}, tmp_path), PARAMS, samples_of(2), forest)
    with pytest.raises(TaskError, match=r"E-CAL-002.*no class of the model has a share"):
        fit_calibrated(workspace_of({"method": None, "balance": {77: 1}}, tmp_path), PARAMS, samples_of(), forest)


def test_a_section_that_asks_for_nothing_is_refused() -> None:
    for given in ({"method": None}, {"balance": {4: 0}}):
        with pytest.raises(ValidationError):
            Calibration(**given)
