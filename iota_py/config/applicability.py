"""Section `map.applicability`: where the models apply, as layers of the map and in the assessment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from iota_py.config.section import Positive, Section, Share


class Applicability(Section):
    """The dissimilarity of pixels from what the model of their region learnt, and whether it is below that of samples held out."""

    components: Annotated[int, Field(ge=1, le=63)] = Field(
        31, description="principal components of the weighted features kept at most; one number more says how far a pixel is from them all"
    )
    variance: Share = Field(0.99, description="share of the weighted variance from which on no further component is kept")
    cells: Annotated[int, Field(ge=1, le=1024)] = Field(
        8, description="groups of learning samples near a pixel in which the nearest sample is looked for; more are exacter and slower"
    )
    samples: Annotated[int, Field(ge=100)] = Field(100_000, description="learning samples of a model that are kept at most, evenly thinned")
    folds: Literal["polygon", "blocks"] = Field(
        "polygon",
        description="folds that give the threshold: of whole polygons, or the blocks of assessment.cross_validation; as many as there, else 5",
    )
    pixels: Positive = Field(5000, description="of the map, drawn at random, whose distances to samples are compared with those of folds")


def _section(value: Any) -> Any:
    """`true` stands for the section with its defaults, `false` for none."""
    return ({} if value else None) if isinstance(value, bool) else value


ApplicabilityWish = Annotated[Applicability | None, BeforeValidator(_section)]
