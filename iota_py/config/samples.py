"""Section `samples`: the reference data, and what is made of it before anything is learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from iota_py.config.cleaning import Cleaning
from iota_py.config.management import Augmentation, Copy
from iota_py.config.reference import Encoding, Metres, Relabel, Source, named
from iota_py.config.regions import Regions
from iota_py.config.seasons import Annual, Year
from iota_py.config.section import Section
from iota_py.config.selection import Selection
from iota_py.config.splits import Split
from iota_py.config.tables import SampleTable
from iota_py.config.target import Target


class Samples(Section):
    """Reference data, and what is made of it."""

    polygons: Path | None = None
    layer: str | None = None
    encoding: Encoding | None = Field(None, description="of texts, where the file does not say it or is wrong, for instance CP1252")
    sources: tuple[Source, ...] = Field((), description="in place of `polygons`: several files of polygons or points, merged by priority")
    table: SampleTable | None = Field(None, description="ready series or features")
    label: str = Field("code", description="field that holds the class: a code, an alias or a name of the nomenclature")
    target: Target | None = Field(
        None, description="in place of `label`: a number of each polygon or point that a regressor learns and maps"
    )
    ignore: tuple[str | int, ...] = Field((), description="labels to leave out")
    relabel: Relabel | None = Field(
        None, description="label of the file -> class (code, alias or name); or a CSV file with columns from, to"
    )
    level: Literal["class", "upper"] = Field("class", description="upper: learn and map the groups of the nomenclature")
    border: Metres = Field(0, description="metres by which polygons are eroded")
    minimum_area: Metres = Field(0, description="square metres that a polygon has at least, once eroded")
    point_radius: Metres = Field(0, description="metres around a point that are of its class; 0: the pixel that contains it")
    regions: Regions | None = None
    split: Split = Split()
    selection: Selection = Selection()
    cleaning: Cleaning | None = Field(None, description="learning polygons whose label is doubtful; default: none is looked for")
    copies: tuple[Copy, ...] = Field((), description="learning samples of a region that another one learns from too")
    augmentation: Augmentation | None = Field(None, description="further learning samples of small classes; default: none")
    annual: Annual | None = Field(None, description="classes whose labels hold for one year only")
    years: tuple[Year, ...] = Field((), description="other years that are learnt from, beside `polygons` or in place of them")
    minimum_validity: Annotated[int, Field(ge=1, le=255)] = Field(1, description="clear observations that a usable pixel has at least")
    allow_lost_classes: bool = Field(False, description="go on when a class loses all its learning pixels")

    @model_validator(mode="after")
    def _one_source(self) -> Samples:
        given = (self.polygons is not None) + bool(self.sources) + (self.table is not None)
        if given != 1 and not (given == 0 and self.years):
            raise ValueError("give either `polygons` (a vector file), `sources` (several) or `table` (ready samples)")
        named(self.sources)
        if self.table is not None and (self.border or self.minimum_area or self.point_radius):
            raise ValueError("a table has no polygons: leave border, minimum_area and point_radius out")
        if self.table is not None and self.regions is not None:
            raise ValueError("a table has no polygons of regions: name their column in `table.region`")
        return self

    @model_validator(mode="after")
    def _other_years(self) -> Samples:
        if self.table is not None and (self.years or self.annual):
            raise ValueError("a table goes with neither `years` nor `annual`")
        if self.annual is not None and not self.places:
            raise ValueError("`annual` is about classes of `polygons`: give them")
        learnt = [one.year for one in self.years]
        if len(set(learnt)) < len(learnt):
            raise ValueError("years: a year is given twice")
        return self

    @property
    def managed(self) -> bool:
        """True when what a model learns from is more than the samples selected."""
        return bool(self.copies or self.augmentation or self.annual or self.years or self.dropping)

    @property
    def dropping(self) -> bool:
        """True when suspicious polygons are not learnt from."""
        return self.cleaning is not None and self.cleaning.drop

    @property
    def places(self) -> tuple[Source, ...]:
        """The vector files with all that holds for each: `polygons` is one source; none for a table."""
        if self.polygons is not None:
            return (self._whole(Source(path=self.polygons, name="polygons", layer=self.layer, encoding=self.encoding)),)
        return tuple(self._whole(source) for source in named(self.sources))

    def _whole(self, source: Source) -> Source:
        keys = ("encoding", "label", "ignore", "relabel", "border", "minimum_area", "point_radius")
        given: dict[str, Any] = {key: getattr(self, key) for key in keys if getattr(source, key) is None}
        return source.model_copy(update=given)

    @property
    def where(self) -> str:
        """The reference data in a message."""
        return ", ".join(str(source.path) for source in self.places) if self.table is None else str(self.table.path)
