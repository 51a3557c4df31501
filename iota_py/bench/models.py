"""The models of the benchmark: trained by the chain's own code, kept in the cache folder until something that decides them changes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from iota_py.bench.scale import Scale, Settings
from iota_py.bench.workload import feature_names, learning_samples, series_options
from iota_py.errors import InputError
from iota_py.pipeline.task import code_digest, fingerprint
from iota_py.training import bundle
from iota_py.training.estimators import LightGBMOptions, Options, RandomForestOptions
from iota_py.training.fit import Fitted, fit

SEED = 3
_ROOMS = ("training", "codes.py", "turning.py", "simulation/series.py", "simulation/noise.py", "features", "timeseries")
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "lightgbm", "skops")


@dataclass(frozen=True)
class Recipe:
    """How a model is made. kind: of estimator. samples: how many are learnt from. threads: of the fit; the result does not depend on it."""

    kind: str
    options: Options
    samples: int
    threads: int

    def describe(self) -> str:
        """In words, for the note of a row."""
        o, learnt = self.options, f"fitted on {self.samples:,} samples"
        if isinstance(o, RandomForestOptions):
            return f"{o.trees} trees, depth ≤ {o.max_depth}, leaves of {o.min_samples_leaf} or more, {o.bins} codes, {learnt}"
        return (
            f"{o.rounds} rounds of {o.leaves} leaves, {learnt} with {o.max_bin} bins and {o.feature_fraction:.0%} of the features per tree"
        )


def recipes(settings: Settings) -> Mapping[str, Recipe]:
    """The models by name. Boosting learns from fewer samples and features, as its training is slow, on one thread (idle ones would spin)."""
    scale = settings.scale
    found = {"forest": Recipe("random_forest", RandomForestOptions(trees=scale.trees), scale.samples, settings.cores)}
    for leaves in (31, 63):
        options = LightGBMOptions(rounds=scale.boosting_rounds, leaves=leaves, feature_fraction=0.1, max_bin=63)
        found[f"lightgbm-{leaves}"] = Recipe("lightgbm", options, scale.boosting_samples, 1)
    return found


def prepared(settings: Settings, name: str) -> Fitted:
    """A model, from the cache or made now."""
    folder = model_folder(settings, name)
    if (folder / bundle.DESCRIPTION).exists():
        try:
            return bundle.load(folder, feature_names(settings.scale))
        except InputError as error:
            settings.say(f"{name}: the model in the cache cannot be used, it is trained again ({error.faults[0].message})")
    recipe = recipes(settings)[name]
    settings.say(f"{name}: training once, kept in {settings.cache} ({recipe.describe()})")
    features, labels = learning_samples(settings.scale, recipe.samples)
    fitted = fit(recipe.kind, recipe.options, features, labels, feature_names(settings.scale), SEED, recipe.threads)
    _remove_others(folder, f"{name}-{settings.scale.name}-")
    bundle.save(fitted, folder)
    return fitted


def model_folder(settings: Settings, name: str) -> Path:
    """Where a model is kept; the name holds a digest of all that decides it."""
    return settings.cache / "models" / f"{name}-{settings.scale.name}-{_digest(settings.scale, recipes(settings)[name])}"


def _digest(scale: Scale, recipe: Recipe) -> str:
    land = asdict(series_options(scale, scale.land))
    versions = [version(library) for library in _LIBRARIES]
    content = [recipe.kind, asdict(recipe.options), recipe.samples, land, feature_names(scale), SEED, code_digest(_ROOMS), versions]
    return fingerprint(content)[:16]


def _remove_others(folder: Path, prefix: str) -> None:
    """Earlier models of this name, which nothing asks for any more: a forest takes 100 MB."""
    for other in folder.parent.glob(f"{prefix}*"):
        if other != folder and (other / bundle.DESCRIPTION).exists():
            shutil.rmtree(other)
