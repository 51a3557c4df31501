"""Schema of an experiment: a base configuration, and what is changed in it from one variant to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Name, Section

Changes = dict[str, Any]
Seed = Annotated[int, Field(ge=0)]
Points = dict[str, Annotated[tuple[Any, ...], Field(min_length=1)]]


class Sharing(Section):
    """What variants take over from one another, and from runs that are there already."""

    store: bool | None = Field(
        None, description="acquisitions decoded once for all maps, in <output>/store; default: where several variants map a tile"
    )
    runs: tuple[Path, ...] = Field((), description="folders of other runs whose results may be taken over where nothing differs")


class Experiment(Section):
    """Everything that an experiment says. Paths are absolute here; in the file they are relative to it."""

    name: Name
    base: Path = Field(description="configuration that every variant changes")
    output: Path = Field(description="folder of the runs, one for each variant and seed, and of their comparison")
    title: str | None = None
    question: str = Field("", description="what the experiment is to answer: the first words of its page")
    axes: dict[Name, Annotated[dict[Name, Changes | None], Field(min_length=1)]] = Field(
        default_factory=dict, description="axis -> choice -> changes; a variant is one choice of every axis"
    )
    variants: dict[Name, Changes | None] = Field(default_factory=dict, description="name -> changes: the axis `variant`")
    grid: Points | tuple[Points, ...] = Field(
        default_factory=dict, description="key -> values: an axis for each key; a list of such: one axis `grid` of all their points"
    )
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] | None = Field(
        None, description="of samples.split.seed: every variant is run with each; default: that of the base"
    )
    within: tuple[Name, ...] | Name = Field(
        (), description="axes along which variants are not set against each other, such as kinds of folds"
    )
    baseline: Name | dict[Name, Name] | None = Field(
        None, description="name of a variant, or axis -> choice; default: the first choice of every axis"
    )
    score: Literal["overall_accuracy", "kappa", "f1_macro"] = Field("overall_accuracy", description="measure that decides")
    train_only: bool = Field(False, description="models and scores on validation samples alone, as iota-py train")
    share: Sharing = Sharing()
    places: Annotated[int, Field(ge=0, le=12)] = Field(6, description="places that the page shows in every map")

    @model_validator(mode="after")
    def _axes_apart(self) -> Experiment:
        for name, given in (("variant", self.variants), ("grid", self.grid)):
            if given and name in self.axes:
                raise ValueError(
                    f"axes.{name}: there is an axis of that name already, from `{'variants' if name == 'variant' else 'grid'}`"
                )
        if self.seeds is not None and len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds: one is given twice")
        return self

    @property
    def apart(self) -> tuple[str, ...]:
        """Axes along which variants are not set against each other."""
        return (self.within,) if isinstance(self.within, str) else self.within
