"""Section `regularisation`: the map without its smallest patches, and in larger pixels where wished."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator

from iota_py.config.section import Positive, Section

AREA = re.compile(r"^(\d+(?:\.\d+)?) ?(m2|m²|ha)$")


class Recode(Section):
    """A class that is another one on one side of an outline, such as water at sea."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    polygons: Path = Field(description="vector file; a pixel is inside where its centre is in one of the polygons")
    layer: str | None = Field(None, description="needed when the file has several layers")
    source: int | str = Field(alias="from", description="class that changes: code, alias or name of the nomenclature")
    to: int | str = Field(description="what it becomes: code, alias or name, or 0 for no data")
    where: Literal["inside", "outside"] = "inside"


class Regularisation(Section):
    """A second map, in which patches below a size have merged into their largest neighbours. The classification itself stays as it is."""

    minimum_size: Positive | Annotated[str, Field(pattern=AREA.pattern)] = Field(
        10, description="smallest patch that stays: pixels of the map, or an area such as `1000 m2` or `0.1 ha`"
    )
    by_group: bool = Field(True, description="patches merge inside the groups of the nomenclature first, then over all classes")
    connectivity: Annotated[tuple[Literal[4, 8], ...], Field(min_length=1, max_length=2)] = Field(
        (8, 4), description="of the sieves, in turn; 8: pixels that touch by a corner are one patch"
    )
    resolution: Annotated[float, Field(gt=0)] | None = Field(
        None, description="pixel size of the result, a multiple of the map's; each takes the most frequent class under it"
    )
    passes: Literal[1, 2] | None = Field(
        None,
        description="2: what comes out is sieved again, by the same area; default: 2 where `resolution` is given, as larger pixels make small "
        "patches of their own, else 1",
    )
    recode: tuple[Recode, ...] = Field((), description="one, or a list of them, done at the end in this order")

    @field_validator("recode", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, dict) else value

    @property
    def sieves(self) -> int:
        """How often it is sieved."""
        return self.passes or (1 if self.resolution is None else 2)

    @property
    def square_metres(self) -> float | None:
        """The smallest patch in m², None where it is given in pixels."""
        if isinstance(self.minimum_size, int):
            return None
        number, unit = re.fullmatch(AREA, self.minimum_size).groups()  # type: ignore[union-attr]
        return float(number) * (10_000 if unit == "ha" else 1)
