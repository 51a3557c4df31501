"""Write a simulated country and the configuration that maps it.

    python experiments/scaling/country.py FOLDER [--rows 6] [--columns 6] [--size 300] [--dates 2] [--window 25]

FOLDER gets `data/` (Sentinel-2 products, reference polygons, ecoregions) and `country.yaml`; then `iota-py run FOLDER/country.yaml`. A country
that is there already, of the same measures, is not written again.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

from iota_py.io.documents import yaml_text
from iota_py.io.publish import read_json, write_json, write_text
from iota_py.simulation.country import Country, write_country

BASE = Path(__file__).resolve().with_name("country.yaml")
MADE = "country.json"  # beside the data, written last


@dataclass(frozen=True)
class Run:
    """How a country is mapped. window: pixels on a side of a window."""

    engine: str = "joblib"
    workers: int = 2
    window: int = 25


def made(folder: Path, country: Country) -> Path:
    """The folder of the data of a country, written unless they are there."""
    data = folder / "data"
    if not _is_there(data, country):
        total, done = len(country.deliveries), 0

        def count(_: str) -> None:
            nonlocal done
            done += 1
            print(f"\r{folder}: {done} of {total} products", end="" if done < total else "\n", flush=True)

        write_country(data, country, count)
        write_json(data / MADE, asdict(country))
    return data


def configured(folder: Path, data: Path, country: Country, run: Run) -> Path:
    """Write `folder`/country.yaml, whose output is `folder`/run; its path."""
    document = {
        "extends": str(BASE),
        "name": "country",
        "title": f"Simulated country, {country.rows} × {country.columns} tiles",
        "output": str((folder / "run").resolve()),
        "tiles": [tile.name[1:] for tile in country.tiles],
        "inputs": {"sentinel2": {"path": str((data / "sentinel2").resolve())}},
        "samples": {
            "polygons": str((data / "reference.gpkg").resolve()),
            "regions": {"path": str((data / "ecoregions.gpkg").resolve())},
        },
        "engine": {"kind": run.engine, "workers": run.workers, "window": run.window},
    }
    path = folder / "country.yaml"
    write_text(path, yaml_text(document))
    return path


def _is_there(data: Path, country: Country) -> bool:
    try:
        return bool(read_json(data / MADE) == asdict(country))
    except (OSError, ValueError):
        return False


def main() -> None:
    """Write what the command line asks for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    for name in ("rows", "columns", "size", "overlap", "dates", "seed"):
        words.add_argument(f"--{name}", type=int, default=getattr(Country, name))
    words.add_argument("--window", type=int, default=Run.window)
    given = vars(words.parse_args())
    folder, window = given.pop("folder"), given.pop("window")
    country = Country(**given)
    path = configured(folder, made(folder, country), country, Run(window=window))
    count = len(country.tiles) * (-(-country.size // window)) ** 2
    print(f"{path}: {len(country.tiles)} tiles, {len(country.deliveries)} products, {count} windows")


if __name__ == "__main__":
    main()
