"""Products of the other chains over the demonstration landscape: radar, snow, elevation, monthly composites.

    python experiments/inputs/generate.py [FOLDER]        # default: runs/inputs/data; 61 MB, 20 seconds

The same fields, seasons and relief as `data_samples`, in the layouts of S1Tiling, LIS and WASP.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from iota_py.simulation.acquisitions import Delivery, Tile
from iota_py.simulation.backscatter import Look, backscatter
from iota_py.simulation.composites import composite
from iota_py.simulation.demo import EAST_TILE, UNION, WEST_TILE, deliveries
from iota_py.simulation.elevation import elevation, write_elevation
from iota_py.simulation.muscate_files import write_image
from iota_py.simulation.observation import observe
from iota_py.simulation.radar import RadarPass, write_pass
from iota_py.simulation.scene import Scene, halve, make_scene
from iota_py.simulation.snow import write_snow_year
from iota_py.simulation.snowfall import season_layers
from iota_py.simulation.wasp import composed

ROOT = Path(__file__).resolve().parents[2]
SEED, YEAR = 1, 2023
TILES = (WEST_TILE, EAST_TILE)
ORBITS = {("DES", 110): (6, dt.time(5, 59, 10)), ("ASC", 30): (2, dt.time(17, 47, 30))}  # first day of the year, time
REPEAT = 12  # days
WINTER = dt.date(2022, 9, 1), dt.date(2023, 8, 31)


def main(folder: Path) -> None:
    """Write everything; what is there is written again, with the same content."""
    scene = make_scene(UNION, SEED)
    print("elevation")
    write_elevation(folder / "elevation.tif", scene.landscape, SEED)
    for tile in TILES:
        print(f"tile {tile.name[1:]}: snow, radar, composites", flush=True)
        write_snow(folder / "snow", scene, tile)
        write_radar(folder / "radar", scene, tile)
        write_composites(folder / "wasp", scene, tile)


def write_snow(folder: Path, scene: Scene, tile: Tile) -> None:
    """Layers of the winter before the year, at 20 m."""
    coarse = tile.geobox.zoom_out(2)
    height = halve(elevation(scene.landscape, tile.geobox, SEED))
    write_snow_year(folder, tile.name[1:], coarse, WINTER, season_layers(height, *WINTER, SEED))


def write_radar(folder: Path, scene: Scene, tile: Tile) -> None:
    """Passes of one descending and one ascending orbit, every twelve days."""
    window = scene.landscape.window(tile.geobox)
    for look, sensed in looks():
        one = RadarPass(tile.name[1:], tile.geobox, sensed, look.direction, look.orbit, images=1)
        write_pass(folder, one, backscatter(scene, look, window), np.ones(tile.geobox.shape, bool))


def looks() -> Iterator[tuple[Look, dt.datetime]]:
    """Passes of the year with their times, UTC."""
    for (direction, orbit), (first, time) in ORBITS.items():
        for day in range(first, 366, REPEAT):
            date = dt.date(YEAR, 1, 1) + dt.timedelta(days=day - 1)
            yield Look("s1a", day, direction, orbit), dt.datetime.combine(date, time)


def write_composites(folder: Path, scene: Scene, tile: Tile) -> None:
    """Monthly composites of what the demonstration's Sentinel-2 products show."""
    seen = [observe(scene, one) for one in deliveries() if one.tile is tile and whole_and_newest(one)]
    for month in range(1, 13):
        write_image(folder, composed(composite(seen, dt.date(YEAR, month, 15)), tile))


def whole_and_newest(delivery: Delivery) -> bool:
    """Left out: the older of two versions, which the chain would not have used."""
    return delivery.bias == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "runs" / "inputs" / "data")
