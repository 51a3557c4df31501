"""A full-width band of a Sentinel-2 tile, or the whole tile, mapped from products to map with the forest of the benchmark.

    python experiments/performance/full_tile.py write /data/band --rows 2745 --dates 35      # 10,980 rows: the whole tile, about 35 GB
    python experiments/performance/full_tile.py map /data/band --out /data/band.json

`map` prints tables (Markdown) of the steps of the run, of where the time of the windows goes, of each stage beside the libraries, and of
the whole tile by proportion. `--out` keeps them beside a JSON file. The map itself is made in the system's temporary folder.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from references import Comparison, compare_stages
from tile_products import LAYOUTS, write_tile
from tile_report import against, markdown, profile
from window_stages import MeteredRun, forget_peak, run_metered

from iota_py.bench.chain import MODEL, Chain, prepare_chain
from iota_py.bench.machine import describe_machine, describe_versions
from iota_py.bench.models import prepared, recipes
from iota_py.bench.scale import FULL, QUICK, Settings, cache_folder
from iota_py.bench.tile import NAME
from iota_py.bench.timing import cpu_seconds
from iota_py.config.engine import Engine as EngineOptions
from iota_py.grid.windows import Window
from iota_py.io.documents import yaml_text
from iota_py.io.publish import write_json, write_text
from iota_py.io.raster import read_header
from iota_py.pipeline.engine.opening import open_engine
from iota_py.pipeline.engine.work import execute, peak_memory
from iota_py.pipeline.inventory import take_inventory
from iota_py.pipeline.plan import make_plan


@dataclass
class Steps:
    """Wall and processor seconds of the steps of a run, in their order."""

    rows: list[dict[str, Any]]

    @contextmanager
    def measured(self, step: str):
        """Time a block of code."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        yield
        self.rows.append({"step": step, "wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu})


def map_band(folder: Path, settings: Settings, windows: int, pixels: int) -> dict[str, Any]:
    """Map the products of a folder and compare with the libraries on some windows: all figures as plain values."""
    machine, fitted = describe_machine(), prepared(settings, MODEL)
    with tempfile.TemporaryDirectory(prefix="iota-py-tile-") as name:
        place, steps = Path(name), Steps([])
        _write_nomenclature(place / "nomenclature.yaml", settings.scale.classes)
        forget_peak()
        settings.say("mapping")
        with steps.measured("inventory, footprint"):
            chain = prepare_chain(settings, place, folder)
        run = run_chain(chain, settings.cores, steps)
        main_peak = peak_memory()
        (source,) = chain.workspace.sources(NAME)
        files = {Window(*task.params["window"]): chain.root / task.outputs[0] for task in chain.tasks}
        chosen = spread(list(files), windows)
        settings.say(f"comparing {len(chosen)} windows with the libraries")
        compared = compare_stages(source, chosen, fitted, files.__getitem__, place, pixels)
        rows, width = chain.workspace.geobox(NAME).shape
        header = read_header(next(iter(source.series.observations[0][0].bands.values())).path)
    return {
        "rows": rows,
        "mpx": rows * width / 1e6,
        "dates": len(source.series.dates),
        "block": f"{header.block[0]} × {header.block[1]}",
        "bytes": sum(path.stat().st_size for path in folder.rglob("*.tif")),
        "features": len(fitted.names),
        "model": recipes(settings)[MODEL].describe(),
        "scale": settings.scale.name,
        "workers": settings.cores,
        "steps": steps.rows,
        "windows": {"count": len(files), "wall": run.wall, "profile": profile(run, settings.cores, compared)},
        "fixed": fixed_seconds(run, settings.cores),
        "peaks": list(run.peaks.values()),
        "main_peak": main_peak,
        "against": against(compared),
        "same": compared.same,
        "compared_windows": compared.windows,
        "kernels": _kernels(run, compared),
        "machine": machine,
        "versions": describe_versions(),
    }


def run_chain(chain: Chain, workers: int, steps: Steps) -> MeteredRun:
    """Windows, tile and map by the pipeline's own tasks and engine. Raises TaskError when one fails."""
    root, version, config = chain.root, chain.workspace.version, chain.workspace.config
    plan = make_plan(config, take_inventory(config), {"polygons": "", "nomenclature": ""})
    execute(str(root), version, chain.tasks[0])  # kernels that were never compiled here are, before anything is timed
    with open_engine(EngineOptions(workers=workers), root) as engine:
        with steps.measured("windows"):
            run = run_metered(root, version, chain.tasks, engine)
        for stage in ("assemble", "mosaic_parts", "mosaic"):
            with steps.measured(stage):
                run_metered(root, version, plan.stage(stage), engine)
    return run


def spread(windows: list[Window], count: int) -> list[Window]:
    """Some windows from the first to the last, all of the size of the first."""
    equal = [w for w in windows if (w.height, w.width) == (windows[0].height, windows[0].width)]
    return [equal[i] for i in np.unique(np.linspace(0, len(equal) - 1, min(count, len(equal))).round().astype(int))]


def fixed_seconds(run: MeteredRun, workers: int) -> float:
    """Wall seconds of a worker before its first window, and for loading the model: once, whatever the size."""
    return (run.starting(workers) + run.spent().get("load the model", (0.0, 0.0))[1]) / workers


def _kernels(run: MeteredRun, compared: Comparison) -> dict[str, Any]:
    """Seconds of the fused kernels in the run (processor, wall), and how they share them."""
    return {name: {"run": run.spent().get(name, (0.0, 0.0)), "shares": compared.shares(name)} for name in ("codes", "features")}


def _write_nomenclature(path: Path, classes: int) -> None:
    entries = [
        {"code": k, "alias": f"class_{k}", "name": {"en": f"class {k}"}, "colour": [12 * k, 255 - 12 * k, 128]}
        for k in range(1, classes + 1)
    ]
    write_text(path, yaml_text({"name": "benchmark", "classes": entries}))


def main(say: Callable[[str], None]) -> None:
    """Read the command line, do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    writing, mapping = commands.add_parser("write", help="write the products"), commands.add_parser("map", help="map them")
    for command in (writing, mapping):
        command.add_argument("folder", type=Path)
        command.add_argument("--workers", type=int, default=2)
    writing.add_argument("--rows", type=int, default=2745)
    writing.add_argument("--dates", type=int, default=35)
    writing.add_argument("--layout", choices=LAYOUTS, default="strips")
    mapping.add_argument("--quick", action="store_true", help="a forest of few samples and small windows, to see that it works")
    mapping.add_argument("--reference-windows", type=int, default=8)
    mapping.add_argument("--reference-pixels", type=int, default=100_000, help="predicted by scikit-learn, shared among the windows")
    mapping.add_argument("--out", type=Path, help="JSON file; the tables go beside it, as .md")
    given = parser.parse_args()
    if given.what == "write":
        write_tile(given.folder, given.rows, given.dates, given.layout, given.workers, say)
        return
    settings = Settings(QUICK if given.quick else FULL, cache_folder(), given.workers, say)
    result = map_band(given.folder.absolute(), settings, given.reference_windows, given.reference_pixels)
    tables = markdown(result)
    say(tables)
    if given.out:
        write_json(given.out, result)
        write_text(given.out.with_suffix(".md"), tables)


if __name__ == "__main__":
    main(lambda text: print(text, flush=True))
