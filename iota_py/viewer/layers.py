"""What there is to see of a run: its rasters, in order, each with a name and a legend."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iota_py.assessment.difference import COLOURS, LABELS
from iota_py.config.schema import RunConfig
from iota_py.io.tiles import BandFacts, band_facts
from iota_py.mapping.fusion import choice_legend
from iota_py.nomenclature import Nomenclature

MAP = "map"  # folder of the rasters of a run
TITLES = {
    "classification": "Classes", "regularised": "Classes, regularised", "value": "Predicted number", "choice": "Members of the fusion",
    "confidence": "Confidence", "validity": "Clear observations", "deviation": "Deviation between draws", "difference": "Against the reference",
    "boundary_change": "Changed at the borders of regions",
    "dissimilarity": "Dissimilarity from the learning samples", "applicability": "Where the models apply",
}  # fmt: skip
CHANGED = (213, 94, 0)
_ORDER = tuple(TITLES)
_DRAW = re.compile(r"run_(\d+)$")


@dataclass(frozen=True)
class Entry:
    """A value of a legend. share: of the pixels of the map, None where it is not known."""

    value: int
    label: str
    colour: tuple[int, int, int]
    share: float | None = None

    @property
    def hex_colour(self) -> str:
        """Colour as `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self.colour)


@dataclass(frozen=True)
class Layer:
    """A band of a raster of a run. entries: what its values mean; none for a quantity, which goes from `low` to `high`.

    key: names it in addresses. group: "" for what is delivered, else the draw. scale, offset: number = stored × scale + offset.
    """

    key: str
    title: str
    group: str
    path: Path
    band: int
    entries: tuple[Entry, ...] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0

    @property
    def resampling(self) -> str:
        """How it is made coarser where the file has no overviews."""
        return "mode" if self.entries else "average"

    def document(self) -> dict[str, Any]:
        """The layer as the page needs it."""
        entries = [{"value": e.value, "label": e.label, "colour": e.hex_colour, "share": e.share} for e in self.entries]
        return {
            "key": self.key, "title": self.title, "group": self.group, "entries": entries, "low": self.low, "high": self.high, "unit": self.unit,
        }  # fmt: skip


def find_layers(root: Path, config: RunConfig, nomenclature: Nomenclature, shares: Mapping[int, float]) -> list[Layer]:
    """The rasters under `map/` of a run, what is delivered first. A link that leads out of the run is left out.

    shares: of each class on the delivered map, none where they are not known.
    """
    home = root.resolve()
    files = [path for path in (root / MAP).rglob("*.tif") if not path.name.startswith(".") and path.resolve().is_relative_to(home)]
    aliases = {c.alias: c.label(config.languages[0]) for c in nomenclature.classes}
    found = []
    for path in sorted(files, key=_rank):
        bands = band_facts(str(path))
        for facts in bands:
            entries = tuple(_entries(path.stem, facts, config, nomenclature, shares))
            name = aliases.get(facts.name, facts.name or f"band {facts.index}") if len(bands) > 1 else None
            found.append(_layer(path, path.relative_to(root / MAP).with_suffix("").parts, facts, entries, name))
    return found


def _rank(path: Path) -> tuple[str, int, str]:
    place = _ORDER.index(path.stem) if path.stem in _ORDER else len(_ORDER)
    return "" if path.parent.name == MAP else f"{path.parent}", place, path.name


def _layer(path: Path, parts: tuple[str, ...], facts: BandFacts, entries: tuple[Entry, ...], band: str | None) -> Layer:
    """parts: of the name of the file, in the folder of rasters. band: its name, of a file of several, which are a group."""
    name = TITLES.get(path.stem) or path.stem.replace("uncertainty_", "uncertainty: ").replace("_", " ").capitalize()
    folders = [f"Draw {int(draw[1]) + 1}" if (draw := _DRAW.match(part)) else part for part in parts[:-1]]
    percent = path.stem.startswith("confidence")
    low, high = (0.0, 100.0) if percent else _range(facts)
    return Layer(
        key="-".join(re.sub(r"[^A-Za-z0-9_.]", "_", part) for part in (*parts, *([str(facts.index)] if facts.index > 1 else []))),
        title=name if band is None else band,
        group=" ".join([*folders, *([] if band is None else [name])]),
        path=path,
        band=facts.index,
        entries=entries,
        low=low,
        high=high,
        unit="%" if percent else "dates" if path.stem == "validity" else facts.unit,
        scale=facts.scale,
        offset=facts.offset,
    )


def _range(facts: BandFacts) -> tuple[float, float]:
    """Ends of the ramp: 0 to the largest number where none is below; a probability goes to 1."""
    low = min(facts.low, 0.0)
    high = 1.0 if facts.scale != 1 and 0 <= facts.high <= 1 and low == 0 else facts.high
    return low, high if high > low else low + 1.0


def _entries(stem: str, facts: BandFacts, config: RunConfig, nomenclature: Nomenclature, shares: Mapping[int, float]) -> Iterator[Entry]:
    """The legend of a raster of classes, nothing for quantities."""
    if stem.startswith("classification") or stem == "regularised":
        own = shares if stem == "classification" else {}
        yield from class_entries(
            nomenclature, {c.code: own.get(c.code, 0.0) for c in nomenclature.classes} if own else {}, config.languages[0]
        )
    elif stem == "choice" and config.fusion is not None:
        yield from class_entries(choice_legend(list(config.fusion.members)), {}, "en")
    elif stem == "difference":
        yield from (Entry(value, LABELS[value], colour) for value, colour in COLOURS.items())
    elif stem == "boundary_change":
        yield Entry(1, "another class than without the fusion at the borders", CHANGED)
    else:
        yield from (Entry(value, str(value), colour[:3]) for value, colour in facts.palette.items() if colour[3])


def class_entries(nomenclature: Nomenclature, shares: Mapping[int, float], language: str) -> Iterator[Entry]:
    """The classes as a legend, in a language. shares: of the pixels of the map, of those classes where they are known."""
    return (Entry(c.code, c.label(language), c.colour, shares.get(c.code)) for c in nomenclature.classes)
