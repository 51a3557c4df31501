"""Sections `samples.sources` and `samples.relabel`: where reference data come from, and what is made of them before pixels are looked at."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from iota_py.config.section import Name, Section
from iota_py.nomenclature import label_text

Metres = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Label = str | int


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"unknown encoding `{name}`; usual ones are UTF-8, CP1252, ISO-8859-1") from None
    return name


def _table(value: Any) -> Any:
    """Labels as texts on both sides; a single text is the path of a file."""
    if value is None or isinstance(value, Path):
        return value
    if isinstance(value, str):
        return Path(value)
    if not isinstance(value, dict) or not value:
        raise ValueError("expected labels of the file and what they become (`old: new`), or the path of a CSV file with columns from, to")
    wrong = [key for pair in value.items() for key in pair if not isinstance(key, (str, int, float)) or isinstance(key, bool)]
    if wrong:
        raise ValueError(f"expected labels, found `{wrong[0]}`; put quotes around words that YAML reads otherwise")
    return {label_text(old): label_text(new) for old, new in value.items()}


Encoding = Annotated[str, AfterValidator(_encoding)]
Relabel = Annotated[dict[str, str] | Path, BeforeValidator(_table)]


class Source(Section):
    """One file of reference polygons or points. Keys that are left out are those of `samples`."""

    path: Path
    name: Name | None = Field(None, description="what the account calls it; default: name of the file")
    layer: str | None = None
    encoding: Encoding | None = Field(None, description="of texts, where the file does not say it or is wrong, for instance CP1252")
    label: str | None = None
    ignore: tuple[Label, ...] | None = None
    relabel: Relabel | None = None
    priority: int = Field(0, description="where sources overlap the higher one wins; at the same priority what is contested is left out")
    border: Metres | None = None
    minimum_area: Metres | None = None
    point_radius: Metres | None = None


def named(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Sources with a name each. ValueError when two have the same."""
    found: list[Source] = []
    for source in sources:
        name = source.name or source.path.stem
        if name in (other.name for other in found):
            raise ValueError(f"two sources are called `{name}`: give each a `name` of its own")
        found.append(source.model_copy(update={"name": name}))
    return tuple(found)
