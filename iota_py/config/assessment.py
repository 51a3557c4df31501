"""Section `assessment`: what is measured beside the scores of the runs, because it was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from iota_py.config.drift import DriftWish, ProfileWish
from iota_py.config.map_accuracy import MapAccuracy
from iota_py.config.probability_scores import Confusions, ProbabilityScores, section
from iota_py.config.section import Section


class CrossValidation(Section):
    """The model fitted anew on folds of the learning samples: by polygon at random and by blocks of ground, side by side."""

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    block: Annotated[float, Field(gt=0)] = Field(5000.0, description="side of the blocks in metres")
    kinds: Annotated[tuple[Literal["polygon", "blocks"], ...], Field(min_length=1)] = ("polygon", "blocks")

    @model_validator(mode="after")
    def _once(self) -> CrossValidation:
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError("kinds: one is named twice")
        return self


class Assessment(Section):
    """Measures that cost more training."""

    baseline: Path | None = Field(None, description="folder of another run, which this one is compared with; default: none")
    cross_validation: CrossValidation | None = Field(None, description="random and spatial scores side by side; default: none")
    map_accuracy: MapAccuracy | None = Field(None, description="interpreted points of a probability sample of the map; default: none")
    profile: ProfileWish = Field(None, description="of the features of each region, for runs that use its models; `true` for the defaults")
    drift: DriftWish = Field(None, description="features compared with the year of the models reused; `true` for the defaults")
    probabilities: Annotated[ProbabilityScores | None, BeforeValidator(section)] = Field(
        None, description="calibration of the probabilities, and conformal sets; `true` for the defaults"
    )
    confusions: Annotated[Confusions | None, BeforeValidator(section)] = Field(
        None, description="mean series of the classes that are most often confused; `true` for the defaults"
    )
