"""All kinds of estimator by name.

A new one is options (`training.options`), a function that fits it, an entry here or in `training.single`, how its object is stored
(`training.storage`) and, where the library's own prediction is not enough, an engine. Row order, seed and options decide every byte of
the result; the thread count does not.
"""

from __future__ import annotations

from collections.abc import Mapping

from iota_py.training.ensembles import train_stacking, train_voting
from iota_py.training.learning import Estimator
from iota_py.training.options import LightGBMOptions, Options, RandomForestOptions, StackingOptions, VotingOptions, options_named
from iota_py.training.single import SINGLE

ESTIMATORS: Mapping[str, Estimator] = {
    **SINGLE,
    "voting": Estimator(VotingOptions, train_voting),
    "stacking": Estimator(StackingOptions, train_stacking),
}

__all__ = ["ESTIMATORS", "Estimator", "LightGBMOptions", "Options", "RandomForestOptions", "options_named"]
