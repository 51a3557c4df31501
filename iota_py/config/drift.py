"""Sections `assessment.profile` and `assessment.drift`: what is kept of the features of a year, and another year compared with it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from iota_py.config.section import Positive, Section


class Profile(Section):
    """How the features of each region are spread, kept beside its models: of the learning samples and of pixels of the map."""

    pixels: Positive = Field(20_000, description="of a region, at most, in small windows spread over its tiles")
    seed: Annotated[int, Field(ge=0)] = Field(
        0, description="of the choice of the pixels; the same one finds the same places in another year"
    )


class Drift(Section):
    """The features of each region compared with the profile of the models of another run, before the map is made."""

    pixels: Positive = Field(20_000, description="of a region, at most; best as in the profile")
    seed: Annotated[int, Field(ge=0)] = Field(0, description="of the choice of the pixels; best as in the profile")
    stop: bool = Field(False, description="make no map where a region is out of range; default: a warning")


def _section(kind: type[Section]) -> Any:
    """`true` stands for the section with its defaults, `false` for none."""
    return BeforeValidator(lambda value: ({} if value else None) if isinstance(value, bool) else value)


ProfileWish = Annotated[Profile | None, _section(Profile)]
DriftWish = Annotated[Drift | None, _section(Drift)]
