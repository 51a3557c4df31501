"""Classes of a map: code, alias, names, colour, parent group.

Codes are 1–255, label 0 is nodata. The order of the classes is the ascending order of their codes, everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from iota_py.errors import ConfigError, Fault
from iota_py.nomenclature.entry import NODATA, LandCoverClass
from iota_py.nomenclature.labels import folded, label_text, word
from iota_py.nomenclature.reading import read_classes, read_groups
from iota_py.nomenclature.styles import class_style


@dataclass(frozen=True)
class Nomenclature:
    """An ordered list of classes. lower: the nomenclature whose groups are these classes, where there is one. groups: names of the groups
    in other languages than English, {group: {language: name}}."""

    name: str
    classes: tuple[LandCoverClass, ...]
    lower: Nomenclature | None = None
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)

    @classmethod
    def from_document(cls, document: Any, source: str) -> Nomenclature:
        """Build from the content of a nomenclature file; `source` names it in messages.

        Raises ConfigError with every fault found.
        """
        classes = read_classes(document, source)
        return cls(str(document.get("name") or source), classes, groups=read_groups(document, classes, source))

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
        return Nomenclature(self.name, tuple(c for c in self.classes if c.code in wanted), self.lower, self.groups)

    def group_label(self, group: str, language: str = "en") -> str:
        """Name of a group in a language; the group itself where that is missing."""
        return self.groups.get(group, {}).get(language) or group

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
            LandCoverClass(code, word(group, code), {**self.groups.get(group, {}), "en": group}, lower.colour)
            for code, (group, lower) in enumerate(first.items(), 1)
        )
        return Nomenclature(f"{self.name}, upper level", groups, self)

    def code_of(self, label: object) -> int | None:
        """Code that a label of the reference data means: a code, an alias or a name (letter case and accents ignored)."""
        text = folded(label_text(label))
        if self.lower is not None and (code := self.lower.code_of(label)) is not None:
            text = folded(self.lower[code].group)
        for candidate in self.classes:
            own = "" if self.lower else str(candidate.code)
            if text in {own, folded(candidate.alias), *(folded(n) for n in candidate.names.values())}:
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
        return class_style(self.classes, language)
