"""What a piece of land reflects on a day: end-member spectra mixed by seasonal covers.

All numbers are this project's own. Their shape follows general knowledge of reflectance spectra: chlorophyll absorbs blue and red
and leaves the near infrared bright (the red edge lies between B4 and B7), leaf water darkens B11 and B12, soils rise steadily with
wavelength, straw is bright in the red and the short-wave infrared, water is dark beyond the green, and rapeseed in bloom is yellow
(green and red high, blue low). Calendars are those of south-western France: winter crops are green in spring and harvested
about July, summer crops are green from June to September. Covers rise and fall as logistic curves of the day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")

_SPECTRA = {
    #             B2     B3     B4     B5     B6     B7     B8     B8A    B11    B12
    "soil":      (0.070, 0.100, 0.130, 0.155, 0.175, 0.195, 0.215, 0.230, 0.295, 0.250),
    "crop":      (0.022, 0.052, 0.024, 0.085, 0.310, 0.410, 0.440, 0.460, 0.195, 0.090),
    "tall crop": (0.021, 0.054, 0.026, 0.092, 0.320, 0.405, 0.430, 0.455, 0.205, 0.095),
    "grass":     (0.027, 0.062, 0.036, 0.100, 0.280, 0.345, 0.370, 0.390, 0.215, 0.110),
    "leaves":    (0.019, 0.047, 0.022, 0.078, 0.275, 0.360, 0.385, 0.405, 0.175, 0.078),
    "needles":   (0.018, 0.034, 0.022, 0.052, 0.140, 0.172, 0.188, 0.198, 0.100, 0.048),
    "straw":     (0.068, 0.108, 0.148, 0.185, 0.235, 0.265, 0.290, 0.310, 0.325, 0.225),
    "litter":    (0.038, 0.056, 0.070, 0.095, 0.140, 0.160, 0.180, 0.198, 0.220, 0.160),
    "petals":    (0.038, 0.165, 0.150, 0.205, 0.350, 0.410, 0.430, 0.445, 0.215, 0.115),
    "roofs":     (0.092, 0.112, 0.135, 0.150, 0.165, 0.178, 0.192, 0.200, 0.225, 0.205),
    "asphalt":   (0.082, 0.094, 0.104, 0.110, 0.117, 0.123, 0.130, 0.134, 0.152, 0.142),
    "water":     (0.048, 0.050, 0.034, 0.028, 0.020, 0.018, 0.016, 0.014, 0.009, 0.007),
}  # fmt: skip


@dataclass(frozen=True)
class Season:
    """A cover that grows to `height` about day `rise` and leaves about day `fall`; the widths are those of logistic curves, in days."""

    height: float
    rise: float
    fall: float
    rise_width: float = 9.0
    fall_width: float = 8.0

    def cover(self, day: np.ndarray) -> np.ndarray:
        """Cover on days of the year (1 is 1 January; earlier and later years continue)."""
        grown = _logistic((day - self.rise) / self.rise_width) - _logistic((day - self.fall) / self.fall_width)
        return self.height * np.maximum(grown, 0.0)


ALWAYS = (-400.0, 800.0)


@dataclass(frozen=True)
class Kind:
    """A kind of land: its class, its end-members, the seasons of its green, dry and blooming covers.

    rough: standard deviation of the pixels' brightness inside a field. companion: kind that shares its fields (grass between
    vines), over `shares` of them. spread: standard deviation in days of the fields' calendars.
    """

    name: str
    code: int
    label: str
    ground: str
    leaf: str
    dry: str
    green: tuple[Season, ...]
    brown: tuple[Season, ...] = ()
    bloom: tuple[Season, ...] = ()
    rough: float = 0.025
    companion: str = ""
    shares: tuple[float, float] = (0.0, 0.0)
    spread: float = 5.0


_WEEDS = Season(0.16, 290, 480, 20, 15)
_WINTER_WEEDS = Season(0.18, -75, 100, 20, 12)

KINDS = (
    Kind("rapeseed", 5, "rapeseed", "soil", "crop", "straw",
         (Season(0.34, -65, 168, 15, 8), Season(0.50, 66, 168, 11, 8), Season(0.24, 248, 480, 14, 20)),
         (Season(0.62, 168, 212, 7, 12),), (Season(0.50, 96, 123, 4, 4),), companion="cereal", shares=(0.0, 0.15)),
    Kind("cereal", 6, "straw cereals", "soil", "crop", "straw",
         (Season(0.28, -45, 163, 15, 8), Season(0.56, 74, 163, 12, 8), Season(0.20, 256, 480, 14, 20)),
         (Season(0.66, 163, 222, 7, 14),), companion="meadow", shares=(0.0, 0.12)),
    Kind("sunflower", 9, "sunflower", "soil", "tall crop", "straw",
         (_WINTER_WEEDS, Season(0.74, 152, 227, 9, 8), _WEEDS), (Season(0.46, 230, 262, 8, 8),), spread=6, companion="maize", shares=(0.0, 0.15)),
    Kind("maize", 10, "maize", "soil", "tall crop", "straw",
         (_WINTER_WEEDS, Season(0.86, 168, 253, 9, 10), _WEEDS), (Season(0.52, 252, 288, 9, 9),), spread=6, companion="sunflower", shares=(0.0, 0.15)),
    Kind("meadow", 13, "grassland", "soil", "grass", "straw",
         (Season(0.46, *ALWAYS), Season(0.34, 72, 178, 14, 14), Season(0.24, 262, 480, 16, 20)),
         (Season(0.26, 180, 262, 12, 14),), spread=9, companion="cereal", shares=(0.0, 0.2)),
    Kind("vineyard", 15, "vineyards", "soil", "leaves", "straw",
         (Season(0.10, *ALWAYS), Season(0.34, 128, 288, 12, 12)), (), rough=0.05, companion="meadow", shares=(0.08, 0.55)),
    Kind("broadleaf", 16, "broad-leaved forest", "litter", "leaves", "litter",
         (Season(0.18, *ALWAYS), Season(0.66, 106, 301, 8, 12)), (), rough=0.06, companion="conifer", shares=(0.0, 0.28), spread=4),
    Kind("conifer", 17, "coniferous forest", "litter", "needles", "litter",
         (Season(0.72, *ALWAYS), Season(0.10, 120, 290, 15, 15)), (), rough=0.06, companion="broadleaf", shares=(0.0, 0.3), spread=4),
    Kind("village", 2, "discontinuous urban fabric", "roofs", "grass", "straw",
         (Season(0.20, *ALWAYS), Season(0.12, 95, 285, 15, 15)), (Season(0.06, 190, 260, 12, 12),), rough=0.13, companion="meadow", shares=(0.0, 0.35)),
    Kind("road", 2, "discontinuous urban fabric", "asphalt", "grass", "straw", (Season(0.08, *ALWAYS),), rough=0.06),
    Kind("water", 23, "water bodies", "water", "grass", "straw", (Season(0.015, *ALWAYS),), rough=0.05),
)  # fmt: skip
KIND_INDEX = {kind.name: index for index, kind in enumerate(KINDS)}
LABELS = {kind.code: kind.label for kind in KINDS}
CODES = tuple(sorted(LABELS))


@dataclass(frozen=True)
class Climate:
    """Of an ecoregion: spring comes `delay` days late and autumn half as much early; growth is scaled by `vigour`, soils by `soil`."""

    delay: float
    vigour: float
    soil: tuple[float, float]

    def soils(self) -> np.ndarray:
        """Factor of the ground per band: from the first to the second number between B2 and B12."""
        return np.linspace(*self.soil, len(BANDS))


CLIMATES = {1: Climate(0.0, 1.0, (1.0, 1.0)), 2: Climate(22.0, 0.84, (0.72, 0.92))}


def local_day(day: float, climate: Climate) -> float:
    """Day of the reference calendar that a day of the year stands for under a climate."""
    return day - climate.delay * float(np.interp(day, (200.0, 320.0), (1.0, -0.5)))


def covers(kind: Kind, day: np.ndarray, vigour: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Green, dry and blooming shares of the ground, each (field,) in 0–1, summing to at most 1, on each field's own day."""
    green = np.clip(_total(kind.green, day) * vigour, 0.0, 0.97)
    bloom = green * np.clip(_total(kind.bloom, day), 0.0, 1.0)
    brown = np.minimum(_total(kind.brown, day), 1.0 - green)
    return green - bloom, brown, bloom


def reflectance(kind: Kind, day: np.ndarray, vigour: np.ndarray, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reflectance (field, band), 0–1, float64, of fields of a kind; and how it changes as their green cover grows by one half.

    day: (field,) of the reference calendar. vigour: (field,) scale of the green cover. ground: (field, band) factor of the bare ground.
    """
    green, brown, bloom = (share[:, None] for share in covers(kind, day, vigour))
    bare, leaf, dry, petals = (np.array(_SPECTRA[name]) for name in (kind.ground, kind.leaf, kind.dry, "petals"))
    bare = bare * ground
    value = green * leaf + brown * dry + bloom * petals + (1.0 - green - brown - bloom) * bare
    return value, 0.5 * (green + bloom) * (leaf - bare)


def _total(seasons: tuple[Season, ...], day: np.ndarray) -> np.ndarray:
    return np.sum([season.cover(day) for season in seasons], axis=0) if seasons else np.zeros_like(day)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0)))
