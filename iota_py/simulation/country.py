"""A country: many small Sentinel-2 tiles in rows and columns, a few dates, reference polygons and ecoregions, of one landscape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.io.vectors import write_gpkg
from iota_py.simulation.acquisitions import Delivery, Tile, overflight
from iota_py.simulation.demo import TOP, UTM, WEST
from iota_py.simulation.muscate import write_products
from iota_py.simulation.reference import CRS, reference, write_ecoregions
from iota_py.simulation.scene import make_scene

# Letters of the squares of 100 km of zone 31, from west to east and from north to south: the names are real, the places are not.
_COLUMNS, _ROWS = "ABCDEFGH", "VUTSRQPNMLKJHGFEDCBA"
_PASSES = ((4, 20, 0.05), (6, 19, 0.0), (8, 8, 0.0), (9, 17, 0.1))  # month, day, share of cloud; all of them on the orbit 51


@dataclass(frozen=True)
class Country:
    """rows, columns: of tiles. size: pixels of 10 m on a side of a tile, overlap: those that neighbours share, both even.

    dates: passes of 2023 over all tiles, 1–4. share: of the fields of each class and ecoregion that are surveyed (sixteen at least).
    """

    rows: int = 6
    columns: int = 6
    size: int = 300
    overlap: int = 20
    dates: int = 2
    share: float = 0.02
    seed: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= len(_ROWS) and 1 <= self.columns <= len(_COLUMNS)):
            raise ValueError(f"expected 1–{len(_ROWS)} rows and 1–{len(_COLUMNS)} columns of tiles, found {self.rows} × {self.columns}")
        if self.size % 2 or self.overlap % 2 or not 0 <= self.overlap < self.size:
            raise ValueError(f"expected an even size and a smaller even overlap, found {self.size} and {self.overlap}")
        if not 1 <= self.dates <= len(_PASSES) or not 0 < self.share <= 1:
            raise ValueError(f"expected 1–{len(_PASSES)} dates and a share in 0–1, found {self.dates} and {self.share}")

    @property
    def geobox(self) -> GeoBox:
        """The grid of all tiles together."""
        height, width = (count * (self.size - self.overlap) + self.overlap for count in (self.rows, self.columns))
        return GeoBox((height, width), Affine(10, 0, WEST, 0, -10, TOP), UTM)

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Row by row from the north-west."""
        step, size = self.size - self.overlap, self.size
        return tuple(
            Tile(f"T31T{_COLUMNS[col]}{_ROWS[row]}", self.geobox[row * step : row * step + size, col * step : col * step + size])
            for row in range(self.rows)
            for col in range(self.columns)
        )

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Products, pass by pass."""
        passes = [overflight(date(2023, month, day), cloud=cloud) for month, day, cloud in _PASSES[: self.dates]]
        return tuple(Delivery(tile, passed) for passed in passes for tile in self.tiles)


def write_country(folder: str | Path, country: Country, progress: Callable[[str], None] | None = None) -> None:
    """Write `sentinel2/` in the MUSCATE layout, `reference.gpkg` and `ecoregions.gpkg` (field `region`: 1 or 2) under `folder`.

    The same bytes for the same country and libraries. progress: called with the name of each product once it is written.
    """
    folder = Path(folder)
    scene = make_scene(country.geobox, country.seed)
    write_products(folder / "sentinel2", scene, country.deliveries, progress)
    write_gpkg(folder / "reference.gpkg", reference(scene.landscape, country.seed, share=country.share).to_crs(CRS), "reference")
    write_ecoregions(folder / "ecoregions.gpkg", scene.landscape)
