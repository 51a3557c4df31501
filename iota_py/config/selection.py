"""Section `samples.selection`: which usable pixels of the learning polygons are learnt from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section

Numbers = dict[int, Annotated[int, Field(ge=0)]]
_NEEDS = {"constant": "number", "total": "number", "percent": "percent", "byclass": "table"}


class Choice(Section):
    """How many usable pixels are learnt from, per class and run, and which ones."""

    strategy: Literal["all", "constant", "percent", "total", "smallest", "byclass"] = "all"
    number: Positive | None = Field(None, description="pixels per class (constant) or in all (total)")
    percent: Annotated[float, Field(gt=0, le=100)] | None = None
    table: Numbers | Path | None = Field(
        None, description="byclass: class code -> pixels, or a CSV file with columns `class` (code, alias or name) and `number`"
    )
    sampler: Literal["random", "periodic"] = Field("random", description="periodic: evenly spaced in row-major order")
    jitter: bool = Field(False, description="periodic: each pixel at random within its interval instead of in its middle")
    maximum_per_polygon: Positive | None = Field(None, description="pixels of a polygon that are looked at, taken evenly over it")
    minimum: Positive | None = Field(None, description="learning pixels that each class needs; fewer stop the run")

    @model_validator(mode="after")
    def _complete(self) -> Choice:
        needs = _NEEDS.get(self.strategy)
        for key in ("number", "percent", "table"):
            if (getattr(self, key) is not None) != (key == needs):
                raise ValueError(
                    f"strategy {self.strategy} needs `{key}`" if key == needs else f"strategy {self.strategy} has no use for `{key}`"
                )
        if self.jitter and self.sampler != "periodic":
            raise ValueError(f"sampler {self.sampler} has no use for `jitter`")
        return self


class Selection(Choice):
    """The choice for every region, and other choices for some."""

    regions: dict[str, Choice] = Field(default_factory=dict, description="region -> its own choice, in place of the one above")
    allow_fewer: bool = Field(False, description="go on when a class has fewer learning pixels than `minimum`")

    def choice(self, region: str) -> Choice:
        """What holds for a region."""
        return self.regions.get(region, self)
