"""Sections `samples.copies` and `samples.augmentation`: what is done with learning samples once they are extracted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from iota_py.config.section import Positive, Section
from iota_py.config.selection import Numbers


class Copy(Section):
    """Learning samples of a region that the model of another one learns from too."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    source: str = Field(alias="from", description="name of the region that the samples are of")
    to: str = Field(description="name of the region whose model learns from them too")
    classes: Literal["all"] | Annotated[tuple[int | str, ...], Field(min_length=1)] = Field(
        "all", description="codes, aliases or names of the nomenclature"
    )
    number: Positive | None = Field(None, description="samples of each class, at most")
    percent: Annotated[float, Field(gt=0, le=100)] | None = Field(None, description="of the samples of each class; default: all of them")

    @model_validator(mode="after")
    def _consistent(self) -> Copy:
        if self.source == self.to:
            raise ValueError(f"region {self.to} cannot copy from itself")
        if self.number is not None and self.percent is not None:
            raise ValueError("give either `number` or `percent`")
        return self


class Augmentation(Section):
    """Further learning samples of small classes, made from those that are there. Validation samples are never touched."""

    method: Literal["replicate", "jitter", "smote"] = Field(
        description="replicate: copies; jitter: copies with noise on every feature; smote: between a sample and one of its neighbours"
    )
    target: Literal["minimum", "balance", "byclass"] = Field(
        description="samples of each class at least: `number`; as many as the largest class has; those of `table`"
    )
    number: Positive | None = None
    table: Numbers | Path | None = Field(
        None, description="class code -> samples, or a CSV file with columns `class` (code, alias or name) and `number`"
    )
    jitter: Annotated[float, Field(gt=0)] = Field(
        0.1, description="jitter: standard deviation of the noise, as a share of that of the feature in the class"
    )
    neighbours: Positive = Field(5, description="smote: nearest samples of the class that one is drawn from")
    regions: Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)] = Field("all", description="names of those augmented")

    @model_validator(mode="after")
    def _complete(self) -> Augmentation:
        needs = {"minimum": "number", "byclass": "table"}.get(self.target)
        for key in ("number", "table"):
            if (getattr(self, key) is not None) != (key == needs):
                raise ValueError(f"target {self.target} needs `{key}`" if key == needs else f"target {self.target} has no use for `{key}`")
        given = self.model_fields_set
        for key, method in (("jitter", "jitter"), ("neighbours", "smote")):
            if key in given and self.method != method and getattr(self, key) != type(self).model_fields[key].default:
                raise ValueError(f"method {self.method} has no use for `{key}`")
        return self

    def applies_to(self, region: str) -> bool:
        """True for a region whose samples are augmented."""
        return self.regions == "all" or region in self.regions
