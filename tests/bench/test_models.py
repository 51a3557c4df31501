import dataclasses

import numpy as np
import pytest

from iota_py.bench import models
from iota_py.bench.models import model_folder, prepared, recipes
from iota_py.training import bundle


@pytest.fixture
def fits(monkeypatch):
    """Counts the models trained."""
    made = []

    def counted(kind, *rest):
        made.append(kind)
        return fit(kind, *rest)

    fit = models.fit
    monkeypatch.setattr(models, "fit", counted)
    return made


def test_a_model_is_trained_once(fresh, fits):
    first = prepared(fresh, "lightgbm-31")
    again = prepared(fresh, "lightgbm-31")
    assert fits == ["lightgbm"]
    assert first.estimator.model_to_string().split("\nparameters:")[0] == again.estimator.model_to_string().split("\nparameters:")[0]
    assert first.names == again.names


def test_another_size_is_another_model(fresh, fits):
    prepared(fresh, "forest")
    prepared(dataclasses.replace(fresh, scale=dataclasses.replace(fresh.scale, trees=6)), "forest")
    assert fits == ["random_forest", "random_forest"]


def test_a_model_that_nothing_asks_for_is_removed(fresh, monkeypatch):
    prepared(fresh, "forest")
    old = model_folder(fresh, "forest")
    kept = fresh.cache / "models" / "lightgbm-31-tiny-0"
    kept.mkdir()
    monkeypatch.setattr(models, "SEED", 4)
    prepared(fresh, "forest")
    assert not old.exists()
    assert model_folder(fresh, "forest").exists()
    assert kept.exists(), "only earlier models of the same name go"


def test_changed_code_is_another_model(fresh, monkeypatch):
    before = model_folder(fresh, "forest")
    monkeypatch.setattr(models, "code_digest", lambda rooms: "changed")
    assert model_folder(fresh, "forest") != before


def test_a_damaged_model_is_trained_again_and_said(fresh, fits):
    said = []
    settings = dataclasses.replace(fresh, say=said.append)
    prepared(settings, "lightgbm-63")
    (model_folder(settings, "lightgbm-63") / "model.txt").write_text("tree")
    prepared(settings, "lightgbm-63")
    assert fits == ["lightgbm", "lightgbm"]
    assert any("cannot be used" in text for text in said)
    assert bundle.load(model_folder(settings, "lightgbm-63")).kind == "lightgbm"


def test_the_number_of_cores_is_not_in_the_name(fresh):
    assert model_folder(fresh, "forest") == model_folder(dataclasses.replace(fresh, cores=1), "forest")


def test_recipes_are_those_of_the_table(fresh):
    found = recipes(fresh)
    assert list(found) == ["forest", "lightgbm-31", "lightgbm-63"]
    assert [recipe.options.leaves for name, recipe in found.items() if name != "forest"] == [31, 63]
    assert "5 trees" in found["forest"].describe()
    assert "10% of the features" in found["lightgbm-31"].describe()
    assert np.isclose(found["lightgbm-31"].options.feature_fraction, 0.1)
