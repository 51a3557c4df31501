"""Section `samples.target`: a number for each polygon or point of the reference, in place of a class."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, model_validator

from iota_py.config.section import Section

MOST_STRATA = 100


class Target(Section):
    """What is predicted as a number: cover, height, biomass."""

    field: Annotated[str, Field(min_length=1)] = Field(description="field of the reference that holds the number")
    bins: Annotated[int, Field(ge=1, le=MOST_STRATA)] | tuple[float, ...] = Field(
        5,
        description="strata of the number, which split, selection and ledger take for classes: how many, each with as many rows of the "
        "reference as another; or the numbers between them, ascending",
    )
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="maps hold round(number × scale), a 16-bit integer, and say so in their header; default: the number, 32-bit"
    )
    unit: str = Field("", description="of the number, as written in reports: %, m, t/ha")

    @model_validator(mode="after")
    def _ascending(self) -> Target:
        if isinstance(self.bins, tuple):
            if not 1 <= len(self.bins) < MOST_STRATA or not all(math.isfinite(limit) for limit in self.bins):
                raise ValueError(f"bins: expected from 1 to {MOST_STRATA - 1} numbers between strata, or how many strata")
            if any(low >= high for low, high in zip(self.bins, self.bins[1:])):
                raise ValueError("bins: expected ascending numbers, each once")
        return self
