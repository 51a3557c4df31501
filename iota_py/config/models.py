"""Section `model`: the estimators by name, with their parameters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from iota_py.config.section import Positive, Section, Share


class RandomForest(Section):
    """Random forest (scikit-learn, or its Intel extension)."""

    kind: Literal["random_forest"]
    trees: Positive = 100
    max_depth: Positive | None = 25
    min_samples_leaf: Positive = 5
    max_features: Literal["sqrt", "log2"] | Share | Positive = "sqrt"
    class_weight: Literal["balanced"] | None = None
    bins: Annotated[int, Field(ge=2, le=255)] | None = Field(255, description="values of a feature that the forest tells apart; null: all")
    trainer: Literal["auto", "scikit-learn", "intel"] = Field(
        "scikit-learn",
        description="library that grows the trees; auto: the Intel extension where it is installed, else, and for class weights or "
        "`bins: null`, scikit-learn",
    )


class LightGBM(Section):
    """Gradient boosted trees (LightGBM)."""

    kind: Literal["lightgbm"]
    rounds: Positive = 100
    leaves: Annotated[int, Field(ge=2)] = 31
    learning_rate: Share = 0.1
    min_samples_leaf: Positive = 20
    feature_fraction: Share = 0.3
    bagging_fraction: Share = 1.0
    lambda_l2: Annotated[float, Field(ge=0)] = 0.0
    max_bin: Annotated[int, Field(ge=2, le=255)] = 255


Model = Annotated[RandomForest | LightGBM, Field(discriminator="kind")]
