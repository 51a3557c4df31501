"""Where models apply, from a configuration to the layers of the map, the tables and the report; the same bytes for windows of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from iota_py.applicability.exact import fit_exactly
from iota_py.config import load_config
from iota_py.config.schema import RunConfig
from iota_py.grid.windows import Window, crs_text
from iota_py.io.publish import read_json
from iota_py.io.raster import read_window
from iota_py.io.tables import read_table
from iota_py.pipeline.inputs.reading import features_of
from iota_py.pipeline.run import run
from iota_py.pipeline.steps.applicability import model_weights
from iota_py.pipeline.steps.learning_set import learning_samples
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.candidates import burn_regions

pytestmark = pytest.mark.slow

Writer = Callable[[Path, str], Path]
WISH = "map: {applicability: {variance: 1.0, components: 63, cells: 1024}}\nassessment: {cross_validation: {folds: 3, block: 1000}}\n"
LAYERS = ("map/dissimilarity.tif", "map/applicability.tif", "map/classification.tif")


@pytest.fixture(scope="module")
def made(light_config: Writer, tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    config = load_config(light_config(tmp_path_factory.mktemp("applicability"), WISH))
    run(config)
    return config


def test_the_classes_stay_as_they_are(made: RunConfig, light_run: RunConfig) -> None:
    assert (made.output / LAYERS[2]).read_bytes() == (light_run.output / LAYERS[2]).read_bytes()


def test_the_layers_are_the_exact_index(made: RunConfig) -> None:
    """A window of the map against the definition, computed anew in numpy from the samples and the features; 63 of about 90 components keep all but
    a thousandth of a thousandth."""
    ws = Workspace(made.output, "")
    place = Window(40, 60, 8, 16)
    observed, validity = ws.observe("31TCJ", place)
    features = features_of(observed)
    found = read_window(str(made.output / "tiles/31TCJ/applicability.tif"), place, [1, 2])
    mapped = found[0].ravel() != 65535
    assert mapped.sum() > 100
    assert (validity[mapped] > 0).all()
    own = burn_regions(ws.regions(crs_text(ws.geobox("31TCJ"))), place.of(ws.geobox("31TCJ"))).ravel()
    assert len(np.unique(own)) == 2, "both regions are seen"
    for region in ws.region_names:
        exact = []
        for draw in range(2):
            samples, (weights, _) = learning_samples(ws, region, draw), model_weights(ws, [f"models/region_{region}_run_{draw}"])
            exact.append(fit_exactly(samples[list(ws.feature_names)].to_numpy(), weights, samples.polygon.to_numpy()).index(features))
        here = mapped & (own == region)
        np.testing.assert_allclose(found[0].ravel()[here], np.mean(exact, axis=0)[here] * 1000, atol=0.6)


def test_tables_and_report(made: RunConfig) -> None:
    document = read_json(made.output / "assessment/applicability.json")
    inside, index, classes = (read_window(str(made.output / name)) for name in (LAYERS[1], LAYERS[0], LAYERS[2]))
    assert ((inside == 255) == (index == 65535)).all()
    assert ((inside == 255) == (classes == 0)).all()
    assert document["area"]["map"] == {
        "pixels": int((inside < 255).sum()), "inside": int((inside == 1).sum()), "share": pytest.approx((inside == 1).sum() / (inside < 255).sum()),
        "hectares": pytest.approx((inside < 255).sum() * 0.01),
    }  # fmt: skip
    assert sum(one["pixels"] for one in document["area"]["regions"]) == document["area"]["map"]["pixels"]
    folds = read_table(made.output / "assessment/applicability_folds.csv")
    assert set(folds.kind) == {"polygon", "blocks"}
    assert folds.overall_accuracy.between(0, 1).all()
    assert document["accuracy"]["inside"]["overall_accuracy"] > document["accuracy"]["outside"]["overall_accuracy"]
    ground = document["distances"]["ground"]
    assert ground["wasserstein"]["polygon"] < ground["wasserstein"]["blocks"], "blocks of 1 km are far from a map of 4 km full of polygons"
    assert document["distances"]["feature"]["distributions"]["pixel_to_sample"]["number"] == 5000
    page = (made.output / "report.html").read_text(encoding="utf-8")
    assert "Where the models apply" in page
    assert "Which folds are like mapping?" in page
    assert "On the ground, random folds are more like mapping" in page


@pytest.mark.slow
def test_windows_of_any_size_give_the_same_bytes(made: RunConfig, light_config: Writer, tmp_path: Path) -> None:
    config = load_config(light_config(tmp_path, WISH + "engine: {kind: joblib, workers: 2, window: 61}\n"))
    run(config)
    names = [*LAYERS, "assessment/applicability.json", "models/applicability/region_1_run_0/space.npz"]
    assert [(config.output / name).read_bytes() == (made.output / name).read_bytes() for name in names] == [True] * len(names)
