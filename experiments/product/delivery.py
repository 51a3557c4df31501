"""What handing a map over costs: seconds and memory of its packages, its catalogue, the manifest and the verification.

    python experiments/product/delivery.py --folder /tmp/delivery --side 1000 3162 10000

A made-up map of side × side pixels of 10 m: patches of some twenty classes, their confidence and validity. The steps are those of a run, in a
process of its own for each side. Printed as a table: seconds of each, and the highest memory of all.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox

from iota_py.config import RunConfig, load_config
from iota_py.config.schema import dump
from iota_py.grid.windows import Window, split
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_json, write_text
from iota_py.io.raster import write_cog
from iota_py.pipeline import paths
from iota_py.pipeline.delivered import delivered, outputs_of, sealed
from iota_py.pipeline.engine.work import execute
from iota_py.pipeline.inventory import load_nomenclature
from iota_py.pipeline.plan import Plan
from iota_py.pipeline.state import State
from iota_py.pipeline.task import Task
from iota_py.pipeline.verification.verify import verify

DEMO = Path(__file__).resolve().parents[2] / "configs" / "demo.yaml"
SIDES = (1000, 3162, 10_000)
PATCH, ROWS = 8, 512  # pixels on a side of a patch; rows that are written at once
SCORES = {"overall_accuracy": {"mean": 0.9, "half_width": 0.01}}


def settings(folder: Path) -> RunConfig:
    """The configuration of a run in a folder, with a product."""
    path = folder / "config.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(f'extends: {DEMO}\noutput: {folder / "run"}\nproduct: {{year: 2023, version: "1-0"}}\n', encoding="utf-8")
    return load_config(path)


def write_run(config: RunConfig, side: int) -> list[Task]:
    """The map, its scores, and the markers of what is said to have made them."""
    root, codes = config.output, np.array(load_nomenclature(config).codes, np.uint8)
    grid = GeoBox((side, side), Affine(10, 0, 400_000, 0, -10, 4_800_000), "EPSG:32631")
    write_text(root / paths.CONFIG, yaml_text(dump(config)))
    write_json(root / paths.METRICS, SCORES)
    names = [paths.map_layer(layer) for layer in paths.LAYERS]
    for name, values in zip(names, (codes, np.arange(40, 101, dtype=np.uint8), np.arange(10, 40, dtype=np.uint8))):
        write_cog(root / name, grid, "uint8", patches(side, values), overviews="nearest", nodata=0)
    made = [Task("mosaic/delivered", "mosaic", "", {}, (), tuple(names), ""), Task("summary", "summary", "", {}, (), (paths.METRICS,), "")]
    for task in made:
        State(root).record(task, 0.0)
    return made


def patches(side: int, values: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
    """Square patches of values drawn at random, the same each time."""
    draws = np.random.default_rng(1)
    for window in split((side, side), (ROWS, side)):
        coarse = draws.choice(values, (-(-window.height // PATCH), -(-side // PATCH)))
        yield window, np.kron(coarse, np.ones((PATCH, PATCH), np.uint8))[: window.height, :side].astype(np.uint8)


def measure(folder: Path, side: int) -> None:
    """One row of the table."""
    config = settings(folder)
    made = write_run(config, side)
    params = {
        "title": "A made-up map", "layers": [[layer, paths.map_layer(layer)] for layer in paths.LAYERS], "legends": [], "models": [],
        "period": ["2023-01-01", "2023-12-31"], "makers": [task.id for task in made], "packaged": True,
        "fingerprints": {"code": {}, "settings": {}, "inputs": {}, "reference": {}},
    }  # fmt: skip
    seconds = {}
    for stage, output in (("package", paths.PRODUCT), ("catalogue", paths.CATALOGUE)):
        task = Task(stage, stage, stage, params, (), (output,), "")
        outcome = execute(str(config.output), stage, task)
        if not outcome.ok:
            raise SystemExit("\n".join(fault.line() for fault in outcome.faults))
        made.append(task)
        seconds[stage] = outcome.seconds
    seconds["manifest"] = timed(lambda: write_manifest(config, made))
    for name, quick in (("verify", False), ("verify --quick", True)):
        seconds[name] = timed(lambda quick=quick: check(config.output, quick))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = [f"{side**2 / 1e6:.1f}", *(f"{value:.2f}" for value in seconds.values()), f"{memory:.0f}"]
    print(f"| {' | '.join(cells)} |", flush=True)


def write_manifest(config: RunConfig, made: list[Task]) -> None:
    outputs = outputs_of(config.output, Plan(tuple(made)))
    found = delivered(config.output, outputs, load_nomenclature(config).codes)
    write_json(config.output / paths.MANIFEST, sealed({"outputs": [one.document() for one in outputs], "delivered": found}))


def check(root: Path, quick: bool) -> None:
    found = verify(root, quick=quick)
    if found.faults:
        raise SystemExit("\n".join(fault.line() for fault in found.faults))


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure each side in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="scratch folder; must not hold earlier runs of this script")
    parser.add_argument("--side", type=int, nargs="+", default=SIDES)
    parser.add_argument("--alone", action="store_true", help="measure the one side here")
    options = parser.parse_args()
    if options.alone:
        measure(options.folder / str(options.side[0]), options.side[0])
        return
    print("| million pixels | packages s | catalogue s | manifest s | verify s | verify --quick s | memory MiB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for side in options.side:
        command = [sys.executable, __file__, "--folder", str(options.folder), "--side", str(side), "--alone"]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
