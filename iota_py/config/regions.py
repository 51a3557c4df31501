"""Section `samples.regions`: the ecoregions, and the rules by which each of them learns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Section

Length = Annotated[float, Field(gt=0)]


class WeightDistance(Section):
    """Weight of a sample outside the region that learns from it: 1 at the border, less with the distance."""

    law: Literal["linear", "exponential"] = Field("linear", description="1 - d / metres, none below 0; or exp(-d / metres)")
    metres: Length


class Regions(Section):
    """Polygons of the ecoregions; one model each."""

    path: Path
    field: str
    layer: str | None = None
    maximum_area: Length | None = Field(
        None, description="hectares of reference polygons that a model learns from at most: a region with more is divided, its models vote"
    )
    borrow: Literal["auto"] | dict[str, str] | None = Field(
        None, description="region without learning samples -> region whose model it takes; auto: the nearest by its centre"
    )
    buffer: Length | None = Field(None, description="metres around a region from which it takes learning samples too")
    weight_distance: WeightDistance | None = Field(
        None, description="samples of the buffer count less with their distance; default: as others"
    )

    @model_validator(mode="after")
    def _complete(self) -> Regions:
        if self.weight_distance is not None and self.buffer is None:
            raise ValueError("weight_distance is of samples from a buffer: give `buffer`")
        lenders = self.borrow if isinstance(self.borrow, dict) else {}
        odd = [name for name, lender in lenders.items() if lender in lenders]
        if odd:
            raise ValueError(f"borrow.{odd[0]}: region {lenders[odd[0]]} borrows itself")
        return self
