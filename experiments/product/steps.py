"""What each step after the map costs, by its size: regularisation, polygons, packages, catalogue, verification.

    python experiments/product/steps.py --folder /tmp/steps --side 1000 3162 10000 --out /tmp/steps.md

A made-up map of side × side pixels of 10 m: fields of 90 pixels on average in 17 classes, 3 % of the pixels drawn anew, mirrored beyond 1000 × 1000. Each
step is the task of a run (0.1 ha, 20 m, polygons simplified and smoothed by 10 m in one GeoPackage), in a process of its own on one core. Memory is the peak
of that process above what it held before the step. The mosaic itself: `mosaic.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy.spatial import cKDTree

from iota_py.config import RunConfig, load_config
from iota_py.config.schema import dump
from iota_py.grid.form import geobox_values
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
from iota_py.pipeline.workspace import SUMMARY

DEMO = Path(__file__).resolve().parents[2] / "configs" / "demo.yaml"
SIDES = (1000, 3162, 10_000)
BASE, FIELD, NOISE = 1000, 90, 0.03
SCORES = {"overall_accuracy": {"mean": 0.9, "half_width": 0.01}}
STEPS = ("regularise", "vector", "package", "catalogue", "manifest", "verify")


def settings(folder: Path) -> RunConfig:
    """The configuration of the demonstration, one file of polygons for the whole map."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    own = "map: null\nvector: {simplify: 10, smooth: 10, zones: null, formats: [gpkg]}\n"
    path.write_text(f"extends: {DEMO}\noutput: {folder / 'run'}\n{own}", encoding="utf-8")
    return load_config(path)


def fields(codes: np.ndarray) -> np.ndarray:
    """Classes uint8 of the first 1000 × 1000 pixels."""
    draw = np.random.default_rng(20240917)
    seeds = draw.uniform(0, BASE, (BASE * BASE // FIELD, 2))
    places = np.stack(np.mgrid[:BASE, :BASE], axis=-1).reshape(-1, 2)
    classes = draw.choice(codes[:17], len(seeds))[cKDTree(seeds).query(places)[1]].reshape(BASE, BASE)
    noise = draw.random(classes.shape) < NOISE
    classes[noise] = draw.choice(codes[:17], noise.sum())
    return classes.astype(np.uint8)


def mirrored(base: np.ndarray, side: int) -> Iterator[tuple[Window, np.ndarray]]:
    """Strips of the map."""
    tile = np.block([[base, base[:, ::-1]], [base[::-1], base[::-1, ::-1]]])
    for window in split((side, side), (512, side)):
        rows, cols = np.arange(window.row, window.row + window.height) % len(tile), np.arange(side) % len(tile)
        yield window, tile[np.ix_(rows, cols)]


def write_map(config: RunConfig, side: int) -> None:
    """The map as a run leaves it, with the markers of what is said to have made it."""
    root, codes = config.output, np.array(load_nomenclature(config).codes, np.uint8)
    grid = GeoBox((side, side), Affine(10, 0, 400_000, 0, -10, 4_800_000), "EPSG:32631")
    write_text(root / paths.CONFIG, yaml_text(dump(config)))
    write_json(root / SUMMARY, {"grid": geobox_values(grid), "tiles": {}, "order": [], "regions": [], "parts": []})
    write_json(root / paths.METRICS, SCORES)
    base = fields(codes)
    amounts = np.random.default_rng(2).integers(40, 101, base.shape).astype(np.uint8)
    for layer, values in (("classification", base), ("confidence", amounts), ("validity", amounts // 4)):
        overviews = "mode" if layer == "classification" else "nearest"
        write_cog(root / paths.map_layer(layer), grid, "uint8", mirrored(values, side), overviews=overviews, nodata=0)
    for task in map_tasks():
        State(root).record(task, 0.0)


def map_tasks() -> list[Task]:
    """What is said to have made the map and its scores."""
    return [_task("mosaic/delivered", [paths.map_layer(layer) for layer in paths.LAYERS]), _task("summary", [paths.METRICS])]


def tasks() -> dict[str, Task]:
    """Tasks of the steps that are tasks of a run."""
    makers = ["mosaic/delivered", "regularise", "vector/map", "summary"]
    layers = [[layer, paths.map_layer(layer)] for layer in paths.LAYERS]
    handed = {
        "title": "A made-up map", "layers": layers, "legends": [], "models": [], "period": ["2023-01-01", "2023-12-31"], "makers": makers,
        "packaged": True, "fingerprints": {"code": {}, "settings": {}, "inputs": {}, "reference": {}},
    }  # fmt: skip
    regular = [paths.REGULARISED, paths.REGULARISED.replace(".tif", ".qml"), f"{paths.REGULARISED}.aux.xml", paths.REGULARISATION]
    return {
        "regularise": _task("regularise", regular),
        "vector": _task("vector/map", [paths.vector("map", form) for form in ("gpkg", "qml")] + [paths.vector_classes("map")], {"zone": None}),
        "package": _task("package", [paths.PRODUCT], handed),
        "catalogue": _task("catalogue", [paths.CATALOGUE], handed),
    }  # fmt: skip


def _task(name: str, outputs: list[str], params: dict | None = None) -> Task:
    stage = name.split("/")[0]
    return Task(name, stage, stage, params or {}, (), tuple(outputs), "")


def perform(config: RunConfig, step: str) -> None:
    """Do one step. Ends the process where it fails."""
    if step in tasks():
        outcome = execute(str(config.output), "measured", tasks()[step])
        if not outcome.ok:
            raise SystemExit("\n".join(fault.line() for fault in outcome.faults) + f"\n{outcome.trace}")
    elif step == "manifest":
        made = [*map_tasks(), *tasks().values()]
        outputs = outputs_of(config.output, Plan(tuple(made)))
        found = delivered(config.output, outputs, load_nomenclature(config).codes)
        write_json(config.output / paths.MANIFEST, sealed({"outputs": [one.document() for one in outputs], "delivered": found}))
    else:
        verdict = verify(config.output)
        if verdict.faults:
            raise SystemExit("\n".join(fault.line() for fault in verdict.faults))


def peak_memory() -> float:
    """Highest resident memory of this process in MiB since it was last made to forget it (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(folder: Path, side: int, step: str) -> None:
    """Print seconds and memory of one step, as JSON; `map` writes the map."""
    config = settings(folder / str(side))
    if step == "map":
        write_map(config, side)
        return
    if step in ("regularise", "vector"):  # compiled and imported before, on a map of its own
        small = settings(folder / f"small_{side}_{step}")
        write_map(small, 256)
        for one in STEPS[: STEPS.index(step) + 1]:
            perform(small, one)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start = peak_memory(), time.perf_counter()
    perform(config, step)
    print(json.dumps({"seconds": time.perf_counter() - start, "peak": peak_memory(), "more": peak_memory() - before}))


def main() -> None:
    """Measure each step of each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="scratch folder; must not hold earlier runs of this script")
    parser.add_argument("--side", type=int, nargs="+", default=SIDES)
    parser.add_argument("--out", type=Path, help="write the table here too")
    parser.add_argument("--alone", help="measure this step of the one side here")
    options = parser.parse_args()
    if options.alone:
        measure(options.folder, options.side[0], options.alone)
        return
    rows = [
        "| million pixels | step | seconds | s per million pixels | peak memory, MiB | of which the step |",
        "|---|---|---|---|---|---|",
    ]
    for side in options.side:
        for step in ("map", *STEPS):
            command = [sys.executable, __file__, "--folder", str(options.folder), "--side", str(side), "--alone", step]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            if step != "map":
                found, millions = json.loads(done.stdout.splitlines()[-1]), side**2 / 1e6
                cells = [f"{found['seconds']:.2f}", f"{found['seconds'] / millions:.3f}", f"{found['peak']:.0f}", f"{found['more']:.0f}"]
                rows.append(f"| {millions:.0f} | {step} | {' | '.join(cells)} |")
                print(rows[-1], flush=True)
    if options.out:
        write_text(options.out, "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
