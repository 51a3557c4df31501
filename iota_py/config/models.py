"""Section `model`: the estimators by name, with their parameters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section, Share, Word

NotNegative = Annotated[float, Field(ge=0)]
Above = Annotated[float, Field(gt=0)]
Bins = Annotated[int, Field(ge=2, le=255)]
Folds = Annotated[int, Field(ge=2, le=20)]
Code = Annotated[int, Field(ge=1, le=255)]
ClassWeight = Literal["balanced"] | dict[Code, Above] | None
_WEIGHTS = "balanced: every class counts as much as another; or a table code -> weight, a class that is not named weighing 1"


class _Trees(Section):
    """What random forests and extra trees share."""

    trees: Positive = 100
    max_depth: Positive | None = 25
    min_samples_leaf: Positive = 5
    max_features: Literal["sqrt", "log2"] | Share | Positive = "sqrt"
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)
    bins: Bins | None = Field(255, description="values of a feature that the trees tell apart; null: all")
    criterion: Literal["gini", "entropy", "log_loss"] = "gini"
    max_leaf_nodes: Annotated[int, Field(ge=2)] | None = None
    min_impurity_decrease: NotNegative = 0.0
    max_samples: Share | None = Field(None, description="samples drawn for a tree, as a share; null: as many draws as samples")


class RandomForest(_Trees):
    """Random forest (scikit-learn, or its Intel extension)."""

    kind: Literal["random_forest"]
    trainer: Literal["auto", "scikit-learn", "intel"] = Field(
        "scikit-learn",
        description="library that grows the trees; auto: the Intel extension where it is installed, else, and for class weights or "
        "`bins: null`, scikit-learn",
    )


class ExtraTrees(_Trees):
    """Extra trees: a forest whose thresholds are drawn at random (scikit-learn)."""

    kind: Literal["extra_trees"]
    bootstrap: bool = Field(False, description="draw samples for each tree; else each learns from all of them")

    @model_validator(mode="after")
    def _consistent(self) -> ExtraTrees:
        if self.max_samples is not None and not self.bootstrap:
            raise ValueError("max_samples goes with bootstrap: true")
        return self


class LightGBM(Section):
    """Gradient boosted trees (LightGBM)."""

    kind: Literal["lightgbm"]
    rounds: Positive = 100
    leaves: Annotated[int, Field(ge=2)] = 31
    learning_rate: Share = 0.1
    min_samples_leaf: Positive = 20
    feature_fraction: Share = 0.3
    bagging_fraction: Share = 1.0
    lambda_l2: NotNegative = 0.0
    max_bin: Bins = 255
    lambda_l1: NotNegative = 0.0
    min_gain: NotNegative = Field(0.0, description="least gain of a split")
    min_child_weight: NotNegative = Field(1e-3, description="least sum of second derivatives in a leaf")
    max_depth: Positive | None = None
    feature_fraction_by_node: Share = 1.0
    path_smooth: NotNegative = 0.0
    extra_trees: bool = Field(False, description="thresholds drawn at random")
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)


class HistGradientBoosting(Section):
    """Gradient boosted trees on histograms (scikit-learn)."""

    kind: Literal["hist_gradient_boosting"]
    rounds: Positive = 100
    leaves: Annotated[int, Field(ge=2)] = 31
    learning_rate: Share = 0.1
    max_depth: Positive | None = None
    min_samples_leaf: Positive = 20
    max_features: Share = Field(1.0, description="features drawn for a split, as a share")
    lambda_l2: NotNegative = 0.0
    max_bin: Bins = 255
    early_stopping: bool = Field(False, description="stop when samples held back (not whole polygons) are no longer told better")
    patience: Positive = Field(10, description="rounds without gain before an early stop")
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)


class XGBoost(Section):
    """Gradient boosted trees (XGBoost, optional: `pip install 'iota-py[xgboost]'`)."""

    kind: Literal["xgboost"]
    rounds: Positive = 100
    learning_rate: Share = 0.1
    max_depth: Positive | None = 6
    leaves: Annotated[int, Field(ge=2)] | None = Field(None, description="grow the best leaf first, up to so many; null: level by level")
    min_child_weight: NotNegative = 1.0
    min_gain: NotNegative = 0.0
    feature_fraction: Share = 1.0
    feature_fraction_by_node: Share = 1.0
    bagging_fraction: Share = 1.0
    lambda_l1: NotNegative = 0.0
    lambda_l2: NotNegative = 1.0
    max_bin: Annotated[int, Field(ge=2, le=4096)] = 256
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)

    @model_validator(mode="after")
    def _consistent(self) -> XGBoost:
        if self.max_depth is None and self.leaves is None:
            raise ValueError("expected max_depth or leaves: trees need a limit")
        return self


class SVM(Section):
    """Support vector machine on standardised features (scikit-learn)."""

    kind: Literal["svm"]
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = "rbf"
    c: Above = Field(1.0, description="cost of a sample on the wrong side")
    gamma: Literal["scale", "auto"] | Above = "scale"
    degree: Positive = 3
    coef0: float = 0.0
    tolerance: Above = 1e-3
    folds: Folds = Field(5, description="parts of the learning polygons on which the probabilities are fitted")
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)


class KNN(Section):
    """Nearest neighbours on standardised features (scikit-learn)."""

    kind: Literal["knn"]
    neighbours: Positive = 5
    weights: Literal["uniform", "distance"] = "uniform"
    p: Literal[1, 2] = Field(2, description="1: sum of differences, 2: Euclidean distance")


class LogisticRegression(Section):
    """Logistic regression on standardised features (scikit-learn)."""

    kind: Literal["logistic_regression"]
    c: Above = Field(1.0, description="inverse of the weight of the penalty")
    l1_ratio: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="part of the penalty that is absolute; 0: squares only")
    max_iter: Positive = 1000
    tolerance: Above = 1e-4
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)


class TempCNN(Section):
    """Temporal convolution network (PyTorch, optional: `pip install 'iota-py[torch]'`; predicted without it)."""

    kind: Literal["tempcnn"]
    filters: Positive = 64
    width: Positive = Field(5, description="dates that a filter sees, an odd number")
    dense: Positive = 256
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    epochs: Positive = 20
    batch: Annotated[int, Field(ge=2)] = 128
    learning_rate: Above = 1e-3
    decay: NotNegative = 1e-6
    class_weight: ClassWeight = Field(None, description=_WEIGHTS)

    @model_validator(mode="after")
    def _odd(self) -> TempCNN:
        if self.width % 2 == 0:
            raise ValueError(f"width {self.width}: expected an odd number of dates")
        return self


Single = Annotated[
    RandomForest | ExtraTrees | LightGBM | HistGradientBoosting | XGBoost | SVM | KNN | LogisticRegression | TempCNN,
    Field(discriminator="kind"),
]
Members = Annotated[dict[Word, Single], Field(min_length=2)]


class Voting(Section):
    """Soft vote: the weighted mean of the probabilities of several estimators."""

    kind: Literal["voting"]
    members: Members = Field(description="name -> estimator")
    weights: dict[Word, Above] = Field(default_factory=dict, description="name of a member -> weight, 1 where not given")

    @model_validator(mode="after")
    def _consistent(self) -> Voting:
        for name in self.weights:
            if name not in self.members:
                raise ValueError(f"weights.{name}: no member has that name; members are {', '.join(self.members)}")
        return self


class Stacking(Section):
    """Logistic regression on the probabilities of several estimators for learning polygons that they have not seen."""

    kind: Literal["stacking"]
    members: Members = Field(description="name -> estimator")
    folds: Folds = Field(5, description="parts of the learning polygons; members label each after learning from the others")
    c: Above = Field(1.0, description="inverse of the weight of the penalty of the logistic regression")


Model = Annotated[
    RandomForest | ExtraTrees | LightGBM | HistGradientBoosting | XGBoost | SVM | KNN | LogisticRegression | TempCNN | Voting | Stacking,
    Field(discriminator="kind"),
]
