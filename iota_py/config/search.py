"""Section `search`: which parameters of the estimator are tried, and how they are judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section


class Range(Section):
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool = Field(False, description="as many trials from 1 to 10 as from 10 to 100")
    whole: bool = Field(False, description="whole numbers only")

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low {self.low:g}: a logarithmic range begins above 0")
        if self.whole and (self.low % 1 or self.high % 1):
            raise ValueError("a range of whole numbers begins and ends at one")
        return self


Values = Annotated[tuple[bool | int | float | str | None, ...], Field(min_length=2)]


class Search(Section):
    """Search of the parameters of the estimator (optional: `pip install 'iota-py[search]'`), for each region on the samples of the first run."""

    trials: Positive = Field(30, description="sets of parameters; the first is that of `model`")
    folds: Annotated[int, Field(ge=2, le=20)] = Field(5, description="parts of the learning polygons, each scored by a model of the others")
    score: Literal["f1_macro", "overall_accuracy", "kappa"] = Field("f1_macro", description="what is to be large, the mean over folds")
    samples: Positive | None = Field(20_000, description="samples used at most, as many of each class in proportion; null: all")
    space: dict[str, Range | Values] = Field(
        default_factory=dict, description="parameter of `model` -> range or list of values; default: what matters most for the estimator"
    )
