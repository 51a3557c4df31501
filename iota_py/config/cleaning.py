"""Section `samples.cleaning`: reference polygons whose label is doubtful."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section, Share

Method = Literal["knn", "cross_validation", "som", "outlier"]
DEFAULTS: dict[Method, float] = {"knn": 0.8, "cross_validation": 0.8, "som": 0.8, "outlier": 0.5}


class Som(Section):
    """Self-organising map."""

    side: Annotated[int, Field(ge=2, le=40)] = Field(10, description="neurons on a side")
    passes: Positive = Field(30, description="passes through the samples")


class Cleaning(Section):
    """Scores of the learning polygons of each region and run, 0 (as its class) to 1; validation polygons are never looked at."""

    methods: Annotated[tuple[Method, ...], Field(min_length=1)] = Field(
        ("knn", "cross_validation"),
        description="knn: share of the nearest samples of other polygons that have another label; cross_validation: one less the probability of "
        "the label, by models of other polygons; som: one less the share of the label around its neuron of a self-organising map; outlier: "
        "share of the columns that lie far from the median of the class",
    )
    thresholds: dict[Method, Share] = Field(
        default_factory=dict, description="score from which a polygon is suspicious; default: 0.8, outlier 0.5"
    )
    agree: Positive = Field(1, description="methods that must find a polygon suspicious")
    most: Annotated[float, Field(gt=0, le=0.5)] = Field(
        0.2, description="share of the polygons of a class that are named suspicious at most, the worst ones"
    )
    neighbours: Annotated[int, Field(ge=1, le=100)] = 10
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    som: Som = Som()
    samples: Positive = Field(20_000, description="samples looked at in a region, the same number of each polygon as far as it has them")
    drop: bool = Field(False, description="learn without the suspicious polygons; otherwise they are listed and drawn")

    @model_validator(mode="after")
    def _possible(self) -> Cleaning:
        if len(set(self.methods)) < len(self.methods):
            raise ValueError("methods: one is named twice")
        if self.agree > len(self.methods):
            raise ValueError(f"agree {self.agree}: there are {len(self.methods)} methods")
        return self

    def threshold(self, method: Method) -> float:
        """Score from which a method finds a polygon suspicious."""
        return self.thresholds.get(method, DEFAULTS[method])
