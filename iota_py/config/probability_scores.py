"""Section `assessment.probabilities`: how far the probabilities of the models can be believed, and sets of classes that hold the true one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section


class Conformal(Section):
    """Sets of classes that hold the true class of a pixel as often as is asked for, calibrated on half of the validation polygons."""

    coverage: Annotated[float, Field(ge=0.5, lt=1)] = Field(0.9, description="share of the pixels whose set must hold the true class")
    by: tuple[Literal["region"], ...] = Field(("region",), description="what has thresholds of its own; none: [], all regions together")
    per_class: bool = Field(
        False, description="a threshold for each class, so that the coverage holds for each; takes many polygons of each class"
    )

    @property
    def polygons(self) -> int:
        """Calibration polygons below which every class is in every set."""
        number = 1
        while number / (number + 1) < self.coverage - 1e-9:
            number += 1
        return number


class ProbabilityScores(Section):
    """Brier score, log loss, calibration error and conformal sets, on validation pixels of each region and draw."""

    pixels_per_class: Positive = Field(
        500, description="validation pixels of a class, in each region and draw, that are looked at; one of each polygon at least"
    )
    bins: Annotated[int, Field(ge=2, le=100)] = Field(15, description="intervals of equal width of the probabilities")
    conformal: Conformal = Conformal()


class Confusions(Section):
    """Mean series of the classes that are most often confused."""

    pairs: Annotated[int, Field(ge=1, le=6)] = Field(6, description="pairs of classes, one taken for the other, that are shown at most")
    bands: Annotated[tuple[str, ...], Field(max_length=2)] = Field(
        (), description="bands or indices whose series are drawn; default: NDVI where there is one, and what tells the pair best"
    )

    @model_validator(mode="after")
    def _once(self) -> Confusions:
        if len(set(self.bands)) != len(self.bands):
            raise ValueError("bands: one is named twice")
        return self


def section(value: Any) -> Any:
    """`true` stands for a section with its defaults, `false` for none."""
    return ({} if value else None) if isinstance(value, bool) else value
