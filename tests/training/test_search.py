"""Parameters searched."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from iota_py.training import search as module
from iota_py.training.options import OPTIONS
from iota_py.training.search import SPACES, Numbers, Trial, best_of, search

optuna = pytest.importorskip("optuna", reason="Optuna is not installed: extra `search`")

SPACE = {"x": Numbers(0.1, 10, log=True), "n": Numbers(1, 9, whole=True), "word": ("a", "b")}


def judged(values: Mapping[str, Any]) -> list[float]:
    """Best at x = 1, n = 5, word b."""
    score = -abs(math.log(values["x"])) - abs(values["n"] - 5) / 5 + (values["word"] == "b")
    return [score - 0.1, score + 0.1]


def test_the_first_trial_is_the_configuration_even_outside_the_space() -> None:
    first = search(SPACE, {"x": 2.5, "n": 40, "word": "a"}, 1, 0, judged)[0]
    assert first.values == {"x": 2.5, "n": 40, "word": "a"}


def test_trials_are_the_same_again_and_find_the_best() -> None:
    trials = search(SPACE, {"x": 9.0, "n": 1, "word": "a"}, 40, 7, judged)
    assert trials == search(SPACE, {"x": 9.0, "n": 1, "word": "a"}, 40, 7, judged)
    assert trials != search(SPACE, {"x": 9.0, "n": 1, "word": "a"}, 40, 8, judged)
    best = best_of(trials)
    assert best.values["word"] == "b"
    assert best.score > trials[0].score + 1
    assert all(isinstance(trial.values["n"], int) and 1 <= trial.values["n"] <= 9 for trial in trials)
    assert all(float(f"{trial.values['x']:.6g}") == trial.values["x"] for trial in trials)


def test_a_trial_without_a_score_is_never_best() -> None:
    trials = [Trial(0, {}, (math.nan,)), Trial(1, {}, (0.2, math.nan)), Trial(2, {}, (0.2,))]
    assert best_of(trials).number == 1
    with pytest.raises(ValueError, match="no trial"):
        best_of(trials[:1])
    found = search({"word": ("a", "b")}, {}, 6, 0, lambda values: [math.nan] if values["word"] == "a" else [0.5])
    assert best_of(found).values == {"word": "b"}


def test_spaces_name_options_that_estimators_have() -> None:
    renamed = {"min_samples_leaf": "min_data_in_leaf"}
    for kind, space in SPACES.items():
        fields = OPTIONS[kind].__dataclass_fields__
        assert all(name in fields or renamed.get(name) in fields for name in space), kind


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(module.ConfigError, match="pip install 'iota-py\\[search\\]'"):
        search({}, {}, 1, 0, lambda values: [0.0])
