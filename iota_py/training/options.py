"""Options of the estimators: frozen values, named as in the configuration where they mean the same.

`class_weight`: `balanced` (samples / (classes * samples of the class)) or pairs of code and weight, a class that is not named weighing 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from iota_py.codes import BINS
from iota_py.training.trainers import INTEL, SCIKIT_LEARN

ClassWeight = str | tuple[tuple[int, float], ...] | None


@dataclass(frozen=True)
class RandomForestOptions:
    """Options of scikit-learn's RandomForestClassifier, `bins` and `trainer`.

    bins: codes per feature (2–256); None or 0 fits on the int16 values. trainer: `scikit-learn`, or `intel` for its Intel extension, which
    knows neither class weights nor int16 values, and counts `min_samples_leaf` otherwise (`training.intel`). max_samples: share of the
    samples drawn for a tree, None for as many draws as samples.
    """

    kind: ClassVar[str] = "random_forest"
    trees: int = 100
    max_depth: int | None = 25
    min_samples_leaf: int = 5
    max_features: str | int | float | None = "sqrt"
    class_weight: ClassWeight = None
    bins: int | None = BINS
    trainer: str = SCIKIT_LEARN
    criterion: str = "gini"
    max_leaf_nodes: int | None = None
    min_impurity_decrease: float = 0.0
    max_samples: float | None = None

    def __post_init__(self) -> None:
        if self.trainer not in (SCIKIT_LEARN, INTEL):
            raise ValueError(f"options name the library that fits: expected {SCIKIT_LEARN} or {INTEL}, found {self.trainer!r}")


@dataclass(frozen=True)
class ExtraTreesOptions:
    """Options of scikit-learn's ExtraTreesClassifier, and `bins`. max_samples: as of forests, with `bootstrap` only."""

    kind: ClassVar[str] = "extra_trees"
    trees: int = 100
    max_depth: int | None = 25
    min_samples_leaf: int = 5
    max_features: str | int | float | None = "sqrt"
    class_weight: ClassWeight = None
    bins: int | None = BINS
    criterion: str = "gini"
    max_leaf_nodes: int | None = None
    min_impurity_decrease: float = 0.0
    bootstrap: bool = False
    max_samples: float | None = None


@dataclass(frozen=True)
class LightGBMOptions:
    """Options of LightGBM; `rounds` trees per class (one per round when there are two classes), of at most `leaves` leaves."""

    kind: ClassVar[str] = "lightgbm"
    rounds: int = 100
    leaves: int = 31
    learning_rate: float = 0.1
    feature_fraction: float = 1.0
    bagging_fraction: float = 1.0
    bagging_freq: int = 0
    min_data_in_leaf: int = 20
    max_bin: int = 255
    lambda_l2: float = 0.0
    lambda_l1: float = 0.0
    min_gain: float = 0.0
    min_child_weight: float = 1e-3
    max_depth: int | None = None
    feature_fraction_by_node: float = 1.0
    path_smooth: float = 0.0
    extra_trees: bool = False
    class_weight: ClassWeight = None


@dataclass(frozen=True)
class HistGradientBoostingOptions:
    """Options of scikit-learn's HistGradientBoostingClassifier. max_features: share of the features drawn for a split."""

    kind: ClassVar[str] = "hist_gradient_boosting"
    rounds: int = 100
    leaves: int = 31
    learning_rate: float = 0.1
    max_depth: int | None = None
    min_samples_leaf: int = 20
    max_features: float = 1.0
    lambda_l2: float = 0.0
    max_bin: int = 255
    early_stopping: bool = False
    patience: int = 10
    validation_fraction: float = 0.1
    class_weight: ClassWeight = None


@dataclass(frozen=True)
class XGBoostOptions:
    """Options of XGBoost, trees by histogram. leaves, max_depth: None for no limit."""

    kind: ClassVar[str] = "xgboost"
    rounds: int = 100
    learning_rate: float = 0.1
    max_depth: int | None = 6
    leaves: int | None = None
    min_child_weight: float = 1.0
    min_gain: float = 0.0
    feature_fraction: float = 1.0
    feature_fraction_by_node: float = 1.0
    bagging_fraction: float = 1.0
    lambda_l1: float = 0.0
    lambda_l2: float = 1.0
    max_bin: int = 256
    class_weight: ClassWeight = None


@dataclass(frozen=True)
class SVMOptions:
    """Options of scikit-learn's SVC on standardised features. folds: parts on which the curves of its probabilities are fitted."""

    kind: ClassVar[str] = "svm"
    kernel: str = "rbf"
    c: float = 1.0
    gamma: str | float = "scale"
    degree: int = 3
    coef0: float = 0.0
    tolerance: float = 1e-3
    folds: int = 5
    class_weight: ClassWeight = None


@dataclass(frozen=True)
class KNNOptions:
    """Options of scikit-learn's KNeighborsClassifier on standardised features. p: 2 Euclidean, 1 the sum of differences."""

    kind: ClassVar[str] = "knn"
    neighbours: int = 5
    weights: str = "uniform"
    p: int = 2


@dataclass(frozen=True)
class LogisticRegressionOptions:
    """Options of scikit-learn's LogisticRegression on standardised features. l1_ratio: share of the penalty that is absolute (0: L2)."""

    kind: ClassVar[str] = "logistic_regression"
    c: float = 1.0
    l1_ratio: float = 0.0
    max_iter: int = 1000
    tolerance: float = 1e-4
    class_weight: ClassWeight = None


@dataclass(frozen=True)
class TempCNNOptions:
    """Options of the temporal convolution network (`iota_py.temporal`). width: dates that a filter sees. decay: weight of the squares."""

    kind: ClassVar[str] = "tempcnn"
    filters: int = 64
    width: int = 5
    dense: int = 256
    dropout: float = 0.5
    epochs: int = 20
    batch: int = 128
    learning_rate: float = 1e-3
    decay: float = 1e-6
    class_weight: ClassWeight = None


@dataclass(frozen=True)
class MemberOptions:
    """A member of an ensemble: its name, kind, options of that kind, and weight in a vote."""

    name: str
    kind: str
    options: Any
    weight: float = 1.0


@dataclass(frozen=True)
class VotingOptions:
    """A soft vote: the mean of the members' probabilities, by their weights."""

    kind: ClassVar[str] = "voting"
    members: tuple[MemberOptions, ...] = ()


@dataclass(frozen=True)
class StackingOptions:
    """A logistic regression on the members' probabilities for samples that they have not seen, in `folds` parts. c: as its own."""

    kind: ClassVar[str] = "stacking"
    members: tuple[MemberOptions, ...] = ()
    folds: int = 5
    c: float = 1.0


Options = (
    RandomForestOptions | ExtraTreesOptions | LightGBMOptions | HistGradientBoostingOptions | XGBoostOptions | SVMOptions | KNNOptions
    | LogisticRegressionOptions | TempCNNOptions | VotingOptions | StackingOptions
)  # fmt: skip
OPTIONS: Mapping[str, type[Options]] = {options.kind: options for options in get_args(Options)}


def options_named(kind: str, values: Mapping[str, Any]) -> Options:
    """Options of a kind from plain values, as a file of JSON gives them back. TypeError: a name that the kind does not have."""
    values = dict(values)
    if isinstance(values.get("class_weight"), list | tuple):
        values["class_weight"] = tuple((int(code), float(weight)) for code, weight in values["class_weight"])
    if "members" in values:
        members = (MemberOptions(**{**m, "options": options_named(m["kind"], m["options"])}) for m in values["members"])
        values["members"] = tuple(members)
    return OPTIONS[kind](**values)
