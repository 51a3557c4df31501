"""Section `assessment`: what is measured beside the scores of the runs, because it was asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

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

    cross_validation: CrossValidation | None = Field(None, description="random and spatial scores side by side; default: none")
