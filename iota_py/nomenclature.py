"""Classes of a map: code, alias, names, colour, parent group; and everything that is drawn from that one list.

Codes are 1–255, label 0 is nodata. The order of the classes is the ascending order of their codes, everywhere.
"""

from __future__ import annotations

import numbers
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from iota_py.errors import ConfigError, Fault

NODATA = 0
_CLASS_KEYS = {"code", "alias", "name", "colour", "group"}


@dataclass(frozen=True, order=True)
class LandCoverClass:
    """One class. names: by language (`en`, `fr`). colour: (red, green, blue), 0–255 each. group: upper level, may be empty."""

    code: int
    alias: str = field(compare=False)
    names: Mapping[str, str] = field(compare=False)
    colour: tuple[int, int, int] = field(compare=False)
    group: str = field(default="", compare=False)

    def label(self, language: str = "en") -> str:
        """Name in a language; the English one, then the alias, where that is missing."""
        return self.names.get(language) or self.names.get("en") or self.alias

    @property
    def hex_colour(self) -> str:
        """Colour as `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self.colour)


@dataclass(frozen=True)
class Nomenclature:
    """An ordered list of classes. lower: the nomenclature whose groups are these classes, where there is one."""

    name: str
    classes: tuple[LandCoverClass, ...]
    lower: Nomenclature | None = None

    @classmethod
    def from_document(cls, document: Any, source: str) -> Nomenclature:
        """Build from the content of a nomenclature file; `source` names it in messages.

        Raises ConfigError with every fault found.
        """
        if not isinstance(document, dict) or not isinstance(document.get("classes"), list) or not document["classes"]:
            raise ConfigError(
                Fault("E-NOM-001", source, "classes", "expected a list of classes, found none", "see configs/nomenclatures/oso-23.yaml")
            )
        faults: list[Fault] = []
        classes = [_read_class(entry, index, source, faults) for index, entry in enumerate(document["classes"])]
        known = [c for c in classes if c is not None]
        for what in ("code", "alias"):
            values = [getattr(c, what) for c in known]
            for value in sorted({v for v in values if values.count(v) > 1}, key=str):
                faults.append(
                    Fault("E-NOM-003", source, "classes", f"{what} `{value}` is given to several classes", "give each class its own")
                )
        if faults:
            raise ConfigError(*faults)
        return cls(str(document.get("name") or source), tuple(sorted(known)))

    @property
    def codes(self) -> tuple[int, ...]:
        """Ascending codes."""
        return tuple(c.code for c in self.classes)

    def __getitem__(self, code: int) -> LandCoverClass:
        for candidate in self.classes:
            if candidate.code == code:
                return candidate
        raise KeyError(code)

    def subset(self, codes: Iterable[int]) -> Nomenclature:
        """The same nomenclature with only these codes."""
        wanted = set(codes)
        return Nomenclature(self.name, tuple(c for c in self.classes if c.code in wanted), self.lower)

    def upper(self, source: str) -> Nomenclature:
        """The groups as classes: codes from 1 in the order of their first classes, whose colours they take; aliases are their names as words.

        `code_of` of the result understands the labels of the classes too. Raises ConfigError E-SAM-025 when classes have no group; `source`
        names the nomenclature in the message.
        """
        bare = [f"{c.code} {c.alias}" for c in self.classes if not c.group]
        if bare:
            text = f"classes without a group: {', '.join(bare[:8])}{', …' if len(bare) > 8 else ''}"
            raise ConfigError(Fault("E-SAM-025", source, "samples.level", text, "give each class its `group`, or leave `level` out"))
        first = {group: next(c for c in self.classes if c.group == group) for group in dict.fromkeys(c.group for c in self.classes)}
        groups = tuple(
            LandCoverClass(code, _word(group, code), {"en": group}, lower.colour) for code, (group, lower) in enumerate(first.items(), 1)
        )
        return Nomenclature(f"{self.name}, upper level", groups, self)

    def code_of(self, label: object) -> int | None:
        """Code that a label of the reference data means: a code, an alias or a name (letter case and accents ignored)."""
        text = _fold(label_text(label))
        if self.lower is not None and (code := self.lower.code_of(label)) is not None:
            text = _fold(self.lower[code].group)
        for candidate in self.classes:
            if text in {"" if self.lower else str(candidate.code), _fold(candidate.alias), *(_fold(n) for n in candidate.names.values())}:
                return candidate.code
        return None

    def colormap(self) -> dict[int, tuple[int, int, int, int]]:
        """GDAL colour table: nodata transparent, unused codes black."""
        table = dict.fromkeys(range(256), (0, 0, 0, 255))
        table[NODATA] = (0, 0, 0, 0)
        table.update({c.code: (*c.colour, 255) for c in self.classes})
        return table

    def qgis_style(self, language: str = "en") -> str:
        """A QGIS layer style (QML) that shows a class raster with these colours and names."""
        root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
        pipe = ET.SubElement(root, "pipe")
        renderer = ET.SubElement(pipe, "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1", nodataColor="")
        palette = ET.SubElement(renderer, "colorPalette")
        for c in self.classes:
            ET.SubElement(palette, "paletteEntry", value=str(c.code), color=c.hex_colour, alpha="255", label=c.label(language))
        ET.indent(root)
        return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"


def label_text(label: object) -> str:
    """A label as text; whole numbers stored as floating point (of any width) as the whole number they are."""
    whole = isinstance(label, numbers.Real) and not isinstance(label, bool) and float(label).is_integer()
    return str(int(label)) if whole else str(label)


def ramp_style(low: float, high: float, label: str, stops: int = 5) -> str:
    """A QGIS layer style (QML) for a continuous raster, dark to light over `low`..`high` (colours near viridis)."""
    colours = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"]
    root = ET.Element("qgis", version="3.28", styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="1",
        alphaBand="-1",
        classificationMin=f"{low:g}",
        classificationMax=f"{high:g}",
    )
    shader = ET.SubElement(ET.SubElement(renderer, "rastershader"), "colorrampshader", colorRampType="INTERPOLATED", labelPrecision="0")
    for i in range(stops):
        value = low + (high - low) * i / (stops - 1)
        ET.SubElement(
            shader,
            "item",
            value=f"{value:g}",
            color=colours[i * (len(colours) - 1) // (stops - 1)],
            alpha="255",
            label=f"{label} {value:g}",
        )
    ET.indent(root)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode") + "\n"


def _word(name: str, code: int) -> str:
    """A name as a short word of letters and digits."""
    word = re.sub(r"\W+", "_", name).strip("_")
    return word if word.isidentifier() else f"group_{code}"


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _read_class(entry: Any, index: int, source: str, faults: list[Fault]) -> LandCoverClass | None:
    place = f"classes[{index}]"
    if not isinstance(entry, dict):
        faults.append(Fault("E-NOM-002", source, place, f"expected code, alias, name and colour, found {entry!r}"))
        return None
    start = len(faults)
    code, alias, name, colour = (entry.get(key) for key in ("code", "alias", "name", "colour"))
    if not isinstance(code, int) or isinstance(code, bool) or not 1 <= code <= 255:
        faults.append(Fault("E-NOM-002", source, f"{place}.code", f"expected a whole number from 1 to 255, found {code!r}"))
    if not isinstance(alias, str) or not alias.isidentifier():
        faults.append(Fault("E-NOM-002", source, f"{place}.alias", f"expected a short word of letters and digits, found {alias!r}"))
    if not isinstance(name, dict) or not all(isinstance(v, str) for v in name.values()) or "en" not in name:
        faults.append(Fault("E-NOM-002", source, f"{place}.name", f"expected names by language, `en` among them, found {name!r}"))
    if not isinstance(colour, list) or len(colour) != 3 or not all(isinstance(v, int) and 0 <= v <= 255 for v in colour):
        faults.append(Fault("E-NOM-002", source, f"{place}.colour", f"expected [red, green, blue] from 0 to 255, found {colour!r}"))
    for key in sorted(set(entry) - _CLASS_KEYS, key=str):
        faults.append(Fault("E-NOM-002", source, f"{place}.{key}", "unknown key", "known keys: " + ", ".join(sorted(_CLASS_KEYS))))
    if len(faults) > start:
        return None
    red, green, blue = entry["colour"]
    return LandCoverClass(entry["code"], entry["alias"], dict(entry["name"]), (red, green, blue), str(entry.get("group") or ""))
