"""Section `reduction`: fewer columns for the model to learn from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from iota_py.config.section import Section


class Reduction(Section):
    """Principal components of groups of columns, fitted on the learning samples of each model."""

    kind: Literal["pca"] = "pca"
    groups: Literal["global", "date", "band", "sensor"] = Field(
        "global",
        description="columns that are taken together: all; those of an input's date; those of a band or index of an input; "
        "those of an input",
    )
    components: Annotated[int, Field(ge=1, strict=True)] | Annotated[float, Field(gt=0, lt=1)] = Field(
        description="of each group: how many, or, between 0 and 1, the least share of the group's variance that they explain together"
    )
