"""One class of a nomenclature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NODATA = 0


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
