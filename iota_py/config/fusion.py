"""Section `fusion`: several models in a run, each on inputs of its own, whose labels are combined."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from iota_py.config.section import Section, Word


class Fusion(Section):
    """Members of a late fusion by Dempster-Shafer: each is a model for each region and run on the columns of its parts only."""

    members: dict[Word, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        description="name of a member -> what it sees: inputs, and functions of `user_features` by their name"
    )
    measure: Literal["precision", "recall", "accuracy", "kappa"] = Field(
        "precision", description="what a member's own confusion matrix says of a label: how far the member is trusted when it gives it"
    )
    folds: Annotated[int, Field(ge=2, le=10)] = Field(
        3, description="parts of the learning polygons; each is labelled by a model fitted on the others, which gives the matrix"
    )
    keep_members: bool = Field(False, description="keep the map of each member too, and its accuracy beside that of the fusion")
